"""Peaks of the tracker's activations (paper: mid)."""

import numpy as np

from jukedrummer.beats.representations import Array, CodeGrid, Representation
from jukedrummer.beats.tracker import FPS, Tracked


def activation_peaks(activations: np.ndarray) -> np.ndarray:
    """Peaks of the activations of beat or downbeat, whichever is larger.

    Height 0.1, distance 7 frames, prominence 0.1, as in JukeDrummer.

    Args:
        activations: (T, 3) probabilities of `CLASSES`.

    Returns:
        (n,) seconds.
    """
    from scipy.signal import find_peaks  # its import takes two seconds

    peaks, _ = find_peaks(activations[:, 1:].max(axis=1), height=0.1, distance=7, prominence=0.1)
    seconds: np.ndarray = peaks / FPS
    return seconds


def mid(tracked: Tracked, grid: CodeGrid) -> np.ndarray:
    """1 in codes with a peak of the activations, else 0: (L,) uint8.

    Without activations, the beats are used instead of the peaks.
    """
    activations = tracked.activations
    seconds = tracked.beats[:, 0] if activations is None else activation_peaks(activations)
    result = np.zeros(grid.codes, dtype=np.uint8)
    result[grid.inside(seconds)[1]] = 1
    return result


REPRESENTATION = Representation(
    "the peaks of the beat tracker's activation", (Array("mid", mid, "uint8", classes=2),)
)
