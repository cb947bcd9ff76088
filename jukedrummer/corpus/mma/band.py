"""A bass and chords of our own, for styles that lack them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.midi.groups import KICKS
from jukedrummer.corpus.midi.read import PitchedNote, Stroke
from jukedrummer.corpus.mma.chords import NamedChord
from jukedrummer.corpus.mma.form import PICKUP
from jukedrummer.corpus.mma.parts import BandPart, BarTicks, without_overlap
from jukedrummer.corpus.mma.plan import MmaPlan

BASS_KINDS = ("kick", "kick", "kick", "beats", "steps", "long", "walk")
"""Rhythms of the bass: with the kick, on beats, on half beats, at chords, a walking bass."""
CHORD_KINDS = ("hold", "beats", "back", "off", "mixed", "mixed", "arpeggio")
"""Rhythms of the chords: held, on all beats, on every second beat, between beats, of steps."""
STEP_SHARE = 0.38
"""Share of the steps that a mixed rhythm has."""
OCTAVE_SHARE = 0.12
"""Share of the bass notes that are an octave higher."""
JITTER = 0.012
"""Spread of the onsets, beats."""
SHORT, LONG = 0.45, 0.92
"""Lengths of short and long notes, relative to the distance to the next."""


@dataclass(frozen=True)
class Tone:
    """A note of our own: tick, length in ticks, pitch, strength (1 to 127)."""

    start: float
    length: float
    pitch: int
    strength: float


@dataclass(frozen=True)
class Setting:
    """What our own parts follow.

    Attributes:
        plan: the song.
        bars: its ticks.
        steps: steps a beat, as `grid_steps` returns them.
        strokes: the strokes of its drums.
    """

    plan: MmaPlan
    bars: BarTicks
    steps: int
    strokes: list[Stroke]

    @property
    def half(self) -> float:
        """Where the second half of a beat begins, in beats: later with swing."""
        return 2 / 3 if self.steps == 3 else 1 / 2

    def sounding(self) -> list[int]:
        """The numbers of the bars, without the pick-up."""
        return [k for k, bar in enumerate(self.plan.bars) if bar.form.section != PICKUP]

    def chord(self, bar: int, tick: float) -> tuple[int, NamedChord]:
        """The chord at a tick of a bar, and its number in the bar."""
        planned = self.plan.bars[bar]
        place = (tick - self.bars.span(bar)[0] + 0.1 * self.bars.beat) / self.bars.quarter
        number = planned.chord_at(max(0.0, place))
        return number, planned.chords[number]

    def following(self, bar: int) -> NamedChord:
        """The first chord of the next bar; of the last bar, its own."""
        return self.plan.bars[min(bar + 1, len(self.plan.bars) - 1)].chords[0]

    def random(self, name: str, bar: int) -> np.random.Generator:
        """A generator that is the same wherever a section returns."""
        form = self.plan.bars[bar].form
        return self.plan.random(f"{name} {form.section} {form.place % 4}")


def performed(setting: Setting, part: BandPart, tones: list[Tone]) -> BandPart:
    """A part with tones, whose timing and strength are not quite even."""
    random = setting.plan.random(f"hands {part.role} {part.channel}")
    notes = []
    for tone in tones:
        late = float(random.normal(0, JITTER)) * setting.bars.beat
        start = max(0, round(tone.start + late))
        end = max(start + 1, round(tone.start + tone.length))
        strength = int(np.clip(tone.strength + random.normal(0, 6), 30, 122))
        notes.append(PitchedNote(part.channel, part.program, tone.pitch, strength, start, end))
    longest = 4 * setting.plan.style.meter.quarters * setting.bars.quarter
    return BandPart(part.role, part.channel, part.program, without_overlap(notes, longest))


def bass_tones(setting: Setting) -> list[Tone]:
    """A bass line. Its rhythm is that of the kick in most songs."""
    random = setting.plan.random("bass")
    kind = str(random.choice(BASS_KINDS))
    low = int(random.integers(28, 36))
    kicks = sorted({stroke.tick for stroke in setting.strokes if stroke.pitch in KICKS})
    tones: list[Tone] = []
    for bar in setting.sounding():
        onsets = _bass_onsets(setting, kind, bar, kicks)
        ends = [*onsets[1:], setting.bars.span(bar)[1]]
        draw = setting.random("bass line", bar)
        last = -1
        for place, (onset, end) in enumerate(zip(onsets, ends, strict=True)):
            number, chord = setting.chord(bar, onset)
            pitch_class, octave = chord.root, 0
            if number == last:
                lead = kind == "walk" and place == len(onsets) - 1
                pitch_class = _next_tone(draw, chord, setting.following(bar), lead)
                octave = 12 if draw.random() < OCTAVE_SHARE else 0
            last = number
            pitch = low + (pitch_class - low) % 12 + octave
            tones.append(Tone(onset, LONG * (end - onset), pitch, 104 if place == 0 else 92))
    return tones


def _next_tone(
    random: np.random.Generator, chord: NamedChord, following: NamedChord, lead: bool
) -> int:
    """Pitch class of a bass note that is not the first of its chord."""
    if lead:
        return (following.root + int(random.choice((-1, 1)))) % 12
    classes = (chord.root, chord.root, chord.root, chord.fifth(), chord.classes[1])
    return classes[random.integers(len(classes))]


def _bass_onsets(setting: Setting, kind: str, bar: int, kicks: list[int]) -> list[float]:
    """The ticks of a bar at which the bass plays; the first chord has one at least."""
    start, _ = setting.bars.span(bar)
    beats: list[float] = setting.bars.beats(bar).tolist()
    if kind in ("beats", "walk"):
        return beats
    if kind == "steps":
        return sorted([*beats, *(beat + setting.half * setting.bars.beat for beat in beats)])
    chords = [
        float(start + place * setting.bars.quarter)
        for place in setting.plan.bars[bar].chord_starts()
    ]
    if kind == "long":
        return chords
    onsets = [chords[0]]
    for tick in kicks:
        if setting.bars.number(tick) == bar and tick - onsets[-1] > setting.bars.beat / 5:
            onsets.append(float(tick))
    return onsets


def chord_tones(setting: Setting) -> list[Tone]:
    """Chords, in a rhythm of its own for each section."""
    random = setting.plan.random("comping")
    low = int(random.integers(50, 59))
    kinds = {letter: str(random.choice(CHORD_KINDS)) for letter in "ABC"}
    length = SHORT if random.random() < 0.6 else LONG
    rhythms: dict[str, Callable[[int], np.ndarray]] = {
        "beats": setting.bars.beats,
        "back": lambda bar: setting.bars.beats(bar)[1::2],
        "off": lambda bar: setting.bars.beats(bar) + setting.half * setting.bars.beat,
        "mixed": lambda bar: _mixed(setting, bar),
        "arpeggio": lambda bar: setting.bars.steps(bar, 3 if setting.steps == 3 else 2),
    }
    tones: list[Tone] = []
    for bar in setting.sounding():
        kind = kinds.get(setting.plan.bars[bar].form.section, kinds["A"])
        if kind == "hold":
            tones += _held(setting, bar, low, 84)
            continue
        onsets = rhythms[kind](bar).tolist()
        ends = [*onsets[1:], setting.bars.span(bar)[1]]
        for place, (onset, end) in enumerate(zip(onsets, ends, strict=False)):
            pitches = _voicing(setting.chord(bar, onset)[1], low)
            if kind == "arpeggio":
                pitches = [pitches[place % len(pitches)]]
            long = LONG if kind == "arpeggio" else length
            tones += [Tone(onset, long * (end - onset), pitch, 86) for pitch in pitches]
    return tones


def pad_tones(setting: Setting) -> list[Tone]:
    """Held chords."""
    low = int(setting.plan.random("pad").integers(55, 63))
    return [tone for bar in setting.sounding() for tone in _held(setting, bar, low, 66)]


def _held(setting: Setting, bar: int, low: int, strength: float) -> list[Tone]:
    start, end = setting.bars.span(bar)
    planned = setting.plan.bars[bar]
    starts = [start + place * setting.bars.quarter for place in planned.chord_starts()]
    return [
        Tone(onset, LONG * (stop - onset), pitch, strength)
        for chord, onset, stop in zip(planned.chords, starts, [*starts[1:], end], strict=True)
        for pitch in _voicing(chord, low)
    ]


def _mixed(setting: Setting, bar: int) -> np.ndarray:
    """Random steps of a bar: the same wherever its section returns."""
    ticks = setting.bars.steps(bar, setting.steps)
    chosen = setting.random("mixed", bar).random(len(ticks)) < STEP_SHARE
    chosen[0] |= not chosen.any()
    return ticks[chosen]


def _voicing(chord: NamedChord, low: int) -> list[int]:
    """The pitches of a chord in the octave from `low`, ascending."""
    return sorted({low + (pitch_class - low) % 12 for pitch_class in chord.classes})
