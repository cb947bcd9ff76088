"""Drum scores on a grid of the song's beats, as the score model reads and writes them.

A beat has six slots: its sixteenths and its eighth triplets share the slot of the beat. A grid of
12 equal parts would have them all too, but most of its parts are never played. Letters beyond the
package's: Q beats, S slots of a beat, P pieces.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES

PHASES = np.array([0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4])
"""(S,) places of the slots in a beat."""
FEWEST_BEATS = 2
"""With fewer beats there is no tempo."""


@dataclass(frozen=True, eq=False)
class GridScore:
    """A drum score on the slots of beats.

    Attributes:
        velocities: (Q, S, P) float32, 0 to 1; 0 where no stroke is.
        offsets: (Q, S, P) float32, milliseconds after the slot; 0 where no stroke is.
    """

    velocities: np.ndarray
    offsets: np.ndarray


def slot_times(beats: np.ndarray) -> np.ndarray:
    """The times of all slots.

    The last beat is as long as the one before it.

    Args:
        beats: (Q, 2) seconds, bar position; Q at least 2.

    Returns:
        (Q, S) seconds, ascending.
    """
    starts = beats[:, 0]
    lengths = np.diff(starts, append=2 * starts[-1] - starts[-2])
    return np.asarray(starts[:, None] + lengths[:, None] * PHASES)


def to_grid(strokes: Strokes, beats: np.ndarray) -> GridScore:
    """Each stroke in its nearest slot. Of several strokes of a piece in a slot, the loudest stays.

    Strokes before the first or after the last slot are left out.

    Args:
        strokes: the strokes.
        beats: (Q, 2) seconds, bar position; Q at least 2.
    """
    times = slot_times(beats).ravel()
    velocities = np.zeros((len(times), len(PIECES)), np.float32)
    offsets = np.zeros_like(velocities)
    edges = (times[1:] + times[:-1]) / 2
    slots = np.searchsorted(edges, strokes.times)
    first, last = 2 * times[0] - edges[0], 2 * times[-1] - edges[-1]
    inside = np.flatnonzero((strokes.times >= first) & (strokes.times <= last))
    for index in inside[np.argsort(strokes.velocities[inside], kind="stable")]:
        place = slots[index], strokes.pieces[index]
        velocities[place] = strokes.velocities[index]
        offsets[place] = 1_000 * (strokes.times[index] - times[slots[index]])
    shape = len(beats), len(PHASES), len(PIECES)
    return GridScore(velocities.reshape(shape), offsets.reshape(shape))


def to_strokes(score: GridScore, beats: np.ndarray) -> Strokes:
    """The strokes of a score on the beats (Q, 2) that it belongs to, or on others as many."""
    beat, slot, piece = np.nonzero(score.velocities)
    times = slot_times(beats)[beat, slot] + score.offsets[beat, slot, piece] / 1_000
    return Strokes.sorted(np.maximum(times, 0), piece, score.velocities[beat, slot, piece])


def bar_lengths(positions: np.ndarray) -> np.ndarray:
    """The number of beats of the bar that each beat is in.

    The beats before the first downbeat and after the last one have the length of the longest bar.

    Args:
        positions: (Q,) bar positions; 1 is a downbeat.

    Returns:
        (Q,) int64.
    """
    lengths = np.full(len(positions), int(positions.max(initial=1)), np.int64)
    downbeats = np.flatnonzero(positions == 1)
    for start, end in pairwise(downbeats):
        lengths[start:end] = end - start
    return lengths


def tempo(beats: np.ndarray) -> float:
    """The tempo of (Q, 2) beats, beats a minute: that of the median interval."""
    return float(60 / np.median(np.diff(beats[:, 0])))
