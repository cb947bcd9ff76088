"""Whether a song can be used, its beats, and the stretch of it that is rendered."""

from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.midi.groups import KICKS, SNARES
from jukedrummer.corpus.midi.phase import NEAR, Phase, beat_marks, find_phase
from jukedrummer.corpus.midi.read import MidiScore, NoDrumsError, UnusableSongError
from jukedrummer.corpus.midi.timeline import MeterSection, TempoMap, sections

LEAST_DRUMS = 5.0
"""Seconds in which drums play, at least. A stroke counts for `STROKE` seconds at most."""
STROKE = 2.0
BEAT_LIMITS = 0.1, 6.0
"""Seconds of a beat: 600 to 10 beats a minute."""
GRIDS = 4, 6, 8
"""Steps a beat: sixteenths, triplets, thirty-seconds."""
NEAR_STEP = 0.16
"""Steps. An onset that is not farther from a step lies on the grid; 32 % of random onsets do."""
LEAST_ON_GRID = 0.5
OFF_BEAT = 1.5
"""The limit of a ratio: onsets half way between two beats to onsets on beats. Beats are half a beat
off if it is exceeded for kicks and snares and for long notes, and the ratio of all notes exceeds 1.
"""
LEAST_OFF_BEAT = 16
"""A ratio needs at least this many onsets half way between two beats."""
LEAD_IN_SECONDS = 0.25
"""Seconds before the first bar, so that the attack of its notes is complete."""
TAIL = 1.0
"""Seconds after the last note."""
RING = 8.0
"""Seconds that the last note sounds at most."""
MOST_NOTES = 400
"""Limit of the notes that sound at once. The time to render a song grows with their number."""
STROKE_RING = 4.0
"""Seconds that a stroke of the drums counts as a note for this limit."""


@dataclass(frozen=True)
class CheckedSong:
    """A song that can be used.

    Attributes:
        score: content of the file.
        tempo: ticks to seconds.
        start: seconds from tick 0 at which the rendered stretch begins; may be negative.
        seconds: length of the stretch.
        beats: (n, 2) seconds from the stretch's start and bar position, of all beats in it.
        stretches: the stretches of the whole file, one for each time signature.
        phases: the bar lines of each stretch.
        on_grid: share of the onsets that lie on the grid of the beats.
    """

    score: MidiScore
    tempo: TempoMap
    start: float
    seconds: float
    beats: np.ndarray
    stretches: list[MeterSection]
    phases: list[Phase]
    on_grid: float

    @property
    def phase(self) -> str:
        """Whether the file's bar lines are `kept` (confirmed), `moved` or `unclear` (kept too)."""
        if any(phase.moved for phase in self.phases):
            return "moved"
        lengths = [len(stretch.beats) for stretch in self.stretches]
        clear = sum(
            length for length, phase in zip(lengths, self.phases, strict=True) if phase.clear
        )
        return "kept" if clear >= sum(lengths) / 2 else "unclear"

    @property
    def bpm(self) -> float:
        """Mean tempo of the stretch, beats a minute."""
        times = self.beats[:, 0]
        return float(60 * (len(times) - 1) / (times[-1] - times[0]))


def check_song(score: MidiScore, longest: float, exact: bool = False) -> CheckedSong:
    """Find the beats of a song and the stretch to render.

    Args:
        score: content of the file.
        longest: longest stretch to render, seconds.
        exact: whether the beats and bar lines of the file are known to be right. They are not
            compared with its notes, and the stretch may begin with a pick-up.

    Raises:
        UnusableSongError: the song cannot be used.
    """
    if not score.notes and not score.strokes:
        raise UnusableSongError("no notes", "has no notes")
    if not score.strokes:
        raise NoDrumsError("no drums", "has no drums (channel 10)")
    if not score.notes:
        raise NoDrumsError("only drums", "has only drums; there is nothing to play along with")
    tempo, stretches = TempoMap(score), sections(score)
    on_grid = share_on_grid(score, stretches)
    if not exact and on_grid < LEAST_ON_GRID:
        raise UnusableSongError(
            "off the grid",
            f"has {on_grid:.0%} of its onsets on the grid of its beats, the limit is "
            f"{LEAST_ON_GRID:.0%}; was it played without a click?",
            f"{on_grid:.4f}",
            f"{LEAST_ON_GRID:g}",
        )
    if not exact and is_half_a_beat_off(score, stretches):
        raise UnusableSongError(
            "off the grid", "has beats that are half a beat off its kicks, snares and notes"
        )
    phases = [Phase(0, True, 0.0)] * len(stretches) if exact else _phases(score, stretches)
    beats = np.concatenate(
        [
            np.stack([tempo.seconds(s.beats), _positions(s, phase.moved)], axis=1)
            for s, phase in zip(stretches, phases, strict=True)
        ]
    )
    _check_density(score, tempo)
    begins = beats[:, 0] if exact else beats[beats[:, 1] == 1, 0]
    start, end = _stretch(score, tempo, np.append(beats[0, 0], begins), longest)
    inside = (beats[:, 0] >= start) & (beats[:, 0] < end)
    beats = beats[inside] - [start, 0]
    _check_beats(beats)
    return CheckedSong(score, tempo, start, end - start, beats, stretches, phases, on_grid)


def share_on_grid(score: MidiScore, stretches: list[MeterSection]) -> float:
    """The share of the onsets of all notes that lie on the best of the `GRIDS`."""
    beats = np.concatenate([stretch.beats for stretch in stretches])
    starts = [note.start for note in score.notes] + [stroke.tick for stroke in score.strokes]
    places = np.interp(np.array(starts, np.float64), beats, np.arange(len(beats)))
    return max(
        float((np.abs(places * steps - np.rint(places * steps)) <= NEAR_STEP).mean())
        for steps in GRIDS
    )


def is_half_a_beat_off(score: MidiScore, stretches: list[MeterSection]) -> bool:
    """Whether kicks, snares and notes lie half way between the beats rather than on them."""
    beats = np.concatenate([stretch.beats for stretch in stretches])
    quarter = score.ticks_per_quarter

    def ratio(ticks: list[int]) -> float:
        places = np.interp(np.array(ticks, np.float64), beats, np.arange(len(beats)))
        distances = np.abs(places - np.rint(places))
        on, off = int((distances < NEAR).sum()), int((distances > 0.5 - NEAR).sum())
        return off / max(on, 1) if off >= LEAST_OFF_BEAT else 0.0

    return (
        ratio([s.tick for s in score.strokes if s.pitch in KICKS | SNARES]) > OFF_BEAT
        and ratio([n.start for n in score.notes if n.end - n.start >= quarter]) > OFF_BEAT
        and ratio([n.start for n in score.notes]) > 1
    )


def _phases(score: MidiScore, stretches: list[MeterSection]) -> list[Phase]:
    marks, done, phases = beat_marks(score, stretches), 0, []
    for stretch in stretches:
        part = slice(done, done + len(stretch.beats))
        phases.append(find_phase({name: m[part] for name, m in marks.items()}, stretch.meter))
        done = part.stop
    return phases


def _positions(stretch: MeterSection, moved: int) -> np.ndarray:
    return (np.arange(len(stretch.beats)) - moved) % stretch.meter + 1


def _stretch(
    score: MidiScore, tempo: TempoMap, beats: np.ndarray, longest: float
) -> tuple[float, float]:
    """Start and end of the stretch to render, seconds from tick 0.

    It begins before one of `beats`, seconds in order, the last before the first note. Where the
    whole song is too long, it is the stretch in which drums play longest; of several within
    `STROKE` seconds, the first.
    """
    onsets = np.array([note.start for note in score.notes], np.float64)
    strokes = tempo.seconds(np.array([stroke.tick for stroke in score.strokes], np.float64))
    ends = tempo.seconds(np.array([note.end for note in score.notes], np.float64))
    starts = np.concatenate([tempo.seconds(onsets), strokes])
    last = min(max(ends.max(), strokes.max()), starts.max() + RING) + TAIL
    before = np.append(beats[:1], beats[beats <= starts.min() + 1e-6])
    first = float(before.max()) - LEAD_IN_SECONDS
    begins = np.append(first, beats[beats > first + LEAD_IN_SECONDS] - LEAD_IN_SECONDS)
    if last - first <= longest:
        begins = begins[:1]
    playing = [_playing(strokes, begin, min(begin + longest, last)) for begin in begins]
    best = int(np.argmax(np.array(playing) >= max(playing) - STROKE))
    if playing[best] < LEAST_DRUMS:
        raise UnusableSongError(
            "few drums",
            f"has {playing[best]:.1f} s of drums, the limit is {LEAST_DRUMS:g} s",
            f"{playing[best]:.1f}",
            f"{LEAST_DRUMS:g}",
        )
    start = float(begins[best])
    end = float(min(start + longest, last))
    if not ((starts[: len(onsets)] >= start) & (starts[: len(onsets)] < end)).any():
        raise NoDrumsError("only drums", "has only drums where the drums play longest")
    return start, end


def _playing(strokes: np.ndarray, start: float, end: float) -> float:
    """Seconds in which drums play, from `start` to `end`; `strokes` are times in order."""
    low, high = np.searchsorted(strokes, [start, end])
    gaps = np.diff(np.append(strokes[low:high], end))
    return float(np.minimum(gaps, STROKE).sum())


def _check_density(score: MidiScore, tempo: TempoMap) -> None:
    begins = tempo.seconds(np.array([note.start for note in score.notes], np.float64))
    ends = tempo.seconds(np.array([note.end for note in score.notes], np.float64))
    strokes = tempo.seconds(np.array([stroke.tick for stroke in score.strokes], np.float64))
    starts = np.sort(np.concatenate([begins, strokes]))
    stops = np.sort(np.concatenate([ends, strokes + STROKE_RING]))
    sounding = 1 + np.arange(len(starts)) - np.searchsorted(stops, starts, "right")
    if (most := int(sounding.max())) > MOST_NOTES:
        raise UnusableSongError(
            "too dense",
            f"has {most} notes at once, the limit is {MOST_NOTES}",
            str(most),
            str(MOST_NOTES),
        )


def _check_beats(beats: np.ndarray) -> None:
    if len(beats) < 2:
        raise UnusableSongError("no beats", "has less than two beats in the rendered stretch")
    gaps = np.diff(beats[:, 0])
    least, most = BEAT_LIMITS
    for gap in (gaps.min(), gaps.max()):
        if not least <= gap <= most:
            raise UnusableSongError(
                "damaged",
                f"has a beat of {gap:.3g} s, the limits are {least:g} to {most:g} s; is its tempo "
                "map damaged?",
                f"{gap:.3g}",
                f"{least:g} to {most:g}",
            )
