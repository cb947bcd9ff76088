"""Which beat of the bar is the first: the file's bar lines compared with the music.

Each beat has five marks: a kick, a snare, a crash, a new bass note, and how much the chord changes.
A phase is a place of the bar lines: `p` moves them by `p` beats. Its score is high where kicks are
on 1 and 3, snares on 2 and 4 (on 3 where most are on one beat of four), and crashes, new bass notes
and new chords on 1.
"""

from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.midi.groups import CRASHES, KICKS, SNARES, stem_of
from jukedrummer.corpus.midi.read import MidiScore
from jukedrummer.corpus.midi.timeline import MeterSection

LEAST_BARS = 8
"""Sections of fewer bars keep the file's bar lines."""
MARGIN = 0.15
"""The file's bar lines are confirmed if their score is this much above every other phase's."""
MOVE_MARGIN = 0.4
"""Bar lines are moved if the score of another phase is this much above all others."""
NEAR = 0.125
"""Beats. An onset belongs to the beat that is not farther away."""
WEIGHTS = {"kick": 0.5, "snare": 1.0, "crash": 1.0, "bass": 1.0, "chord": 1.0}
ENOUGH = {"kick": 8.0, "snare": 8.0, "crash": 4.0, "bass": 8.0, "chord": 4.0}
"""If a section has fewer marks than this, their weight is smaller, in proportion."""
HALF_TIME = 0.85
"""If one beat of a bar of four has a larger share of the snares, it is beat 3 (half time)."""
LONGEST_CHORD = 16
"""Beats that a note counts for at most."""


@dataclass(frozen=True)
class Phase:
    """The bar lines of a section.

    Attributes:
        moved: beats by which they are moved, 0 to meter - 1.
        clear: whether the music shows where the bars begin; otherwise they are the file's.
        margin: score of the best phase minus that of the next best.
    """

    moved: int
    clear: bool
    margin: float


def find_phase(marks: dict[str, np.ndarray], meter: int) -> Phase:
    """Where the bars of a section begin.

    Args:
        marks: marks of a section, (n,) each; see `beat_marks`. The first beat has a bar line in
            the file.
        meter: beats a bar.
    """
    beats = len(marks["kick"])
    if meter == 1 or beats < LEAST_BARS * meter:
        return Phase(0, False, 0.0)
    scores = phase_scores(marks, meter)
    best = int(scores.argmax())
    margin = float(scores[best] - np.delete(scores, best).max())
    # Both halves must agree, so that one short passage is not enough.
    half = beats // meter // 2 * meter
    parts = (slice(0, half), slice(half, None))
    halves = [
        phase_scores({name: values[part] for name, values in marks.items()}, meter)
        for part in parts
    ]
    least = MARGIN if best == 0 else MOVE_MARGIN
    clear = margin >= least and all(part.argmax() == best for part in halves)
    return Phase(best if clear else 0, clear, margin)


def phase_scores(marks: dict[str, np.ndarray], meter: int) -> np.ndarray:
    """The score of each phase: (meter,)."""
    scores = np.zeros(meter)
    for name, values in marks.items():
        places = np.arange(len(values)) % meter
        totals = np.bincount(places, values, meter)
        if not totals.sum():
            continue
        shares = totals / totals.sum()
        template = _template(name, meter, half_time=shares.max() > HALF_TIME)
        shares *= min(1.0, totals.sum() / ENOUGH[name])
        for phase in range(meter):
            scores[phase] += WEIGHTS[name] * float(template @ np.roll(shares, -phase))
    return scores


def _template(name: str, meter: int, half_time: bool) -> np.ndarray:
    """What a mark on each beat of the bar adds to the score: (meter,), with mean 0."""
    beats = np.arange(meter)
    values = (beats == 0).astype(np.float64)
    if name == "snare" and meter == 4 and half_time:
        values = (beats == 2).astype(np.float64)
    elif name == "snare":
        values = (beats % 2 if meter % 2 == 0 else np.minimum(beats, 1)).astype(np.float64)
    elif name == "kick" and meter % 2 == 0 and meter > 2:
        values[meter // 2] = 0.7
    centred: np.ndarray = values - values.mean()
    return centred


def beat_marks(score: MidiScore, stretches: list[MeterSection]) -> dict[str, np.ndarray]:
    """The marks of all beats of all sections, (n,) float64 each."""
    beats = np.concatenate([section.beats for section in stretches])
    marks = {}
    for name, pieces in (("kick", KICKS), ("snare", SNARES), ("crash", CRASHES)):
        ticks = [stroke.tick for stroke in score.strokes if stroke.pitch in pieces]
        marks[name] = np.zeros(len(beats))
        marks[name][_beats_of(np.array(ticks, np.float64), beats)] = 1
    marks["bass"] = _bass_changes(score, beats)
    marks["chord"] = _chord_changes(score, beats)
    return marks


def _positions(ticks: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """Places of ticks among the beats, in beats from the first."""
    places: np.ndarray = np.interp(ticks, beats, np.arange(len(beats)))
    return places


def _beats_of(ticks: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """The beats that have an onset near them."""
    places = _positions(ticks, beats)
    near = np.abs(places - np.rint(places)) <= NEAR
    return np.unique(np.rint(places[near]).astype(int))


def _bass_changes(score: MidiScore, beats: np.ndarray) -> np.ndarray:
    """1 where the bass plays another pitch class than at the last beat that it played on."""
    notes = [note for note in score.notes if stem_of(note.program) == "bass"]
    places = _positions(np.array([note.start for note in notes], np.float64), beats)
    changes, last = np.zeros(len(beats)), None
    for note, place in zip(notes, places, strict=True):
        if abs(place - round(place)) <= NEAR:
            if last is not None and note.pitch % 12 != last:
                changes[round(place)] = 1
            last = note.pitch % 12
    return changes


def _chord_changes(score: MidiScore, beats: np.ndarray) -> np.ndarray:
    """1 minus the cosine of the pitch classes of a beat and those of the beat before."""
    chroma = np.zeros((len(beats) + 1, 12))
    starts = _positions(np.array([note.start for note in score.notes], np.float64), beats)
    ends = _positions(np.array([note.end for note in score.notes], np.float64), beats)
    firsts = np.floor(starts + NEAR).astype(int)
    lasts = np.clip(np.ceil(ends - NEAR).astype(int), firsts + 1, firsts + LONGEST_CHORD)
    for note, first, last in zip(score.notes, firsts, lasts, strict=True):
        chroma[first:last, note.pitch % 12] += 1
    chroma = chroma[: len(beats)]
    norms = np.linalg.norm(chroma, axis=1)
    products = norms[1:] * norms[:-1]
    cosines = (chroma[1:] * chroma[:-1]).sum(1) / np.maximum(products, 1e-9)
    return np.concatenate([[0.0], np.where(products > 0, 1 - cosines, 0.0)])
