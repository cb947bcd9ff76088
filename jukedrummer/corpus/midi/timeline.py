"""From ticks to seconds, and the beats that a file's time signatures give."""

from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.midi.read import MidiScore, UnusableSongError, changes

MAX_BEATS = 20_000
"""Two hours at 160 beats a minute."""


@dataclass(frozen=True)
class MeterSection:
    """A stretch of one time signature; a bar starts at its first beat.

    Attributes:
        signature: numerator, denominator.
        meter: beats a bar. In 6/8, 9/8 and 12/8 a beat is three eighths.
        beats: (n,) ticks, float64.
    """

    signature: tuple[int, int]
    meter: int
    beats: np.ndarray


class TempoMap:
    """Ticks to seconds.

    Args:
        score: its tempi.
    """

    def __init__(self, score: MidiScore) -> None:
        tempi, _ = changes(score)
        self.ticks = np.array([tick for tick, _ in tempi], np.float64)
        self.rates = np.array([tempo for _, tempo in tempi]) / 1e6 / score.ticks_per_quarter
        steps = np.diff(self.ticks) * self.rates[:-1]
        self.starts = np.concatenate([[0.0], np.cumsum(steps)])

    def seconds(self, ticks: np.ndarray) -> np.ndarray:
        """Times of ticks (n,), seconds from tick 0."""
        place = np.searchsorted(self.ticks, ticks, "right") - 1
        times: np.ndarray = self.starts[place] + (ticks - self.ticks[place]) * self.rates[place]
        return times


def sections(score: MidiScore) -> list[MeterSection]:
    """The stretches of each time signature, up to the first beat at the last note's end or after.

    A signature that is repeated where a bar begins changes nothing. A bar that is cut off by a new
    signature ends there; a rest of less than half a beat belongs to the beat before.

    Raises:
        UnusableSongError: a time signature is not possible, or there are too many beats.
    """
    quarter, end = score.ticks_per_quarter, score.end
    starts: list[tuple[int, int, int]] = []
    for tick, top, bottom in changes(score)[1]:
        if top == 0:
            raise UnusableSongError("damaged", f"has a time signature of {top}/{bottom}")
        if tick > end and starts:
            continue
        if starts and (top, bottom) == starts[-1][1:]:
            bar = quarter * 4 * top / bottom
            if (tick - starts[-1][0]) % bar == 0:
                continue
        starts.append((tick, top, bottom))
    edges = [float(tick) for tick, _, _ in starts[1:]] + [float(end)]
    count = sum(
        (edge - start[0]) / _beat(quarter, *start[1:])[0]
        for start, edge in zip(starts, edges, strict=True)
    )
    if count > MAX_BEATS:
        raise UnusableSongError(
            "too long",
            f"has {count:.0f} beats, the limit is {MAX_BEATS}",
            f"{count:.0f}",
            str(MAX_BEATS),
        )
    return [
        _section(quarter, start, edge, last=place == len(starts) - 1)
        for place, (start, edge) in enumerate(zip(starts, edges, strict=True))
    ]


def _beat(quarter: int, top: int, bottom: int) -> tuple[float, int]:
    """Ticks of a beat, and beats a bar."""
    if bottom >= 8 and top > 3 and top % 3 == 0:
        return 3 * quarter * 4 / bottom, top // 3
    return quarter * 4 / bottom, top


def _section(quarter: int, start: tuple[int, int, int], end: float, last: bool) -> MeterSection:
    tick, top, bottom = start
    length, meter = _beat(quarter, top, bottom)
    count = (end - tick) / length
    whole = int(np.ceil(count)) + 1 if last else max(1, int(np.floor(count + 0.5)))
    return MeterSection((top, bottom), meter, tick + length * np.arange(whole))
