"""The bars of a whole song, from its first sample to its end, made from its beats.

A tracker's beats start somewhere in the song and may pause. The grid continues them to both ends,
and fills pauses. It is what all files of a take have in common: the bar numbers of a score are
those of the MIDI file and of the project.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from jukedrummer.beats.annotations import METER_LIMITS
from jukedrummer.errors import UserError
from jukedrummer.model.score_grid import PHASES

USUAL_INTERVAL = 0.5  # seconds, where there are fewer than two beats
LONGEST_INTERVAL = 3.0  # seconds; a longer pause between beats is filled with beats
SAME_TIME = 0.002  # seconds; a first beat this close to 0 s is moved there
USUAL_METER = 4
SHORT_NOTES = (8, 16, 32, 64)  # note values of a short bar before the first beat: 1/8 to 1/64
NEAR_BEATS = 9  # beats at an end of the tracked ones, whose tempo continues
BEAT_SLOTS = [*(Fraction(float(phase)).limit_denominator(12) for phase in PHASES), Fraction(1)]
"""Positions in a beat, and the next beat."""


@dataclass(frozen=True, eq=False)
class BarGrid:
    """The beats and bars of a song. Bar 1 starts at 0 s.

    A beat is a quarter note. The first bar may consist of one shorter note, so that the second bar
    starts where the song's beats do.

    Attributes:
        times: (n + 1,) seconds of the beats, ascending from 0, and of the end of the last one.
        quarters: (n + 1,) quarter notes from the start to each of `times`.
        starts: (b + 1,) index into `times` of the first beat of each bar, and n.
    """

    times: np.ndarray
    quarters: np.ndarray
    starts: np.ndarray

    @property
    def bars(self) -> int:
        """The number of bars, b."""
        return len(self.starts) - 1

    def signature(self, bar: int) -> tuple[int, int]:
        """The time signature of a bar, 1 to b: the number of notes, and their value."""
        first, end = self.starts[bar - 1], self.starts[bar]
        value = 4 / (self.quarters[first + 1] - self.quarters[first])
        return int(end - first), round(value)

    def bar_time(self, bar: int) -> float:
        """Where a bar starts, seconds; bar b + 1 is the end of the last one."""
        return float(self.times[self.starts[bar - 1]])

    def seconds(self, quarters: np.ndarray) -> np.ndarray:
        """Quarter notes from the start, (m,), to seconds."""
        times: np.ndarray = np.interp(quarters, self.quarters, self.times)
        return times

    def to_quarters(self, times: np.ndarray) -> np.ndarray:
        """Seconds, (m,), to quarter notes from the start."""
        quarters: np.ndarray = np.interp(times, self.times, self.quarters)
        return quarters

    def places(self, times: np.ndarray) -> list[tuple[int, Fraction]]:
        """The bar and the position of each of some times (m,).

        The position is the nearest sixteenth or eighth triplet; 1 is the downbeat. A time just
        before a downbeat belongs to the bar that the downbeat opens.
        """
        lines = np.interp(times, self.times, np.arange(len(self.times)))
        beats = np.minimum(lines, len(self.times) - 2).astype(int)
        edges = [float(low + high) / 2 for low, high in pairwise(BEAT_SLOTS)]
        slots = np.searchsorted(edges, lines - beats, "right")
        # The end of the last bar is not in a bar.
        slots[(beats == len(self.times) - 2) & (slots == len(PHASES))] -= 1
        bars = np.searchsorted(self.starts, beats + (slots == len(PHASES)), "right")
        return [
            (int(bar), 1 + int(beat - self.starts[bar - 1]) + BEAT_SLOTS[slot])
            for beat, slot, bar in zip(beats, slots, bars, strict=True)
        ]

    def place_time(self, bar: int, position: Fraction) -> float:
        """The time of a position in a bar, seconds.

        Args:
            bar: 1 to b.
            position: beats, 1 is the downbeat; below the number of beats plus 1.

        Raises:
            UserError: the bar or the position is outside these limits.
        """
        if not 1 <= bar <= self.bars:
            raise UserError(f"bar {bar} does not exist: the song has the bars 1 to {self.bars}")
        notes, _ = self.signature(bar)
        if not 1 <= position < notes + 1:
            raise UserError(
                f"bar {bar} has {notes} beat{'s' * (notes > 1)}, so its positions are 1 to below "
                f"{notes + 1}, not {float(position):g}"
            )
        beat, rest = divmod(position - 1, 1)
        start, end = self.times[self.starts[bar - 1] + beat :][:2]
        return float(start + float(rest) * (end - start))


def bar_grid(beats: np.ndarray, seconds: float) -> BarGrid:
    """The grid of a song.

    Before the first beat and after the last one, beats continue at the tempo beside them. Bars
    start at downbeats; before the first one they are counted backwards. The first beat of the grid
    is shorter or longer than the others, by half a beat at most. If the song's first beat comes
    earlier than half a beat, the grid starts with a bar of one short note. The last bar is
    complete.

    Args:
        beats: (n, 2) seconds, bar position (1 = downbeat), ascending, as `check_beats` checks;
            n may be 0.
        seconds: length of the song.
    """
    if len(beats) == 0:
        beats = np.array([[0.0, 1.0]])
    downbeats = beats[:, 1] == 1
    downbeats[0] |= not downbeats.any()
    meter = _usual_meter(beats[:, 1], np.flatnonzero(downbeats))
    times, downbeats = _without_pauses(beats[:, 0], downbeats, meter)
    times, downbeats = _continued(times, downbeats, meter, seconds)
    times, downbeats, value = _from_start(times, downbeats, meter)
    lengths = np.ones(len(times) - 1)
    lengths[0] = 4 / value
    quarters = np.concatenate([[0.0], np.cumsum(lengths)])
    return BarGrid(times, quarters, np.flatnonzero(downbeats))


def _usual_meter(positions: np.ndarray, downbeats: np.ndarray) -> int:
    """The most common number of beats between downbeats; without two, the highest position."""
    counts = np.diff(downbeats)
    counts = counts[counts <= METER_LIMITS[1]]
    if len(counts):
        return int(np.bincount(counts).argmax())
    highest = int(positions.max())
    return highest if 1 < highest <= METER_LIMITS[1] else USUAL_METER


def _interval(times: np.ndarray) -> float:
    """The usual interval of beats, seconds."""
    intervals = np.diff(times)
    usual = intervals[intervals <= LONGEST_INTERVAL]
    return float(np.median(usual)) if len(usual) else USUAL_INTERVAL


def _without_pauses(
    times: np.ndarray, downbeats: np.ndarray, meter: int
) -> tuple[np.ndarray, np.ndarray]:
    """Beats in the pauses, which count bars on, and a downbeat where a bar would be too long."""
    interval, longest = _interval(times), METER_LIMITS[1]
    lines, flags, since = [float(times[0])], [bool(downbeats[0])], 0
    for time, downbeat in zip(times[1:].tolist(), downbeats[1:].tolist(), strict=True):
        pause = time - lines[-1]
        count = max(2, round(pause / interval)) if pause > LONGEST_INTERVAL else 1
        for step in range(1, count + 1):
            since += 1
            last = step == count
            flag = downbeat or since == longest if last else since % meter == 0
            lines.append(time if last else time + (step - count) * pause / count)
            flags.append(flag)
            since = 0 if flag else since
    return np.array(lines), np.array(flags)


def _continued(
    times: np.ndarray, downbeats: np.ndarray, meter: int, seconds: float
) -> tuple[np.ndarray, np.ndarray]:
    """Beats to the end of the last bar, which is the first downbeat at the song's end or later."""
    interval = _interval(times[-NEAR_BEATS:])
    since = len(times) - 1 - int(np.flatnonzero(downbeats)[-1])
    count = max(1, int(np.ceil((seconds - times[-1]) / interval)))
    count += -(since + count) % meter
    steps = np.arange(1, count + 1)
    flags = (since + steps) % meter == 0
    return np.append(times, times[-1] + steps * interval), np.append(downbeats, flags)


def _from_start(
    times: np.ndarray, downbeats: np.ndarray, meter: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Beats from 0 s on, and the note value of the first one."""
    interval, first = _interval(times[:NEAR_BEATS]), float(times[0])
    whole = int((first + SAME_TIME) / interval)
    rest = first - whole * interval
    before = first - interval * np.arange(whole, 0, -1)
    value = 4
    if whole and rest <= interval / 2:
        before[0] = 0.0  # the first beat begins earlier
    elif whole or rest > interval / 2:
        before = np.append(0.0, before)
    elif rest > SAME_TIME:
        before = np.zeros(1)
        ratios = [abs(np.log(first * value / 4 / interval)) for value in SHORT_NOTES]
        value = SHORT_NOTES[int(np.argmin(ratios))]
    else:
        times = np.append(0.0, times[1:])
    flags = np.append(np.zeros(len(before), bool), downbeats)
    one = int(np.flatnonzero(flags)[0])
    flags[one % meter : one : meter] = True
    flags[0] = True
    if value != 4:
        flags[1] = True
    return np.append(before, times), flags, value
