"""The parts of the band, and the ticks of the bars."""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from jukedrummer.corpus.midi.drum_channels import DRUM_CHANNEL
from jukedrummer.corpus.midi.groups import stem_of
from jukedrummer.corpus.midi.read import MidiScore, PitchedNote, Stroke
from jukedrummer.corpus.mma.form import MmaRole
from jukedrummer.corpus.mma.plan import MmaPlan

EARLY_BEATS = 0.08
"""Beats. A note that is earlier than a beat by less than this belongs to the beat."""
BASS_BELOW = 47
"""Parts whose mean pitch is lower are a bass, whatever their instrument."""
LONGEST_BARS = 2
"""Longer notes end. MMA's plucked strings have no ends."""


@dataclass(frozen=True)
class BandPart:
    """The part of one instrument.

    Attributes:
        role: bass, chords or melody.
        channel: MIDI channel from 0.
        program: General MIDI, from 0.
        notes: in order; those of one pitch do not overlap.
    """

    role: MmaRole
    channel: int
    program: int
    notes: tuple[PitchedNote, ...]


class BarTicks:
    """The ticks of a song's bars and beats, as MMA counts them.

    Args:
        plan: the song.
        quarter: ticks of MMA's quarter notes.
    """

    def __init__(self, plan: MmaPlan, quarter: int) -> None:
        self.plan, self.quarter = plan, quarter
        ends = [0.0, *(bar.end for bar in plan.bars)]
        self.edges = np.array([round(end * quarter) for end in ends])

    @property
    def beat(self) -> float:
        """Ticks of a beat."""
        return self.plan.style.meter.beat * self.quarter

    def span(self, bar: int) -> tuple[int, int]:
        """The first tick of a bar, and the tick after its last."""
        return int(self.edges[bar]), int(self.edges[bar + 1])

    def number(self, tick: int) -> int:
        """The bar that a note at a tick belongs to."""
        early = EARLY_BEATS * self.beat
        place = int(np.searchsorted(self.edges, tick + early, "right")) - 1
        return min(max(place, 0), len(self.edges) - 2)

    def beats(self, bar: int) -> np.ndarray:
        """The ticks of the beats of a bar."""
        start, end = self.span(bar)
        return np.arange(start, end - 1, self.beat)

    def steps(self, bar: int, number: int) -> np.ndarray:
        """The ticks of the steps of a bar.

        Args:
            bar: number of the bar.
            number: steps a beat.
        """
        return np.arange(*self.span(bar), self.beat / number)

    def phases(self, ticks: np.ndarray) -> np.ndarray:
        """Places of ticks (n,) in their beats, 0 to 1."""
        # All bars are whole beats long.
        phases: np.ndarray = ticks / self.beat % 1
        return phases


def split_parts(score: MidiScore, bars: BarTicks) -> list[BandPart]:
    """The parts of a song that MMA wrote: one for each channel and program."""
    groups: dict[tuple[int, int], list[PitchedNote]] = defaultdict(list)
    for note in score.notes:
        groups[note.channel, note.program].append(note)
    parts = []
    longest = LONGEST_BARS * bars.plan.style.meter.quarters * bars.quarter
    for (channel, program), notes in sorted(groups.items()):
        low = np.mean([note.pitch for note in notes]) < BASS_BELOW
        role: MmaRole = "bass" if low or stem_of(program) == "bass" else "chords"
        parts.append(BandPart(role, channel, program, without_overlap(notes, longest)))
    return parts


def without_overlap(notes: list[PitchedNote], longest: int) -> tuple[PitchedNote, ...]:
    """Notes of one channel, each of which ends before the next of its pitch begins.

    Args:
        notes: in any order.
        longest: longest note, ticks.
    """
    by_pitch: dict[int, list[PitchedNote]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: (note.start, note.pitch, -note.end)):
        if not by_pitch[note.pitch] or by_pitch[note.pitch][-1].start < note.start:
            by_pitch[note.pitch].append(note)
    kept = []
    for group in by_pitch.values():
        limits = [note.start for note in group[1:]] + [group[-1].end]
        for note, limit in zip(group, limits, strict=True):
            kept.append(replace(note, end=min(note.end, note.start + longest, limit)))
    return tuple(sorted(kept, key=lambda note: (note.start, note.pitch)))


def grid_steps(bars: BarTicks, strokes: list[Stroke], parts: list[BandPart]) -> int:
    """Steps a beat of the song's grid: 3 for triplets, swing and compound meters, else 4."""
    if bars.plan.style.meter.compound:
        return 3
    ticks = [stroke.tick for stroke in strokes]
    ticks += [note.start for part in parts for note in part.notes]
    phases = bars.phases(np.array(ticks, np.float64))
    thirds = np.abs(np.subtract.outer(phases, (1 / 3, 2 / 3))).min(1) < 0.04
    fourths = np.abs(np.subtract.outer(phases, (1 / 4, 3 / 4))).min(1) < 0.04
    return 3 if thirds.sum() > fourths.sum() else 4


def free_channels(parts: list[BandPart]) -> list[int]:
    """The channels without a part, except that of the drums."""
    used = {part.channel for part in parts} | {DRUM_CHANNEL}
    return [channel for channel in range(16) if channel not in used]
