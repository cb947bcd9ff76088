"""Features of windows: means of seconds, and correlations of onsets."""

import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.style_windows import band_flux, drum_windows, pair_windows
from tests.evaluation.helpers.corpus import clicks, level_features

TIMES = np.array([0.2, 0.6, 1.1, 1.35, 2.0, 2.9, 3.3, 3.75])


def test_drum_windows_are_the_means_of_seconds() -> None:
    audio = np.concatenate([np.full(SAMPLE_RATE, level) for level in (0.1, 0.4, 0.2)])
    windows = drum_windows(audio[: round(2.9 * SAMPLE_RATE)], level_features)
    np.testing.assert_allclose(windows, [[0.1], [0.4]], atol=1e-6)
    short = drum_windows(audio[: SAMPLE_RATE // 2], level_features)
    np.testing.assert_allclose(short, [[0.1]], atol=1e-6)


def test_flux_is_at_the_onsets() -> None:
    flux = band_flux(clicks(4, TIMES)).mean(axis=1)
    assert len(flux) == 400
    peaks = np.flatnonzero((flux[1:-1] > flux[:-2]) & (flux[1:-1] > flux[2:]) & (flux[1:-1] > 0.01))
    np.testing.assert_allclose((peaks + 1.5) / 100, TIMES, atol=0.02)
    assert not band_flux(np.zeros(SAMPLE_RATE)).any()


def test_pairs_correlate_less_the_later_the_drums_are() -> None:
    recording = clicks(8, np.concatenate([TIMES, TIMES + 4]))
    together = []
    for late in (0.0, 0.02, 0.04, 0.08):
        drums = clicks(8, np.concatenate([TIMES, TIMES + 4]) + late)
        windows = pair_windows(recording, drums)
        assert windows.shape == (2, 64)
        together.append(windows.mean())
    assert together == sorted(together, reverse=True)
    assert together[0] > 0.8
    assert together[-1] < 0


def test_silent_drums_correlate_with_nothing() -> None:
    windows = pair_windows(clicks(4, TIMES), np.zeros(4 * SAMPLE_RATE, np.float32))
    assert np.abs(windows).max() == 0


@pytest.mark.parametrize("samples", [10, SAMPLE_RATE])
def test_short_pairs_have_one_window(samples: int) -> None:
    assert pair_windows(clicks(4, TIMES), np.zeros(samples, np.float32)).shape == (1, 64)
