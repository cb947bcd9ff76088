"""Intervals and perplexity against slow references and invariants."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.evaluation.statistics import bootstrap_interval, perplexity, pooled_interval


def test_bootstrap_covers_the_mean_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        interval = bootstrap_interval(random.normal(3, 1, 30), 300, trial)
        hits += interval.low <= 3 <= interval.high
    assert 0.88 <= hits / 200 <= 0.99


@settings(deadline=None)
@given(
    st.lists(st.floats(-5, 5).map(lambda value: round(value, 6)), min_size=2, max_size=20),
    st.integers(0, 99),
)
def test_bootstrap_invariants(values: list[float], seed: int) -> None:
    result = bootstrap_interval(values, 100, seed)
    assert min(values) - 1e-9 <= result.low <= result.high <= max(values) + 1e-9
    assert result.n == len(values)
    assert result == bootstrap_interval([*values, math.nan], 100, seed)


def test_bootstrap_of_too_few() -> None:
    one = bootstrap_interval([2.0], 100, 0)
    assert (one.mean, one.n) == (2, 1)
    assert math.isnan(one.low)
    none = bootstrap_interval([math.nan], 100, 0)
    assert none.n == 0
    assert math.isnan(none.mean)


def test_a_pooled_interval_weights_songs_by_their_wholes() -> None:
    result = pooled_interval([1, 9, 0, 0], [2, 90, 0, 8], 500, 0)
    assert (result.mean, result.n) == (0.1, 3)
    assert 0 <= result.low < 0.1 < result.high <= 0.5
    assert result == pooled_interval([1, 9, 0], [2, 90, 8], 500, 0)
    random = np.random.default_rng(0)
    parts = random.uniform(0, 1, 20)
    equal, mean = pooled_interval(parts, np.ones(20), 500, 0), bootstrap_interval(parts, 500, 0)
    assert equal.mean == pytest.approx(mean.mean)
    assert equal.low == pytest.approx(mean.low, abs=0.05)
    assert pooled_interval([1.0], [4.0], 100).mean == 0.25
    assert math.isnan(pooled_interval([0.0], [0.0], 100).mean)


def slow_interval(values: list[float], resamples: int, seed: int) -> tuple[float, float]:
    """The percentile bootstrap, one resample at a time."""
    choices = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    means = [float(np.mean([values[choice] for choice in row])) for row in choices]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20), st.integers(0, 99))
def test_bootstrap_is_that_of_one_resample_at_a_time(values: list[float], seed: int) -> None:
    result = bootstrap_interval(values, 100, seed)
    assert (result.low, result.high) == pytest.approx(slow_interval(values, 100, seed), abs=1e-12)


@pytest.mark.parametrize("songs", [2, 16, 100])
def test_bootstrap_is_that_of_one_resample_at_a_time_for_many_songs(songs: int) -> None:
    values = np.random.default_rng(songs).normal(1, 2, songs).tolist()
    result = bootstrap_interval(values, 1_000, 0)
    assert (result.low, result.high) == pytest.approx(slow_interval(values, 1_000, 0), abs=1e-12)


def test_perplexity() -> None:
    assert perplexity([5, 5, 5, 5]) == pytest.approx(4)
    assert perplexity([7, 0, 0]) == pytest.approx(1)
    assert perplexity(np.array([5, 5, 5, 5])) == pytest.approx(4)
    assert perplexity(np.array([9, 0, 0])) == pytest.approx(1)
    assert perplexity([0, 0, 0]) == 1


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=64))
def test_perplexity_is_2_to_the_entropy(counts: list[int]) -> None:
    shares = [count / max(1, sum(counts)) for count in counts]
    entropy = -sum(share * math.log2(share) for share in shares if share)
    assert perplexity(counts) == pytest.approx(2**entropy, abs=1e-9)
