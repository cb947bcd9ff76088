"""Mono signals: the mean of the channels, or half the difference of two that cancel each other.

Two channels of opposite polarity, as in backing tracks whose singer was cancelled, have a mean of
nothing. Their difference has the whole recording.
"""

import math
from typing import Literal, NamedTuple

import numpy as np

Mono = Literal["mid", "side"]
MONO: tuple[Mono, ...] = ("mid", "side")
_LEAST_ENERGY = 1e-20  # of digital silence


class MonoChoice(NamedTuple):
    """The mono signal that represents a recording.

    Attributes:
        mono: mid: the mean of the channels. side: half the difference of two channels.
        loss_db: energy that the mean loses, relative to the mean energy of the channels, decibels;
            at least 0.
    """

    mono: Mono
    loss_db: float

    def note(self, limit: str) -> str:
        """What the mean loses, and which signal is used instead. `limit`: the limit, in words."""
        used = "half their difference" if self.mono == "side" else "the mean"
        return (
            f"the mean of the channels loses {self.loss_db:.1f} dB, more than {limit}; "
            f"{used} is used"
        )


def to_mono(chunk: np.ndarray, mono: str) -> np.ndarray:
    """One channel of a recording.

    Args:
        chunk: (n, channels) float32.
        mono: see `MonoChoice`.

    Returns:
        (n,) float32.
    """
    if mono == "side":
        half: np.ndarray = (chunk[:, 0] - chunk[:, 1]) * np.float32(0.5)
        return half
    mean: np.ndarray = chunk.mean(axis=1, dtype=np.float32)
    return mean


def energy_of(chunk: np.ndarray) -> float:
    """Mean of the energies of the channels (n, channels)."""
    return float(np.square(chunk, dtype=np.float64).sum() / chunk.shape[1])


def choose_mono(energy: float, energy_of_mean: float, has_side: bool, limit: float) -> MonoChoice:
    """Choose the side signal if the mean of the channels loses too much energy, else the mean.

    Args:
        energy: of the whole recording, as `energy_of`.
        energy_of_mean: of the mean of its channels.
        has_side: whether there are two channels, so that there is a side signal.
        limit: the most that the mean may lose, decibels.
    """
    ratio = max(energy, _LEAST_ENERGY) / max(energy_of_mean, _LEAST_ENERGY)
    loss = max(0.0, 10 * math.log10(ratio))  # rounding
    return MonoChoice("side" if has_side and loss > limit else "mid", loss)


def mono_signal(channels: np.ndarray, limit: float) -> tuple[np.ndarray, MonoChoice]:
    """The mono signal of a whole recording.

    Args:
        channels: (N, channels) float32.
        limit: see `choose_mono`.

    Returns:
        (N,) float32, and which signal it is.
    """
    mean = to_mono(channels, "mid")
    of_mean = energy_of(mean[:, None])
    choice = choose_mono(energy_of(channels), of_mean, channels.shape[1] == 2, limit)
    return mean if choice.mono == "mid" else to_mono(channels, "side"), choice
