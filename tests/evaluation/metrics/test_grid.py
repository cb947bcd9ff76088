"""The grid's share and chance compared with slow references, and cases without reward."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.evaluation.events import subdivide
from jukedrummer.evaluation.metrics.grid import covered_share, grid_share
from tests.evaluation.helpers.times import ascending, gaps, seconds


@settings(deadline=None)
@given(gaps, st.sampled_from([3, 4]), st.floats(0.001, 0.2))
def test_chance_is_the_measure_of_the_union(
    steps: list[float], parts: int, tolerance: float
) -> None:
    grid = subdivide(ascending(steps), parts)
    points = np.linspace(grid[0], grid[-1], 20_001)
    covered = (np.abs(points[:, None] - grid).min(axis=1) <= tolerance).mean()
    assert covered_share(grid, tolerance) == pytest.approx(covered, abs=0.01)


@settings(deadline=None)
@given(seconds, gaps, st.floats(0.001, 0.1))
def test_grid_share_is_the_slow_reference(
    onsets: np.ndarray, steps: list[float], tolerance: float
) -> None:
    beats = ascending(steps)
    result = grid_share(onsets, beats, tolerance)
    inside = [onset for onset in onsets if beats[0] <= onset <= beats[-1]]
    assert result.onsets == len(inside)
    if not inside:
        assert math.isnan(result.share)
        return
    grid = [
        a + (b - a) * part / result.subdivision
        for a, b in itertools.pairwise(beats)
        for part in range(result.subdivision + 1)
    ]
    near = [any(abs(onset - time) <= tolerance for time in grid) for onset in inside]
    surely = [any(abs(onset - time) <= tolerance - 1e-9 for time in grid) for onset in inside]
    assert np.mean(surely) <= result.share + 1e-12
    assert result.share <= max(np.mean(near), np.mean(surely)) + 1 / len(inside) + 1e-12
    assert 0 <= result.share <= 1
    assert 0 <= result.chance <= 1 + 1e-12


def test_grid_share_separates_straight_swung_and_random() -> None:
    beats = np.arange(0, 30, 0.6)
    straight, swung = subdivide(beats, 4), subdivide(beats, 3)
    assert grid_share(straight, beats, 0.03).subdivision == 4
    result = grid_share(swung, beats, 0.03)
    assert (result.subdivision, result.share, result.skill) == (3, 1, 1)
    scattered = np.sort(np.random.default_rng(0).uniform(0, 29, 20_000))
    result = grid_share(np.unique(scattered), beats, 0.03)
    assert result.share == pytest.approx(result.chance, abs=0.02)
    assert abs(result.skill) < 0.03


def test_silence_earns_nothing_on_the_grid() -> None:
    result = grid_share(np.zeros(0), np.arange(0, 4, 0.5), 0.03)
    assert math.isnan(result.share)
    assert math.isnan(result.skill)
    assert result.onsets == 0


def test_grid_needs_beats() -> None:
    with pytest.raises(ValueError, match="there are 1; a grid needs at least 2"):
        grid_share(np.zeros(0), np.array([1.0]), 0.03)
