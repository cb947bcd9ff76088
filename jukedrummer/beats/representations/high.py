"""Beats and downbeats (paper: high), and the phases that follow from them (ours)."""

import numpy as np

from jukedrummer.beats.representations import Array, CodeGrid, Representation, bar_positions
from jukedrummer.beats.tracker import Tracked

PHASE_WIDTH = 4
NONE, DOWNBEAT, BEAT = 0, 1, 2


def high(tracked: Tracked, grid: CodeGrid) -> np.ndarray:
    """1 in codes with a downbeat, 2 in codes with another beat, else 0: (L,) uint8."""
    beats = tracked.beats
    kept, codes = grid.inside(beats[:, 0])
    downbeats = beats[kept, 1] == 1
    result = np.full(grid.codes, NONE, dtype=np.uint8)
    result[codes] = BEAT
    result[codes[downbeats]] = DOWNBEAT
    return result


def phase(tracked: Tracked, grid: CodeGrid) -> np.ndarray:
    """Sine and cosine of 2 pi times beat phase, then of 2 pi times bar phase: (L, 4) float32.

    Phases are linear between beats. For one bar before the first beat and after the last, they
    continue at the speed of the adjacent interval. Beyond that, and with fewer than two beats, all
    four values are 0.
    """
    result = np.zeros((grid.codes, PHASE_WIDTH), dtype=np.float32)
    beats = tracked.beats
    if len(beats) < 2:
        return result
    seconds, counted, bars = _extended(beats)
    centres = grid.centres
    known = (centres >= seconds[0]) & (centres <= seconds[-1])
    for column, unwrapped in ((0, counted), (2, bars)):
        angle = 2 * np.pi * np.interp(centres[known], seconds, unwrapped)
        result[known, column] = np.sin(angle)
        result[known, column + 1] = np.cos(angle)
    return result


def _extended(beats: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds, number of beats and number of bars, at every beat and one bar beyond both ends."""
    seconds = beats[:, 0]
    counted = np.arange(len(beats), dtype=np.float64)
    lengths, bars = bar_positions(beats[:, 1])
    ends = []
    for values in (seconds, counted, bars):
        before = values[0] - lengths[0] * (values[1] - values[0])
        after = values[-1] + lengths[-1] * (values[-1] - values[-2])
        ends.append(np.concatenate([[before], values, [after]]))
    return ends[0], ends[1], ends[2]


REPRESENTATION = Representation(
    "tracked beats and downbeats",
    (
        Array("high", high, "uint8", classes=3),
        Array("phase", phase, "float16", width=PHASE_WIDTH, harmonics=True),
    ),
)
