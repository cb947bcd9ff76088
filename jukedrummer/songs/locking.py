"""Bars of an earlier take that a new take keeps: their strokes, and their samples."""

import re
from collections.abc import Collection, Iterable

import numpy as np

from jukedrummer.beats.bar_grid import BarGrid
from jukedrummer.errors import UserError
from jukedrummer.model.drum_score import Strokes

SEAM_SECONDS = 0.02  # between takes, outside the locked bars

Span = tuple[int, int]
"""First sample, and the sample after the last one."""


def listed_bars(text: str, bars: int) -> frozenset[int]:
    """The numbers of bars that a text lists, e.g. `1-8,12`.

    Args:
        text: numbers and ranges, separated by commas.
        bars: number of bars in the song.

    Raises:
        UserError: the text is no such list, or has a bar that the song does not have.
    """
    numbers: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", part)
        if found is None:
            raise UserError(f"{part!r} is not a bar or a range of bars; expected e.g. 1-8,12")
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= bars:
            raise UserError(f"the bars {part.strip()} do not exist: the song has bars 1 to {bars}")
        numbers.update(range(first, last + 1))
    return frozenset(numbers)


def lock_strokes(new: Strokes, old: Strokes, grid: BarGrid, bars: Collection[int]) -> Strokes:
    """A score with the strokes of the old one in the locked bars, and of the new one elsewhere.

    A stroke belongs to the bar of its nearest position, so a stroke just before a downbeat belongs
    to the bar that the downbeat opens.

    Args:
        new: the new score.
        old: the score of the earlier take.
        grid: the bars of both.
        bars: the locked bars.
    """

    def locked(strokes: Strokes) -> np.ndarray:
        return np.array([bar in bars for bar, _ in grid.places(strokes.times)], bool)

    parts = [(old, locked(old)), (new, ~locked(new))]
    return Strokes.sorted(
        np.concatenate([strokes.times[chosen] for strokes, chosen in parts]),
        np.concatenate([strokes.pieces[chosen] for strokes, chosen in parts]),
        np.concatenate([strokes.velocities[chosen] for strokes, chosen in parts]),
    )


def locked_spans(grid: BarGrid, bars: Iterable[int], rate: int, samples: int) -> list[Span]:
    """The samples of the locked bars: one span for each group of bars that follow each other.

    Args:
        grid: the song's bars.
        bars: the locked bars.
        rate: samples a second.
        samples: length of the song.
    """
    spans: list[Span] = []
    for bar in sorted(bars):
        start = min(samples, round(grid.bar_time(bar) * rate))
        end = min(samples, round(grid.bar_time(bar + 1) * rate))
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        elif start < end:
            spans.append((start, end))
    return spans


def old_weights(spans: list[Span], first: int, end: int, rate: int) -> np.ndarray:
    """The weight of the earlier take in a chunk: (end - first, 1) float32.

    It is 1 in the spans, and falls to 0 in the fades beside them. A fade lasts `SEAM_SECONDS`, or
    half of the gap between two spans if that is shorter.

    Args:
        spans: from `locked_spans`.
        first: the chunk's first sample.
        end: the sample after its last one.
        rate: samples a second.
    """
    at = np.arange(first, end)
    weights = np.zeros(end - first, np.float32)
    for index, (start, stop) in enumerate(spans):
        before = spans[index - 1][1] if index else -start
        after = spans[index + 1][0] if index + 1 < len(spans) else stop + 2 * rate
        rising = _fade((start - before) // 2, rate)
        falling = _fade((after - stop) // 2, rate)
        if start - rising >= end or stop + falling <= first:
            continue
        # Distances to the span in shares of the fade: 0 in the span, 1 and more outside the fade.
        away = np.maximum((start - at) / (rising + 1), (at - stop + 1) / (falling + 1)).clip(0, 1)
        away[(at >= start) & (at < stop)] = 0
        weights = np.maximum(weights, (0.5 + 0.5 * np.cos(np.pi * away)).astype(np.float32))
    return weights[:, None]


def _fade(most: int, rate: int) -> int:
    return max(0, min(round(SEAM_SECONDS * rate), most))


def splice(new: np.ndarray, old: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A chunk of both takes: (n, 2) float32. Where a weight is 1, it has the old take's samples.

    Args:
        new: (n, 2) of the new take.
        old: (n, 2) of the earlier take.
        weights: (n, 1) from `old_weights`.
    """
    mixed = np.where(weights == 1, old, new + weights * (old - new))
    return mixed.astype(np.float32)
