"""The bars of a whole song: both ends, pauses, short first bars, positions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.beats.annotations import regular_beats
from jukedrummer.beats.bar_grid import LONGEST_INTERVAL, SAME_TIME, BarGrid, bar_grid
from jukedrummer.errors import UserError


def beats_from(first: float, position: int, count: int = 16, meter: int = 4) -> np.ndarray:
    """Beats at 120 beats a minute: (n, 2)."""
    steps = np.arange(count)
    return np.stack([first + steps / 2, (position - 1 + steps) % meter + 1], axis=1)


def signatures(grid: BarGrid, count: int = 3) -> list[str]:
    pairs = [grid.signature(bar) for bar in range(1, min(grid.bars, count) + 1)]
    return [f"{notes}/{value}" for notes, value in pairs]


def assert_follows(grid: BarGrid, beats: np.ndarray, seconds: float) -> None:
    assert grid.times[0] == 0
    assert grid.times[-1] >= seconds
    assert (np.diff(grid.times) > 0).all()
    assert grid.starts[-1] == len(grid.times) - 1
    bar_times = grid.times[grid.starts]
    for time, position in beats:
        assert np.abs(grid.times - time).min() <= SAME_TIME
        if position == 1:
            assert np.abs(bar_times - time).min() <= SAME_TIME


@pytest.mark.parametrize(
    ("first", "position", "bars", "lines"),
    [
        (0.0, 1, ["4/4", "4/4", "4/4"], [0, 0.5, 1]),
        (0.001, 1, ["4/4", "4/4", "4/4"], [0, 0.501, 1.001]),
        (0.003, 1, ["1/64", "4/4", "4/4"], [0, 0.003, 0.503]),
        (0.1, 1, ["1/16", "4/4", "4/4"], [0, 0.1, 0.6]),
        (0.1, 3, ["1/16", "2/4", "4/4"], [0, 0.1, 0.6]),
        (0.3, 1, ["1/4", "4/4", "4/4"], [0, 0.3, 0.8]),
        (0.7, 1, ["1/4", "4/4", "4/4"], [0, 0.7, 1.2]),
        (0.8, 1, ["2/4", "4/4", "4/4"], [0, 0.3, 0.8]),
        (0.8, 3, ["4/4", "4/4", "4/4"], [0, 0.3, 0.8]),
        (3.0, 1, ["2/4", "4/4", "4/4"], [0, 0.5, 1]),
    ],
)
def test_the_start_of_a_song(
    first: float, position: int, bars: list[str], lines: list[float]
) -> None:
    beats = beats_from(first, position)
    grid = bar_grid(beats, 12.0)
    assert signatures(grid) == bars
    assert grid.times[:3].tolist() == pytest.approx(lines)
    assert_follows(grid, beats, 12.0)


def test_the_last_bar_is_complete() -> None:
    grid = bar_grid(beats_from(0.0, 1, count=10), 6.2)
    assert grid.times[-1] == 8.0
    assert grid.bars == 4


def test_few_beats() -> None:
    assert bar_grid(np.zeros((0, 2)), 3.0).times.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]
    one = bar_grid(np.array([[1.0, 1.0]]), 3.0)
    assert_follows(one, np.array([[1.0, 1.0]]), 3.0)


def test_a_pause_is_filled_and_bars_go_on() -> None:
    beats = np.concatenate([beats_from(0.0, 1, 8), beats_from(14.0, 1, 8)])
    grid = bar_grid(beats, 18.0)
    assert_follows(grid, beats, 18.0)
    assert np.diff(grid.times) == pytest.approx(0.5)
    assert set(signatures(grid, grid.bars)) == {"4/4"}


def test_beats_without_downbeats_have_bars() -> None:
    beats = np.stack([np.arange(40) / 2, np.arange(40) + 2.0], axis=1)
    grid = bar_grid(beats, 20.0)
    assert_follows(grid, beats, 20.0)
    assert max(np.diff(grid.starts)) <= 16


@given(
    first=st.floats(0, 10),
    intervals=st.lists(st.floats(0.1, 8), min_size=0, max_size=30),
    positions=st.lists(st.integers(1, 5), min_size=31, max_size=31),
    rest=st.floats(0, 5),
)
def test_any_beats_are_followed(
    first: float, intervals: list[float], positions: list[int], rest: float
) -> None:
    times = first + np.concatenate([[0.0], np.cumsum(intervals)])
    beats = np.stack([times, positions[: len(times)]], axis=1)
    seconds = times[-1] + rest
    grid = bar_grid(beats, seconds)
    assert_follows(grid, beats, seconds)
    assert np.diff(grid.times).max() <= 1.5 * LONGEST_INTERVAL + 1e-9
    moments = np.linspace(0, seconds, 50)
    assert grid.seconds(grid.to_quarters(moments)) == pytest.approx(moments, abs=1e-9)


def test_positions_are_the_nearest_sixteenths_and_triplets() -> None:
    grid = bar_grid(regular_beats(120, 3, 0.0, 6.0), 6.0)
    times = np.array([0.01, 0.12, 0.17, 1.36, 1.49, 5.99, 6.0])
    assert grid.places(times) == [
        (1, Fraction(1)),
        (1, Fraction(5, 4)),
        (1, Fraction(4, 3)),
        (1, Fraction(15, 4)),
        (2, Fraction(1)),  # just before the downbeat
        (4, Fraction(15, 4)),  # nothing comes after the last bar
        (4, Fraction(15, 4)),
    ]


def test_positions_have_times() -> None:
    grid = bar_grid(beats_from(0.8, 1), 8.0)
    assert grid.place_time(2, Fraction(1)) == pytest.approx(0.8)
    assert grid.place_time(2, Fraction(11, 4)) == pytest.approx(0.8 + 0.875)
    assert grid.bar_time(3) == pytest.approx(2.8)


@pytest.mark.parametrize(
    ("bar", "position", "reason"),
    [
        (0, Fraction(1), "bar 0 does not exist: the song has the bars 1 to 5"),
        (6, Fraction(1), "bar 6 does not exist"),
        (2, Fraction(5), "bar 2 has 4 beats, so its positions are 1 to below 5, not 5"),
        (2, Fraction(1, 2), "not 0.5"),
    ],
)
def test_positions_outside_the_song(bar: int, position: Fraction, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        bar_grid(beats_from(0.8, 1), 8.0).place_time(bar, position)
