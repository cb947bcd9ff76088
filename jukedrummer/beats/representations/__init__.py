"""Representations of beats on the grid of codes: the input of language models. One file each.

Code i of a clip covers the samples [start + i * samples_per_code, start + (i + 1) *
samples_per_code). An event belongs to the code whose interval contains its sample. A continuous
value is read at the centre of the interval.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jukedrummer.beats.tracker import Tracked
from jukedrummer.config import REPRESENTATIONS, SAMPLE_RATE


@dataclass(frozen=True)
class CodeGrid:
    """The codes of one clip.

    Attributes:
        start: sample of the song at which the clip starts.
        codes: L.
        samples_per_code: number of samples that a code covers.
    """

    start: int
    codes: int
    samples_per_code: int

    @property
    def centres(self) -> np.ndarray:
        """(L,) float64, seconds from the start of the song."""
        samples = self.start + (np.arange(self.codes) + 0.5) * self.samples_per_code
        seconds: np.ndarray = samples / SAMPLE_RATE
        return seconds

    def inside(self, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Events inside the clip.

        Args:
            seconds: (n,) times of events.

        Returns:
            (n,) bool, whether an event is inside, and (m,) int64, the codes of the events inside.
        """
        # To the nearest sample: the time of a sample may be rounded below it.
        samples = np.rint(np.asarray(seconds) * SAMPLE_RATE).astype(np.int64)
        codes = (samples - self.start) // self.samples_per_code
        kept = (codes >= 0) & (codes < self.codes)
        return kept, codes[kept]


Compute = Callable[[Tracked, CodeGrid], np.ndarray]


@dataclass(frozen=True)
class Array:
    """One array of a representation: a value for each code.

    Attributes:
        name: name of the dataset in a shard; unique among all representations.
        compute: tracked song and grid to (L,) or (L, width).
        dtype: type in a shard.
        width: numbers for each code; 0 for a class.
        classes: number of classes; 0 for numbers.
        harmonics: whether its numbers are sines and cosines of phases. Models add the sines and
            cosines of the phases' multiples.
    """

    name: str
    compute: Compute
    dtype: str
    width: int = 0
    classes: int = 0
    harmonics: bool = False


@dataclass(frozen=True)
class Representation:
    """A representation of the beats.

    Attributes:
        title: for reports.
        arrays: empty for models without beats.
        needs_embedding: whether the tracker must have an embedding.
    """

    title: str
    arrays: tuple[Array, ...] = ()
    needs_embedding: bool = False


def representation(name: str) -> Representation:
    """The representation with this name."""
    result: Representation = REPRESENTATIONS[name].REPRESENTATION
    return result


def all_arrays() -> dict[str, Array]:
    """The arrays of all representations, by name."""
    return {
        array.name: array for name in REPRESENTATIONS.names for array in representation(name).arrays
    }


def represent(tracked: Tracked, grid: CodeGrid) -> dict[str, np.ndarray]:
    """The arrays of all representations for one clip of a tracked song."""
    return {name: array.compute(tracked, grid) for name, array in all_arrays().items()}


def bar_positions(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place of each beat in the song, counted in bars.

    The length of a bar is the position of its last beat. The song may end within the last bar, so
    the last bar has at least the length of the bar before.

    Args:
        positions: (n,) positions in the bar, 1 = downbeat; n at least 1.

    Returns:
        (n,) beats in the beat's bar, and (n,) bars before the beat, e.g. 2.25 for the second of
        four beats in the third bar.
    """
    starts = np.flatnonzero(np.r_[True, np.diff(positions) <= 0])
    bar = np.cumsum(np.r_[False, np.diff(positions) <= 0])
    lengths = np.maximum.reduceat(positions, starts)
    if len(lengths) > 1:
        lengths[-1] = max(lengths[-1], lengths[-2])
    return lengths[bar], bar + (positions - 1) / lengths[bar]
