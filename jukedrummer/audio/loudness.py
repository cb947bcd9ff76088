"""Loudness in LUFS (ITU-R BS.1770-4): weighted by frequency, and silent parts are left out."""

import math

import numpy as np

BLOCK_PARTS = 4  # a block of 400 ms has four parts; blocks overlap by three of them
SILENT_LUFS = -70.0  # LUFS; quieter blocks are silence
RELATIVE_GATE = -10.0  # blocks this far below the mean of the others are left out, decibels
OFFSET = -0.691  # makes a sine of 997 Hz at full scale in one channel -3.01 LUFS


class LoudnessMeter:
    """Measures a recording that arrives in chunks, in memory that grows by 80 bytes a second.

    All channels have the same weight: surround channels are not raised.

    Args:
        rate: samples a second.
        channels: number of channels.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._sections = _weighting(rate)
        self._state = np.zeros((len(self._sections), 2, channels))
        self._part = max(1, round(rate / 10))  # samples
        self._rest = np.zeros(0)
        self._powers: list[np.ndarray] = []

    def add(self, chunk: np.ndarray) -> None:
        """Measure the next chunk: (n, channels)."""
        from scipy.signal import sosfilt

        weighted, self._state = sosfilt(self._sections, chunk, axis=0, zi=self._state)
        power = np.concatenate([self._rest, np.einsum("nc,nc->n", weighted, weighted)])
        whole = len(power) // self._part * self._part
        self._powers.append(power[:whole].reshape(-1, self._part).mean(1))
        self._rest = power[whole:]

    def lufs(self) -> float:
        """The integrated loudness. -70 if nothing is louder, or there are less than 400 ms."""
        parts = np.concatenate([np.zeros(0), *self._powers])
        if len(parts) < BLOCK_PARTS:
            return SILENT_LUFS
        blocks = np.convolve(parts, np.full(BLOCK_PARTS, 1 / BLOCK_PARTS), "valid")
        audible = blocks[blocks > _power(SILENT_LUFS)]
        if len(audible) == 0:
            return SILENT_LUFS
        gate = _power(_level(audible.mean()) + RELATIVE_GATE)
        return _level(audible[audible > gate].mean())


def _level(power: float) -> float:
    return OFFSET + 10 * math.log10(power)


def _power(level: float) -> float:
    return float(10 ** ((level - OFFSET) / 10))


def _weighting(rate: int) -> np.ndarray:
    """The K weighting for any rate, as sections (2, 6): a shelf for the head, and a high-pass.

    The constants are those of the analogue filters from which the standard's coefficients for
    48 kHz were made.
    """
    quality, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    k = math.tan(math.pi * min(1681.974450955533 / rate, 0.45))
    scale, poles = _poles(k, quality)
    shelf = (
        (high + middle * k / quality + k**2) / scale,
        2 * (k**2 - high) / scale,
        (high - middle * k / quality + k**2) / scale,
    )
    _, slow_poles = _poles(math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773)
    return np.array([(*shelf, *poles), (1.0, -2.0, 1.0, *slow_poles)])


def _poles(k: float, quality: float) -> tuple[float, tuple[float, float, float]]:
    # The divisor of the coefficients, and those of the denominator.
    scale = 1 + k / quality + k**2
    return scale, (1.0, 2 * (k**2 - 1) / scale, (1 - k / quality + k**2) / scale)
