"""Means over songs with their intervals, and the perplexity of codes.

Source of the interval: the percentile bootstrap over songs (Efron and Tibshirani 1993, chapter 13).
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy.stats

BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Interval:
    """Mean over n songs with its 95 % bootstrap interval; NaN if n is too small."""

    mean: float
    low: float
    high: float
    n: int


def bootstrap_interval(
    values: Sequence[float] | np.ndarray, resamples: int, seed: int = BOOTSTRAP_SEED
) -> Interval:
    """Mean over songs with its 95 % percentile bootstrap interval.

    Args:
        values: one value for each song. NaN (nothing to measure) is left out.
        resamples: draws of n songs with replacement.
        seed: the same seed gives the same interval.

    Returns:
        All NaN without values; NaN bounds for a single song, which has no spread.
    """
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if not len(known):
        return Interval(math.nan, math.nan, math.nan, 0)
    if len(known) == 1:
        return Interval(float(known[0]), math.nan, math.nan, 1)
    low, high = scipy.stats.bootstrap(
        (known,),
        np.mean,
        n_resamples=resamples,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(float(known.mean()), float(low), float(high), len(known))


def pooled_interval(
    parts: Sequence[float], wholes: Sequence[float], resamples: int, seed: int = BOOTSTRAP_SEED
) -> Interval:
    """The sum of `parts` over the sum of `wholes`, with its 95 % bootstrap interval over songs.

    Args:
        parts, wholes: one value for each song. Songs whose whole is 0 are left out.
        resamples: draws of n songs with replacement.
        seed: the same seed gives the same interval.

    Returns:
        As `bootstrap_interval`; n is the number of songs whose whole is not 0.
    """
    part, whole = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    part, whole = part[whole > 0], whole[whole > 0]
    if len(whole) < 2:
        return bootstrap_interval(part / whole, resamples, seed)
    low, high = scipy.stats.bootstrap(
        (part, whole),
        _ratio,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(float(part.sum() / whole.sum()), float(low), float(high), len(whole))


def _ratio(part: np.ndarray, whole: np.ndarray, axis: int = -1) -> np.ndarray:
    ratio: np.ndarray = part.sum(axis) / whole.sum(axis)
    return ratio


def interval_json(values: Sequence[float], resamples: int) -> dict[str, Any]:
    """`bootstrap_interval` for JSON."""
    return as_json(bootstrap_interval(values, resamples))


def as_json(interval: Interval) -> dict[str, Any]:
    """An interval for JSON: mean, low, high, n. NaN, which is not JSON, becomes None."""
    return {name: None if math.isnan(value) else value for name, value in asdict(interval).items()}


def perplexity(counts: Sequence[int] | np.ndarray) -> float:
    """2 to the entropy of the frequencies of (K,) codes: the number of codes in effective use.

    Args:
        counts: (K,) how often each code is used.

    Returns:
        1 to K; 1 if no code is used.
    """
    counts = np.asarray(counts, dtype=float)
    return float(2 ** scipy.stats.entropy(counts, base=2)) if counts.any() else 1.0
