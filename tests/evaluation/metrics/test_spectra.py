"""Distances of spectra with a known difference."""

import numpy as np
import pytest

from jukedrummer.evaluation.metrics.spectra import spectral_distance


def test_spectral_distance() -> None:
    random = np.random.default_rng(0)
    noise = random.uniform(-0.5, 0.5, 20_000).astype(np.float32)
    same = spectral_distance(noise, noise)
    assert (same.stft, same.mel) == (0, 0)
    half = spectral_distance(noise, noise / 2)  # 6.02 dB everywhere above the floor
    assert half.stft == pytest.approx(6.02, abs=0.05)
    assert half.mel == pytest.approx(6.02, abs=0.05)
    other = np.roll(noise, 5_000) * 0.1
    there, back = spectral_distance(noise, other), spectral_distance(other, noise)
    assert there.stft == pytest.approx(back.stft)
    with pytest.raises(ValueError, match="cut them to one length"):
        spectral_distance(noise, noise[1:])
