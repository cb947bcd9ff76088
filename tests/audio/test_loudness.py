"""Loudness against the values of ITU-R BS.1770-4 and the test signals of EBU Tech 3341."""

import numpy as np
import pytest

from jukedrummer.audio.loudness import SILENT_LUFS, LoudnessMeter


def sine(level: float, seconds: float, rate: int = 48_000, hertz: float = 1_000.0) -> np.ndarray:
    """A sine in both channels: (n, 2), its peak in decibels of full scale."""
    time = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level / 20) * np.sin(2 * np.pi * hertz * time)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def lufs(audio: np.ndarray, rate: int = 48_000, size: int = 10_000) -> float:
    meter = LoudnessMeter(rate, audio.shape[1])
    for start in range(0, len(audio), size):
        meter.add(audio[start : start + size])
    return meter.lufs()


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_the_reference_sine_in_one_channel(rate: int) -> None:
    assert lufs(sine(0.0, 2.0, rate, 997.0)[:, :1], rate) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(-23.0, 20)], -23.0),
        ([(-33.0, 20)], -33.0),
        ([(-36.0, 10), (-23.0, 60), (-36.0, 10)], -23.0),
        ([(-72.0, 10), (-36.0, 10), (-23.0, 60), (-36.0, 10), (-72.0, 10)], -23.0),
        ([(-26.0, 20), (-20.0, 20.1), (-26.0, 20)], -23.0),
    ],
)
def test_the_signals_of_the_ebu(parts: list[tuple[float, float]], expected: float) -> None:
    audio = np.concatenate([sine(level, seconds) for level, seconds in parts])
    assert lufs(audio) == pytest.approx(expected, abs=0.1)


def test_low_frequencies_count_less_and_high_ones_more() -> None:
    levels = [lufs(sine(-20.0, 2.0, hertz=hertz)) for hertz in (40.0, 1_000.0, 8_000.0)]
    assert levels[0] < levels[1] - 3
    assert levels[2] == pytest.approx(levels[1] + 3.3, abs=0.3)


def test_chunks_do_not_matter() -> None:
    audio = np.random.default_rng(0).normal(0, 0.1, (48_000, 2))
    assert lufs(audio, size=777) == pytest.approx(lufs(audio, size=1 << 20), abs=1e-9)


def test_silence_and_short_recordings() -> None:
    assert lufs(np.zeros((48_000, 2))) == SILENT_LUFS
    assert lufs(sine(-90.0, 2.0)) == SILENT_LUFS
    assert lufs(sine(0.0, 0.3)) == SILENT_LUFS
