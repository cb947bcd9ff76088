"""Parts of sounds."""

import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.second_composer.synth.signals import (
    band,
    crushed,
    decay,
    falling_sine,
    in_room,
    resonances,
    saturated,
)


def loudest(wave: np.ndarray) -> float:
    """The frequency of the highest peak of the spectrum, hertz."""
    return float(np.abs(np.fft.rfft(wave)).argmax() * SAMPLE_RATE / len(wave))


def test_a_decay_is_60_decibels_in_its_time() -> None:
    assert decay(SAMPLE_RATE, 0.5)[SAMPLE_RATE // 2] == pytest.approx(1e-3, rel=1e-3)


def test_resonances_have_their_frequencies_levels_and_decays() -> None:
    wave = resonances(SAMPLE_RATE, np.array([440.0]), np.array([0.8]), np.array([0.5]))
    assert loudest(wave) == pytest.approx(440, abs=2)
    assert np.abs(wave[:200]).max() == pytest.approx(0.8, rel=0.05)
    assert np.abs(wave[SAMPLE_RATE // 2 :]).max() == pytest.approx(8e-4, rel=0.2)


def test_a_band_keeps_what_lies_in_it() -> None:
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    spectrum = np.abs(np.fft.rfft(band(noise, 1_000, 4_000, 4))) ** 2
    inside = spectrum[900:4_400].sum() / spectrum.sum()
    assert inside > 0.95
    assert band(noise, 0, 30_000) is noise


def test_a_sine_falls_to_its_last_pitch() -> None:
    wave = falling_sine(SAMPLE_RATE, 400, 100, 0.05)
    assert loudest(wave[SAMPLE_RATE // 2 :]) == pytest.approx(100, abs=3)
    assert loudest(wave[:1_000]) > 200


def test_saturation_bends_peaks_and_keeps_the_level() -> None:
    wave = np.sin(np.arange(SAMPLE_RATE) / 30)
    bent = saturated(wave, 5.0)
    assert np.abs(bent).max() == pytest.approx(1, rel=1e-3)
    assert np.sqrt((bent**2).mean()) > 1.2 * np.sqrt((wave**2).mean())


def test_few_bits_leave_few_values() -> None:
    wave = np.random.default_rng(0).uniform(-1, 1, 10_001)
    coarse = crushed(wave, 4, 2)
    assert len(coarse) == len(wave)
    assert len(set(coarse.tolist())) <= 17
    assert (coarse[:-1:2] == coarse[1::2]).all()


def test_a_room_follows_the_sound_that_it_does_not_move() -> None:
    wave = np.zeros(SAMPLE_RATE)
    wave[5_000] = 1.0
    sound = in_room(wave, np.random.default_rng(0), 0.4, 6_000, 0.5)
    assert np.abs(sound[:4_999]).max() < 1e-6
    assert np.abs(sound).argmax() == 5_000
    tail = np.sqrt((sound[5_010:] ** 2).sum())
    assert tail == pytest.approx(0.5, rel=0.05)
