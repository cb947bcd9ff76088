"""Mono signals: nothing vanishes because two channels have opposite polarity."""

import numpy as np
import pytest

from jukedrummer.audio.mono import mono_signal, to_mono

LIMIT = 10.0  # dB


def noise(seed: int) -> np.ndarray:
    """(N,) float32."""
    return np.random.default_rng(seed).uniform(-0.5, 0.5, 20_000).astype(np.float32)


@pytest.mark.parametrize("gain", [1.0, 0.5, 0.0, -0.4])
def test_usual_recordings_become_the_mean(gain: float) -> None:
    channels = np.stack([noise(0), gain * noise(0) + 0.1 * noise(1)], axis=1)
    mono, choice = mono_signal(channels, LIMIT)
    np.testing.assert_array_equal(mono, channels.mean(axis=1, dtype=np.float32))
    assert choice.mono == "mid"
    assert choice.loss_db < LIMIT


def test_opposite_channels_become_half_their_difference() -> None:
    channels = np.stack([noise(0), -noise(0)], axis=1)
    mono, choice = mono_signal(channels, LIMIT)
    np.testing.assert_allclose(mono, noise(0), atol=1e-6)
    assert choice.mono == "side"
    assert choice.loss_db > 100
    assert "10 dB; half their difference is used" in choice.note("10 dB")


def test_the_loss_is_the_energy_that_the_mean_lacks() -> None:
    # Left a + b, right b - a: the mean is b, half the difference is a.
    side, mid = noise(0), noise(1) * np.float32(0.2)
    channels = np.stack([mid + side, mid - side], axis=1)
    _, choice = mono_signal(channels, LIMIT)
    expected = 10 * np.log10((np.square(side).sum() + np.square(mid).sum()) / np.square(mid).sum())
    assert choice.loss_db == pytest.approx(expected, abs=0.1)
    np.testing.assert_allclose(to_mono(channels, "side"), side, atol=1e-6)


def test_three_channels_have_no_difference_and_silence_loses_nothing() -> None:
    channels = np.stack([noise(0), -noise(0), np.zeros_like(noise(0))], axis=1)
    _, choice = mono_signal(channels, LIMIT)
    assert choice.mono == "mid"
    assert "the mean is used" in choice.note("10 dB")
    assert mono_signal(np.zeros((100, 2), np.float32), LIMIT)[1] == ("mid", 0.0)
