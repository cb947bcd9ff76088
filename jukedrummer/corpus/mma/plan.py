"""The plan of a song: tempo, key, sections with their grooves and chords, what is silent where.

A song depends on (seed, index) and the bytes of its style file only.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from jukedrummer.corpus.mma.chords import BarChords, make_progression
from jukedrummer.corpus.mma.form import ENDING, INTRO, PICKUP, FormBar, MmaRole, make_form
from jukedrummer.corpus.mma.meter import HALF_BAR, ODD_METERS, BarMeter
from jukedrummer.corpus.mma.styles import ALL_TEMPI, ANY_TEMPO, StyleFile, tempo_limits
from jukedrummer.corpus.timeline import generator

ODD_SHARE = 0.09
"""Share of the songs in 4/4 whose bars are cut to a meter of `ODD_METERS`."""
HALF_BAR_SHARE = 0.05
"""Share of the songs in 4/4 in which a section ends with a bar of 2/4."""
MELODY_SHARE, PICKUP_SHARE, MINOR_SHARE, RICH_SHARE = 0.7, 0.22, 0.45, 0.4
ONE_GROOVE_SHARE = 0.3
"""Share of the songs with one groove in all sections."""
OFF_BEAT_SHARE = 0.18
"""Share of the songs with a section, not the first, in which the band plays off the beats only."""
DRIFT_SHARE = 0.5
DRIFTS = 0.003, 0.03
"""Limits of the largest change of the tempo, relative to the tempo."""
LEAST_BARS = 4
LETTERS = "ABC"


@dataclass(frozen=True)
class PlannedBar:
    """A bar.

    Attributes:
        form: its place in the form, who is silent, whether it is a stop.
        groove: name of its groove.
        restart: whether the groove's pattern begins anew.
        meter: its meter.
        start: where it begins, in MMA's quarter notes from the song's start.
        chords: one, or one for each half.
        fill: whether the drums play a fill that is not in the groove.
        off_beat: whether the band plays nothing on the beats.
    """

    form: FormBar
    groove: str
    restart: bool
    meter: BarMeter
    start: float
    chords: BarChords
    fill: bool
    off_beat: bool

    @property
    def end(self) -> float:
        """Where it ends, in MMA's quarter notes."""
        return self.start + self.meter.quarters

    def chord_starts(self) -> list[float]:
        """Where its chords begin, in MMA's quarter notes from the bar's start."""
        return [0.0, self.meter.middle][: len(self.chords)]

    def chord_at(self, place: float) -> int:
        """The number of the chord at a place, in MMA's quarter notes from the bar's start."""
        return sum(start <= place for start in self.chord_starts()) - 1


@dataclass(frozen=True)
class MmaPlan:
    """The plan of a song.

    Attributes:
        seed, index: of the corpus, and the song's number.
        style: its style file.
        bpm: tempo without drift, beats a minute.
        key: pitch class of the tonic.
        minor: whether the key is minor.
        bars: all bars.
        melody: whether it has a melody.
        pickup: who plays before the first full bar; "": nobody.
        drift: largest change of the tempo, relative to the tempo.
    """

    seed: int
    index: int
    style: StyleFile
    bpm: float
    key: int
    minor: bool
    bars: tuple[PlannedBar, ...]
    melody: bool
    pickup: Literal["", "bass", "melody"]
    drift: float

    def random(self, name: str) -> np.random.Generator:
        """A random generator for one use in this song, independent of all other uses."""
        return _generator(self.seed, self.index, self.style, name)


def plan_song(seed: int, index: int, style: StyleFile, turn: int, seconds: float) -> MmaPlan:
    """Plan a song.

    Args:
        seed: of the corpus.
        index: the song's number.
        style: its style file.
        turn: how many songs of this style come before; it decides the main groove.
        seconds: length of the song; the last bar may end later.
    """
    random = _generator(seed, index, style, "plan")
    bpm = _tempo(random, style)
    meter = _meter(random, style)
    count = max(LEAST_BARS, math.ceil(seconds * bpm / 60 / meter.beats))
    melody = bool(random.random() < MELODY_SHARE)
    form = make_form(
        random, count, melody=melody, intros=bool(style.intros), endings=bool(style.endings)
    )
    key, minor = int(random.integers(12)), bool(random.random() < MINOR_SHARE)
    pickup: Literal["", "bass", "melody"] = ""
    if random.random() < PICKUP_SHARE:
        pickup = "melody" if melody and random.random() < 0.7 else "bass"
        silent: frozenset[MmaRole] = frozenset(("drums", "bass", "chords", "melody"))
        form.insert(0, FormBar(PICKUP, 0, 1, silent))
    drift = float(random.uniform(*DRIFTS)) if random.random() < DRIFT_SHARE else 0.0
    chords = _chords(random, form, key, minor)
    grooves = _Grooves(random, style, turn, seed)
    bars = _bars(random, form, meter, chords, grooves)
    return MmaPlan(seed, index, style, bpm, key, minor, bars, melody, pickup, drift)


def _generator(seed: int, index: int, style: StyleFile, name: str) -> np.random.Generator:
    return generator(seed, index, f"{name} {style.digest}")


def _tempo(random: np.random.Generator, style: StyleFile) -> float:
    low, high = ALL_TEMPI if random.random() < ANY_TEMPO else tempo_limits(style)
    if style.meter.compound:
        high = min(high, ALL_TEMPI[1] / 1.5)
    return round(float(np.exp(random.uniform(np.log(low), np.log(high)))), 1)


def _meter(random: np.random.Generator, style: StyleFile) -> BarMeter:
    odd = random.random() < ODD_SHARE
    signature = list(ODD_METERS)[random.integers(len(ODD_METERS))]
    if odd and style.meter.lengths == (4,):
        return BarMeter(*signature, ODD_METERS[signature])
    return style.meter


def _chords(
    random: np.random.Generator, form: list[FormBar], key: int, minor: bool
) -> list[BarChords]:
    """The chords of each bar: a progression of its own for each letter."""
    rich = bool(random.random() < RICH_SHARE)
    lengths = random.choice((2, 4, 4, 8), len(LETTERS))
    known = {
        letter: make_progression(random, key, minor, rich, int(length))
        for letter, length in zip(LETTERS, lengths, strict=True)
    }
    tonic = make_progression(random, key, minor, rich=False, bars=1)[0][:1]
    chords = []
    for bar in form:
        progression = known.get(bar.section, known[LETTERS[0]])
        chords.append(tonic if bar.stop else progression[bar.place % len(progression)])
    return chords


class _Grooves:
    """The groove of each section."""

    def __init__(self, random: np.random.Generator, style: StyleFile, turn: int, seed: int) -> None:
        # Later songs of one style begin with its other grooves.
        order = generator(seed, 0, f"grooves {style.digest}").permutation(len(style.main))
        first = str(style.main[order[turn % len(order)]])
        others = [str(name) for name in random.permutation(style.main) if name != first]
        chosen = [first] if random.random() < ONE_GROOVE_SHARE else [first, *others[:2]]
        self.known: dict[str, str] = {
            letter: chosen[k % len(chosen)] for k, letter in enumerate(LETTERS)
        }
        for section, names in ((INTRO, style.intros), (ENDING, style.endings)):
            self.known[section] = str(random.choice(names)) if names else first
        self.known[PICKUP] = first
        self.fill = str(random.choice(style.fills)) if style.fills else ""

    def of(self, bar: FormBar) -> str:
        """The name of a bar's groove."""
        if bar.fill and self.fill:
            return self.fill
        if bar.stop or (bar.section == INTRO and bar.silent):
            return self.known[LETTERS[0]]
        return self.known[bar.section]


def _bars(
    random: np.random.Generator,
    form: list[FormBar],
    meter: BarMeter,
    chords: list[BarChords],
    grooves: _Grooves,
) -> tuple[PlannedBar, ...]:
    off_beat = LETTERS[random.integers(1, 3)] if random.random() < OFF_BEAT_SHARE else ""
    cut = random.random() < HALF_BAR_SHARE and meter.lengths == (4,)
    cut_section = LETTERS[random.integers(2)] if cut else ""
    bars: list[PlannedBar] = []
    start = 0.0
    for bar, bar_chords in zip(form, chords, strict=True):
        groove = grooves.of(bar)
        changed = not bars or groove != bars[-1].groove
        half = bar.section == cut_section and bar.place == bar.length - 1
        own = BarMeter(HALF_BAR, 4, (HALF_BAR,)) if half else meter
        bars.append(
            PlannedBar(
                form=bar,
                groove=groove,
                restart=changed or bar.place == 0,
                meter=own,
                start=start,
                chords=bar_chords[:1] if half else bar_chords,
                fill=bar.fill and not grooves.fill and "drums" not in bar.silent,
                off_beat=bar.section == off_beat,
            )
        )
        start += own.quarters
    return tuple(bars)
