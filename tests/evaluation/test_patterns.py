"""Similarity, fills and repetition of bar patterns."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.evaluation.bar_patterns import bar_patterns
from jukedrummer.evaluation.patterns import (
    fill_scores,
    find_fills,
    halves,
    loop_share,
    pattern_similarity,
)
from jukedrummer.model.pieces import VOICES
from tests.evaluation.helpers.drums import FILL, GROOVE, beats_of_bars, moved, strokes_of

Bars = list[np.ndarray]


def bars_of(*grids: dict[str, str], late: float = 0.0) -> Bars:
    return bar_patterns(moved(strokes_of(*grids), late), beats_of_bars(len(grids)), 4)


def random_bars(seed: int, count: int, density: float = 0.3) -> Bars:
    random = np.random.default_rng(seed)
    return [random.random((len(VOICES), 16)) < density for _ in range(count)]


def slow_similarity(played: np.ndarray, real: np.ndarray) -> float:
    """The sum of the voices' correlations, by the root of how many voices each track has."""
    varying = [[len(set(line)) > 1 for line in pattern] for pattern in (played, real)]
    if not any(varying[0]) and not any(varying[1]):
        return math.nan
    if not any(varying[0]) or not any(varying[1]):
        return 0.0
    total = sum(
        float(np.corrcoef(a, b)[0, 1])
        for a, b, first, second in zip(played, real, *varying, strict=True)
        if first and second
    )
    return total / math.sqrt(sum(varying[0]) * sum(varying[1]))


@given(st.integers(0, 10_000), st.sampled_from((0.02, 0.3, 0.8)))
def test_similarity_is_the_mean_correlation_of_the_voices(seed: int, density: float) -> None:
    played, real = random_bars(seed, 3, density), random_bars(seed + 1, 3)
    expected = [slow_similarity(*pair) for pair in zip(played, real, strict=True)]
    np.testing.assert_allclose(pattern_similarity(played, real), expected, atol=1e-9)
    np.testing.assert_allclose(pattern_similarity(real, played), expected, atol=1e-9)
    np.testing.assert_allclose(pattern_similarity(real, real), 1)


def test_unrelated_drums_have_no_similarity_at_any_density() -> None:
    for density in (0.1, 0.5, 0.9):
        values = pattern_similarity(random_bars(1, 2_000, density), random_bars(2, 2_000))
        assert abs(np.nanmean(values)) < 0.02


def test_late_drums_have_the_same_pattern_and_a_shifted_beat_another() -> None:
    real = bars_of(GROOVE, GROOVE, GROOVE)
    assert pattern_similarity(bars_of(GROOVE, GROOVE, GROOVE, late=0.03), real) == pytest.approx(1)
    late = pattern_similarity(bars_of(GROOVE, GROOVE, GROOVE, late=0.6), real)
    assert late.max() < 0.5  # the hats still fit
    assert late.mean() > -0.5


def test_a_missing_voice_costs_and_a_voice_that_is_everywhere_does_not_count() -> None:
    without_hats = {name: GROOVE[name] for name in ("kick", "snare")}
    similarity = pattern_similarity(bars_of(without_hats), bars_of(GROOVE))
    assert similarity == pytest.approx(math.sqrt(2 / 3))
    ride = {**GROOVE, "ride": "x" * 16}
    assert pattern_similarity(bars_of(ride), bars_of(GROOVE)) == pytest.approx(1)
    empty = np.zeros_like(bars_of(GROOVE))
    assert pattern_similarity(list(empty), bars_of(GROOVE)) == [0]
    assert np.isnan(pattern_similarity(list(empty), list(empty))).all()


def test_fills_have_more_snare_or_toms_than_the_typical_bar() -> None:
    grids = [GROOVE, GROOVE, GROOVE, FILL, GROOVE, GROOVE, {"kick": "x" + "." * 15}, FILL]
    assert find_fills(bars_of(*grids)).tolist() == [grid is FILL for grid in grids]
    roll = {**GROOVE, "snare": "x.x.x.x.x.x.x.x."}
    assert find_fills(bars_of(GROOVE, roll, GROOVE, GROOVE)).tolist() == [False, True, False, False]
    assert not find_fills(bars_of(roll, roll, roll, roll)).any()
    assert not find_fills(bars_of(FILL, FILL, FILL, FILL)).any()
    assert len(find_fills([])) == 0


def test_fills_are_recalled_bar_by_bar() -> None:
    real = bars_of(*(3 * [GROOVE] + [FILL]) * 2)
    early = bars_of(*(2 * [GROOVE] + [FILL] + [GROOVE]), *(3 * [GROOVE] + [FILL]))
    plain = bars_of(*8 * [GROOVE])
    assert fill_scores(real, real) == (1, 1)
    assert fill_scores(early, real) == (0.5, 0.5)
    recall, precision = fill_scores(plain, real)
    assert recall == 0
    assert math.isnan(precision)
    recall, precision = fill_scores(real, plain)
    assert math.isnan(recall)
    assert precision == 0
    assert all(map(math.isnan, fill_scores(real[:3], real[:3])))


def test_a_loop_is_the_longest_run_of_equal_bars() -> None:
    other = {**GROOVE, "kick": "..x..x..x..x..x.", "snare": "x...x...x...x..."}
    assert loop_share(bars_of(*8 * [GROOVE])) == 1
    assert loop_share(bars_of(*4 * [GROOVE, other])) == 1 / 8
    assert loop_share(bars_of(other, *3 * [GROOVE], other, GROOVE)) == 1 / 2
    # One stroke more or less is the same bar.
    nearly = {**GROOVE, "kick": "x.......x......."}
    assert loop_share(bars_of(GROOVE, nearly, GROOVE, nearly)) == 1
    empty = [np.zeros((len(VOICES), 16), bool)] * 3
    assert math.isnan(loop_share(empty))
    assert loop_share([*empty, *bars_of(GROOVE)]) == 1 / 4
    waltz = [bar[:, :12] for bar in bars_of(GROOVE)]
    assert loop_share([*waltz, *bars_of(GROOVE)]) == 1 / 2


@given(st.integers(0, 500), st.integers(1, 9))
def test_the_longest_loop_is_that_of_a_slow_search(seed: int, count: int) -> None:
    kinds = random_bars(7, 3, 0.5)
    order = np.random.default_rng(seed).integers(0, 3, count)
    runs = [
        end - start
        for start in range(count)
        for end in range(start + 1, count + 1)
        if len(set(order[start:end])) == 1
    ]
    assert loop_share([kinds[kind] for kind in order]) == max(runs) / count


def test_halves_leave_out_the_middle() -> None:
    for count, first, second in ((4, [0, 1], [2, 3]), (5, [0, 1], [3, 4]), (1, [], [])):
        values = halves(np.arange(count))
        assert [part.tolist() for part in values] == [first, second]
