"""The deviation of the tempo. Errors of the tracker must not count."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.evaluation.metrics.tempo import tempo_deviation


@settings(deadline=None)
@given(st.floats(0.2, 1.5), st.integers(5, 40), st.floats(0.1, 10))
def test_a_metronome_is_steady_even_where_the_tracker_skips(
    period: float, beats: int, start: float
) -> None:
    steady = start + period * np.arange(beats)
    assert tempo_deviation(steady) == pytest.approx(0, abs=1e-6)
    assert tempo_deviation(np.delete(steady, 2)) == pytest.approx(0, abs=1e-6)


def test_tempo_deviation_is_relative_and_in_percent() -> None:
    intervals = np.random.default_rng(0).normal(0.5, 0.01, 5_000)
    assert tempo_deviation(np.cumsum(intervals)) == pytest.approx(2, rel=0.05)
    assert tempo_deviation(np.cumsum(2 * intervals)) == pytest.approx(2, rel=0.05)
    assert math.isnan(tempo_deviation(np.array([0.0, 1, 2])))
