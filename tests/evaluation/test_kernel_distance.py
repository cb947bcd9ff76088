"""Kernel distance and prompt adherence of songs whose distances are known."""

import math

import numpy as np
import pytest

from jukedrummer.evaluation.kernel_distance import (
    Kernel,
    feature_spread,
    fit_kernel,
    kernel_distance,
    prompt_adherence,
)

RESAMPLES = 200
SONGS = 12


def songs_of(seed: int, mean: float = 0.0, songs: int = SONGS) -> list[np.ndarray]:
    """Songs of 10 to 14 windows, with three normal features."""
    random = np.random.default_rng(seed)
    return [random.normal(mean, 1, (10 + index % 5, 3)) for index in range(songs)]


def slow_distance(first: list[np.ndarray], second: list[np.ndarray], kernel: Kernel) -> float:
    """The unbiased estimate of Gretton et al., with songs as samples, pair by pair."""

    def of(one: np.ndarray, other: np.ndarray) -> float:
        values = [
            math.exp(-((a - b) ** 2).sum() / (2 * kernel.width**2)) for a in one for b in other
        ]
        return sum(values) / len(values)

    x, y = kernel.standardise(first), kernel.standardise(second)
    places = [(i, j) for i in range(len(x)) for j in range(len(x)) if i != j]
    terms = [of(x[i], x[j]) + of(y[i], y[j]) - of(x[i], y[j]) - of(x[j], y[i]) for i, j in places]
    return sum(terms) / len(terms)


def test_the_distance_is_that_of_the_definition() -> None:
    first, second = songs_of(0, songs=4), songs_of(1, mean=0.5, songs=4)
    kernel = fit_kernel(second)
    result = kernel_distance(first, second, kernel, RESAMPLES)
    assert result.mean == pytest.approx(slow_distance(first, second, kernel))
    assert result.low <= result.mean <= result.high
    assert result.n == 4


def test_the_distance_grows_with_the_difference_and_is_0_without() -> None:
    real = songs_of(0)
    kernel = fit_kernel(real)

    def distance(songs: list[np.ndarray]) -> float:
        return kernel_distance(songs, real, kernel, RESAMPLES).mean

    assert distance(real) == pytest.approx(0, abs=1e-12)
    assert abs(distance(songs_of(1))) < 0.02  # other songs of the same distribution
    differing = [distance(songs_of(1, mean)) for mean in (0.25, 0.5, 1.0, 3.0, 100.0)]
    assert differing == sorted(differing)
    assert 0.005 < differing[0] < differing[-1] < 2


def test_features_are_compared_on_the_scale_of_the_real_songs() -> None:
    real, played = songs_of(0), songs_of(1, 0.5)
    scale = np.array([1.0, 1_000.0, 0.01])
    values = [
        kernel_distance(first, second, fit_kernel(second), RESAMPLES).mean
        for first, second in (
            (played, real),
            ([song * scale + 7 for song in played], [song * scale + 7 for song in real]),
        )
    ]
    assert values[0] == pytest.approx(values[1])


def test_adherence_is_the_share_of_songs_with_their_own_drums() -> None:
    real, shuffled = songs_of(0), songs_of(1, mean=2.0)
    kernel = fit_kernel([*real, *shuffled])
    shares = []
    for right in (0, 3, 6, 9, SONGS):
        played = real[:right] + shuffled[right:]
        result = prompt_adherence(played, real, shuffled, kernel, RESAMPLES)
        assert 0 <= result.low <= result.mean <= result.high <= 1
        shares.append(result.mean)
    assert shares == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.05)


def test_adherence_is_between_0_and_1() -> None:
    real, shuffled = songs_of(0), songs_of(1, mean=1.0)
    kernel = fit_kernel([*real, *shuffled])
    for mean, expected in ((-0.5, 1), (1.5, 0)):  # beyond the real and the shuffled songs
        result = prompt_adherence(songs_of(2, mean), real, shuffled, kernel, RESAMPLES)
        assert result.mean == expected


def test_adherence_is_unknown_if_real_and_shuffled_songs_do_not_differ() -> None:
    real = songs_of(0)
    result = prompt_adherence(songs_of(1), real, real, fit_kernel(real), RESAMPLES)
    assert math.isnan(result.mean)


@pytest.mark.parametrize("songs", [0, 1])
def test_one_song_is_too_few(songs: int) -> None:
    real, kernel = songs_of(0, songs=songs), fit_kernel(songs_of(0))
    for result in (
        kernel_distance(real, real, kernel, RESAMPLES),
        prompt_adherence(real, real, real, kernel, RESAMPLES),
    ):
        assert math.isnan(result.mean)
        assert result.n == songs


def test_windows_are_spread_over_the_song() -> None:
    windows = np.arange(100)[:, None]
    np.testing.assert_array_equal(feature_spread(windows, 4)[:, 0], [0, 33, 66, 99])
    assert feature_spread(windows, 100) is windows


def test_constant_features_and_a_single_window_are_no_error() -> None:
    constant = [np.ones((1, 2)), np.ones((1, 2))]
    result = kernel_distance(constant, constant, fit_kernel(constant), RESAMPLES)
    assert result.mean == 0
