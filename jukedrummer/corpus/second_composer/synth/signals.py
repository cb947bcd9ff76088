"""Parts of sounds: noise, decays, filters, resonances, rooms."""

from functools import lru_cache

import numpy as np
from scipy.signal import butter, lfilter, oaconvolve, sosfilt

from jukedrummer.config import SAMPLE_RATE

TOP_EDGE = 20_000.0
"""Hertz. Filters have no edge above this."""


def sample_times(samples: int) -> np.ndarray:
    """Seconds of each sample, (samples,)."""
    return np.arange(samples) / SAMPLE_RATE


def decay(samples: int, t60: float) -> np.ndarray:
    """An envelope (samples,) that falls by 60 dB in `t60` seconds."""
    return np.exp(-6.9078 / t60 * sample_times(samples))


def swell(samples: int, attack: float, release: float) -> np.ndarray:
    """An envelope (samples,): a rise in `attack` seconds, a fall in the last `release` seconds."""
    t = sample_times(samples)
    rise = 1 - np.exp(-3 * t / attack)
    envelope: np.ndarray = rise * np.clip((t[-1] - t) / release, 0, 1)
    return envelope


@lru_cache(maxsize=256)
def _sections(kind: str, low: float, high: float, order: int) -> np.ndarray:
    edges = {"lowpass": high, "highpass": low}.get(kind, (low, high))
    sections: np.ndarray = butter(order, edges, kind, fs=SAMPLE_RATE, output="sos")
    return sections


def band(wave: np.ndarray, low: float = 0.0, high: float = TOP_EDGE, order: int = 2) -> np.ndarray:
    """Keep what lies between two frequencies, hertz. 0 and `TOP_EDGE` or more are no edges."""
    has_low, has_high = low > 0, high < TOP_EDGE
    if not has_low and not has_high:
        return wave
    kind = "bandpass" if has_low and has_high else "highpass" if has_low else "lowpass"
    filtered: np.ndarray = sosfilt(_sections(kind, round(low, 1), round(high, 1), order), wave)
    return filtered


def burst(
    random: np.random.Generator, samples: int, limits: tuple[float, float], t60: float
) -> np.ndarray:
    """Noise (samples,) between two frequencies, hertz, that falls by 60 dB in `t60` seconds."""
    sound: np.ndarray = band(random.standard_normal(samples), *limits) * decay(samples, t60)
    return sound


def falling_sine(samples: int, start: float, end: float, seconds: float) -> np.ndarray:
    """A sine (samples,) whose pitch falls from `start` to `end` hertz with a time constant."""
    t = sample_times(samples)
    cycles = end * t + (start - end) * seconds * (1 - np.exp(-t / seconds))
    return np.sin(2 * np.pi * cycles)


def resonances(samples: int, hertz: np.ndarray, levels: np.ndarray, t60: np.ndarray) -> np.ndarray:
    """The sum (samples,) of decaying sines: frequency, level and decay of each, (n,)."""
    impulse = np.zeros(samples)
    impulse[0] = 1.0
    total = np.zeros(samples)
    for frequency, level, length in zip(hertz, levels, t60, strict=True):
        radius = np.exp(-6.9078 / (length * SAMPLE_RATE))
        angle = 2 * np.pi * frequency / SAMPLE_RATE
        below = [1.0, -2 * radius * np.cos(angle), radius**2]
        lasting = min(samples, int(1.2 * length * SAMPLE_RATE))  # to -72 dB
        above = [0.0, level * radius * np.sin(angle)]
        total[:lasting] += lfilter(above, below, impulse[:lasting])
    return total


def crushed(wave: np.ndarray, bits: int, hold: int) -> np.ndarray:
    """A wave with few bits, each sample held for `hold` samples."""
    peak = np.abs(wave).max() or 1.0
    scale = 2 ** (bits - 1) / peak
    coarse = np.rint(wave * scale) / scale
    held: np.ndarray = np.repeat(coarse[::hold], hold)[: len(wave)]
    return held


def saturated(wave: np.ndarray, drive: float) -> np.ndarray:
    """A wave with its peaks bent. `drive` multiplies its peak before a tanh."""
    peak = np.abs(wave).max() or 1.0
    bent: np.ndarray = np.tanh(wave / peak * drive) * peak / np.tanh(drive)
    return bent


def in_room(
    wave: np.ndarray, random: np.random.Generator, seconds: float, high: float, level: float
) -> np.ndarray:
    """A wave with its room.

    Args:
        wave: (samples,).
        random: decides the reflections.
        seconds: time in which the room falls by 60 dB.
        high: highest frequency of the reflections, hertz.
        level: energy of the room relative to that of the wave, as an amplitude.
    """
    length = int(seconds * SAMPLE_RATE)
    response = random.standard_normal(length) * decay(length, seconds)
    response = band(response, 150.0, high)
    response[: int(0.004 * SAMPLE_RATE)] = 0.0
    response *= level / np.sqrt((response**2).sum())
    response[0] = 1.0
    sound: np.ndarray = oaconvolve(wave.astype(np.float32), response.astype(np.float32))
    return sound[: len(wave)].astype(np.float64)
