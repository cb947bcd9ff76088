"""Distances between sets of songs: kernel distance and prompt adherence.

A song is a sample of windows with D features each. The kernel of two songs is the mean over all
pairs of their windows. Letter beyond the package's: S songs.

Sources: the unbiased squared maximum mean discrepancy (Gretton et al., JMLR 2012, equation 3), with
a Gaussian kernel as wide as the median distance (Chung et al., arXiv 2502.15602); accompaniment
prompt adherence (Grachten and Nistal, arXiv 2503.06346), with this distance in the place of
Fréchet's, which is biased for few songs.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist, pdist

from jukedrummer.evaluation.statistics import BOOTSTRAP_SEED, Interval

Windows = Sequence[np.ndarray]  # (n, D) for each song
WIDTH_WINDOWS = 2_000  # of all songs, from which the kernel's width is found
FEWEST_SONGS = 2


@dataclass(frozen=True, eq=False)
class Kernel:
    """A Gaussian kernel on standardised features.

    Attributes:
        mean: (D,) of the features.
        deviation: (D,) of the features; 1 for constant features.
        width: its standard deviation.
    """

    mean: np.ndarray
    deviation: np.ndarray
    width: float

    def standardise(self, songs: Windows) -> list[np.ndarray]:
        """The songs' standardised windows."""
        return [(song - self.mean) / self.deviation for song in songs]

    def of_songs(self, first: Windows, second: Windows) -> np.ndarray:
        """The kernel of each song of `first` and each of `second`, (S, S')."""
        columns = np.concatenate(second)
        starts = np.cumsum([0, *(len(song) for song in second[:-1])])
        counts = [len(song) for song in second]
        rows = [
            np.exp(-cdist(song, columns, "sqeuclidean") / (2 * self.width**2)).mean(axis=0)
            for song in first
        ]
        return np.asarray(np.add.reduceat(rows, starts, axis=1) / counts)


def fit_kernel(songs: Windows) -> Kernel:
    """The kernel for comparisons with these songs: their scale, and their median distance."""
    windows = np.concatenate(songs)
    mean, deviation = windows.mean(axis=0), windows.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1)
    distances = pdist(feature_spread((windows - mean) / deviation, WIDTH_WINDOWS))
    width = float(np.median(distances)) if len(distances) else 0.0
    return Kernel(mean, deviation, width or 1.0)


def feature_spread(windows: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of (n, D) windows, evenly spread."""
    if len(windows) <= most:
        return windows
    chosen: np.ndarray = windows[np.linspace(0, len(windows) - 1, most).round().astype(int)]
    return chosen


class Comparison:
    """Two sets of the same songs, such as their played and their real drums.

    Args:
        first: windows of each song, standardised.
        second: windows of the same songs, in the same order, standardised.
        kernel: the kernel.
    """

    def __init__(self, first: Windows, second: Windows, kernel: Kernel) -> None:
        across = kernel.of_songs(first, second)
        self.pairs = kernel.of_songs(first, first) + kernel.of_songs(second, second)
        self.pairs -= across + across.T
        # A song is not compared with itself: its windows are not independent of each other.
        np.fill_diagonal(self.pairs, 0)

    def distance(self, counts: np.ndarray) -> np.ndarray:
        """The squared distance between both sets, (B,); NaN with fewer than two songs.

        Args:
            counts: (B, S) how often each song is in a resample.
        """
        sums = ((counts @ self.pairs) * counts).sum(axis=1)
        pairs = counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)
        return np.asarray(np.where(pairs > 0, sums / np.maximum(pairs, 1), np.nan))


def kernel_distance(played: Windows, real: Windows, kernel: Kernel, resamples: int) -> Interval:
    """The distance of played drums from the real drums of the same songs.

    It is 0 if the sets are equal, and on average if both are drawn from the same distribution, so
    values just below 0 occur. It is at most 2. It compares the sets, not song with song.

    Args:
        played: windows of each song.
        real: windows of the same songs, in the same order.
        kernel: the kernel of `fit_kernel`, of the real songs.
        resamples: draws of S songs with replacement, for the 95 % interval.
    """
    if len(played) < FEWEST_SONGS:
        return Interval(math.nan, math.nan, math.nan, len(played))
    songs = Comparison(kernel.standardise(played), kernel.standardise(real), kernel)
    return _over_songs(songs.distance, len(played), resamples)


def prompt_adherence(
    played: Windows, real: Windows, shuffled: Windows, kernel: Kernel, resamples: int
) -> Interval:
    """How well played drums fit their recordings: 0 to 1.

    1/2 + (d(played, shuffled) - d(played, real)) / (2 d(real, shuffled)), cut off at 0 and 1. It is
    1 for the real drums, and 0 for those of other songs. If a share of the songs has the real drums
    and the rest those of other songs, it is this share.

    Args:
        played: windows of each song's recording with the played drums.
        real: the same with its real drums.
        shuffled: the same with another song's real drums.
        kernel: the kernel of `fit_kernel`, of real and shuffled songs together.
        resamples: draws of S songs with replacement, for the 95 % interval.

    Returns:
        NaN if the features do not tell real from shuffled pairs.
    """
    if len(played) < FEWEST_SONGS:
        return Interval(math.nan, math.nan, math.nan, len(played))
    sets = [kernel.standardise(songs) for songs in (played, real, shuffled)]
    near, far = Comparison(sets[0], sets[1], kernel), Comparison(sets[0], sets[2], kernel)
    scale = Comparison(sets[1], sets[2], kernel)

    def adherence(counts: np.ndarray) -> np.ndarray:
        whole = scale.distance(counts)
        gain = far.distance(counts) - near.distance(counts)
        ratio = gain / (2 * np.where(whole > 0, whole, np.nan))
        return np.asarray(np.clip(0.5 + ratio, 0, 1))

    return _over_songs(adherence, len(played), resamples)


def _over_songs(
    measure: Callable[[np.ndarray], np.ndarray], songs: int, resamples: int
) -> Interval:
    """A measure of all songs, with its 95 % percentile bootstrap interval over songs."""
    value = float(measure(np.ones((1, songs)))[0])
    random = np.random.default_rng(BOOTSTRAP_SEED)
    counts = random.multinomial(songs, np.full(songs, 1 / songs), resamples)
    drawn = measure(counts.astype(float))
    known = drawn[~np.isnan(drawn)]
    if math.isnan(value) or not len(known):
        return Interval(value, math.nan, math.nan, songs)
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(value, float(low), float(high), songs)
