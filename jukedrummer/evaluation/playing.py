"""What drums play: strokes compared with the real strokes, with the bass, and with the grid.

Times are in seconds, ascending. NaN is nothing to measure.
"""

import math
from typing import NamedTuple

import mir_eval
import numpy as np

from jukedrummer.evaluation.bar_patterns import grid_places
from jukedrummer.model.drum_score import Strokes

STROKE_WINDOW = 0.05  # seconds: two events this near are the same event


# The pieces that are compared, each with its names in `PIECES`.
COMPARED: dict[str, tuple[str, ...]] = {
    "kick": ("kick",),
    "snare": ("snare",),
    "hat": ("closed_hat", "open_hat"),
}


def stroke_f1(real: np.ndarray, played: np.ndarray, window: float = STROKE_WINDOW) -> float:
    """F1 of played strokes of one piece. Each real stroke is met by at most one played stroke.

    Args:
        real: (n,) seconds.
        played: (m,) seconds.
        window: seconds.

    Returns:
        0 to 1; 0 without played strokes; NaN without real ones.
    """
    if not len(real):
        return math.nan
    if not len(played):
        return 0.0
    hits = len(mir_eval.util.match_events(real, played, window))
    return 2 * hits / (len(real) + len(played))


def piece_f1s(real: Strokes, played: Strokes) -> dict[str, float]:
    """F1 of kick, snare and hats (closed and open together); NaN if the real drums lack a piece."""
    return {
        name: stroke_f1(real.of(*pieces), played.of(*pieces)) for name, pieces in COMPARED.items()
    }


def known_mean(values: np.ndarray) -> float:
    """The mean of (n,) without NaN; NaN if there is no other value."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def share_met(events: np.ndarray, others: np.ndarray, window: float = STROKE_WINDOW) -> float:
    """Share of events that have one of the others within `window`; NaN without events."""
    if not len(events):
        return math.nan
    if not len(others):
        return 0.0
    after = np.searchsorted(others, events)
    before = np.abs(events - others[np.maximum(after - 1, 0)])
    distance = np.minimum(before, np.abs(others[np.minimum(after, len(others) - 1)] - events))
    return float((distance <= window).mean())


def share_covered(others: np.ndarray, seconds: float, window: float = STROKE_WINDOW) -> float:
    """Share of [0, seconds] within `window` of one of the others.

    It is what `share_met` is expected to be for events that are spread evenly: chance.
    """
    starts, ends = np.maximum(others - window, 0), np.minimum(others + window, seconds)
    starts[1:] = np.maximum(starts[1:], ends[:-1])
    return float(np.maximum(ends - starts, 0).sum() / seconds)


class Timing(NamedTuple):
    """Deviations of strokes from the grid, milliseconds; late is positive.

    Attributes:
        mean: the mean.
        spread: the standard deviation.
    """

    mean: float
    spread: float


def timing(strokes: Strokes, beats: np.ndarray, parts: int) -> Timing:
    """Deviation of the strokes from the nearest time of the grid.

    Args:
        strokes: the strokes. Those before the first or after the last beat are left out.
        beats: (n,) seconds, n at least 2.
        parts: grid times a beat.

    Returns:
        NaN without strokes. Strokes at random times have the mean 0, and as spread the duration of
        a grid step divided by the root of 12.
    """
    places = grid_places(strokes.times, beats, parts)
    inside = ~np.isnan(places)
    if not inside.any():
        return Timing(math.nan, math.nan)
    grid = np.interp(places[inside] / parts, np.arange(len(beats)), beats)
    deviations = 1_000 * (strokes.times[inside] - grid)
    return Timing(float(deviations.mean()), float(deviations.std()))
