"""Onsets of synthetic drums are found, and silence has none."""

import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.onsets import detect_onsets


def struck(sound: str, times: np.ndarray, noise: float, seed: int = 0) -> np.ndarray:
    """Strokes of different loudness with background noise, (N,) float32."""
    random = np.random.default_rng(seed)
    t = np.arange(int(0.3 * SAMPLE_RATE)) / SAMPLE_RATE
    audio = noise * random.standard_normal(int((times[-1] + 1) * SAMPLE_RATE))
    for time in times:
        hit = {
            "click": (t < 0.001) * 1.0,
            "hat": 0.3 * random.standard_normal(len(t)) * np.exp(-t / 0.01),
            "snare": (0.2 * random.standard_normal(len(t)) + 0.4 * np.sin(2 * np.pi * 190 * t))
            * np.exp(-t / 0.06),
            "kick": 0.8
            * np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-t / 0.03))))
            * np.exp(-t / 0.12),
            "crash": 0.2 * random.standard_normal(len(t)) * np.exp(-t / 0.5),
        }[sound]
        start = round(time * SAMPLE_RATE)
        audio[start : start + len(t)] += hit * random.uniform(0.3, 1)
    return (audio / max(1.0, np.abs(audio).max())).astype(np.float32)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
@pytest.mark.parametrize("sound", ["click", "hat", "snare", "kick", "crash"])
def test_onsets_are_found_within_5_ms(sound: str, noise: float) -> None:
    times = np.arange(0.0, 10, 0.37) + np.random.default_rng(1).uniform(0.1, 0.2, 28)
    onsets = detect_onsets(struck(sound, times, noise))
    assert len(onsets) == len(times)
    assert np.abs(onsets - times).max() < 0.005


def test_onsets_on_the_first_sample_and_close_together() -> None:
    audio = np.zeros(SAMPLE_RATE, np.float32)
    times = np.array([0, 0.05, 0.1, 0.15, 0.5])
    for time in times:
        audio[round(time * SAMPLE_RATE) :][:44] = 0.5
    np.testing.assert_allclose(detect_onsets(audio), times, atol=0.005)


@pytest.mark.parametrize(
    "audio", [np.zeros(0), np.zeros(100), np.zeros(SAMPLE_RATE), np.full(9_999, 5e-4)]
)
def test_silence_has_no_onsets(audio: np.ndarray) -> None:
    assert len(detect_onsets(audio.astype(np.float32))) == 0


def test_a_steady_hum_has_hardly_any_onset() -> None:
    hum = 0.5 * np.sin(2 * np.pi * 110 * np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE)
    assert len(detect_onsets(hum.astype(np.float32))) <= 1  # that it starts
