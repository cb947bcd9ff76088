"""Strokes compared with real strokes, with the bass and with the grid, against slow references."""

import math

import numpy as np
import pytest
from hypothesis import given

from jukedrummer.evaluation.playing import (
    piece_f1s,
    share_covered,
    share_met,
    stroke_f1,
    timing,
)
from jukedrummer.model.drum_score import Strokes
from tests.evaluation.helpers.drums import (
    BPM,
    GROOVE,
    beats_of_bars,
    moved,
    random_strokes,
    strokes_of,
)
from tests.evaluation.helpers.times import seconds

NONE = np.zeros(0)


def slow_hits(real: np.ndarray, played: np.ndarray, window: float) -> int:
    """A greedy matching in order of time, which is the largest for windows of one width."""
    hits, place = 0, 0
    for time in real:
        while place < len(played) and played[place] < time - window:
            place += 1
        if place < len(played) and played[place] <= time + window:
            hits, place = hits + 1, place + 1
    return hits


@given(seconds, seconds)
def test_f1_is_that_of_the_largest_matching(real: np.ndarray, played: np.ndarray) -> None:
    value = stroke_f1(real, played, 0.25)
    if not len(real):
        assert math.isnan(value)
    else:
        hits = slow_hits(real, played, 0.25)
        assert value == pytest.approx(2 * hits / (len(real) + len(played)))
        assert stroke_f1(real, real) == 1


def test_each_piece_is_compared_with_its_own() -> None:
    real = strokes_of(GROOVE, GROOVE)
    assert piece_f1s(real, real) == {"kick": 1, "snare": 1, "hat": 1}
    assert piece_f1s(real, moved(real, 0.03)) == {"kick": 1, "snare": 1, "hat": 1}
    assert set(piece_f1s(real, moved(real, 0.06)).values()) == {0}
    swapped = {"kick": GROOVE["snare"], "snare": GROOVE["kick"], "open_hat": GROOVE["closed_hat"]}
    assert piece_f1s(real, strokes_of(swapped, swapped)) == {"kick": 0, "snare": 0, "hat": 1}
    plain = {name: GROOVE[name] for name in ("kick", "closed_hat")}
    assert math.isnan(piece_f1s(strokes_of(plain), real)["snare"])
    assert piece_f1s(real, strokes_of(plain, plain))["snare"] == 0


@given(seconds, seconds)
def test_the_share_that_is_met_is_that_of_a_slow_search(
    events: np.ndarray, others: np.ndarray
) -> None:
    value = share_met(events, others, 0.25)
    if not len(events):
        assert math.isnan(value)
    else:
        near = [any(abs(time - other) <= 0.25 for other in others) for time in events]
        assert value == np.mean(near)


@given(seconds)
def test_the_covered_share_is_that_of_many_times(others: np.ndarray) -> None:
    times = np.linspace(0, 30, 6_001)
    assert share_covered(others, 30.0, 0.25) == pytest.approx(
        np.nan_to_num(share_met(times, others, 0.25)), abs=0.02
    )


def test_timing_is_the_deviation_from_the_grid() -> None:
    strokes, beats = strokes_of(GROOVE, GROOVE), beats_of_bars(2)[:, 0]
    for late in (-0.02, 0.0, 0.013):
        assert timing(moved(strokes, late), beats, 4) == pytest.approx((1_000 * late, 0), abs=1e-6)
    spread = np.random.default_rng(0).normal(0.005, 0.01, len(strokes))
    loose = Strokes.sorted(strokes.times + spread, strokes.pieces, strokes.velocities)
    mean, deviation = timing(loose, beats, 4)
    inside = spread[(strokes.times + spread >= 0.5 - 0.075)]
    assert (mean, deviation) == pytest.approx((1e3 * inside.mean(), 1e3 * inside.std()))
    assert np.isnan(timing(Strokes(NONE, NONE.astype(int), NONE), beats, 4)).all()


def test_random_strokes_spread_evenly_over_the_grid() -> None:
    beats = beats_of_bars(40)
    mean, spread = timing(random_strokes(0, 5_000, beats[-1, 0]), beats[:, 0], 4)
    step = 15_000 / BPM
    assert abs(mean) < step / 30
    assert spread == pytest.approx(step / math.sqrt(12), rel=0.03)
