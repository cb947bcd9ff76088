"""Compares the sum of a song's stems with the mixture that belongs to them."""

from typing import NamedTuple

import numpy as np

from jukedrummer.config import SAMPLE_RATE

DECIMATION = 16  # offsets are measured at 2,756 Hz
BLOCK = 4_096  # decimated samples, 1.5 s: offsets of up to this length are found
CLEAR_PEAK = 1.5  # the peak of a correlation is this many times higher than all others
PEAK_WIDTH = 8  # decimated samples on each side that belong to the peak


class Offset(NamedTuple):
    """The offset of a recording in the mixture.

    Attributes:
        milliseconds: delay in the mixture against the recording itself.
        inverted: whether the polarity is inverted in the mixture.
    """

    milliseconds: float
    inverted: bool


class MixtureFit:
    """How well a gain turns the sum of the stems into the mixture: sums of products."""

    def __init__(self) -> None:
        self._products = np.zeros((2, 2))

    def add(self, total: np.ndarray, mixture: np.ndarray) -> None:
        """Add chunks of the sum of the stems and of the mixture, (n, channels) each."""
        both = np.stack([signal.astype(np.float64).ravel() for signal in (total, mixture)])
        self._products += both @ both.T

    def finish(self) -> tuple[float, float] | None:
        """The gain of least squares, and the power of the residual relative to the mixture's, dB.

        None if the sum or the mixture is silent.
        """
        (total, cross), (_, mixture) = self._products
        if not total or not mixture:
            return None
        residual = max(1 - cross**2 / (total * mixture), 1e-12)
        return float(cross / total), float(10 * np.log10(residual))


class OffsetFinder:
    """Finds the offset of a recording in the mixture, by their cross-spectrum (GCC-PHAT).

    Both signals are decimated. Cross-spectra of blocks are summed, so memory does not grow.
    """

    def __init__(self) -> None:
        self._rest = np.zeros((2, 0))
        self._cross = np.zeros(BLOCK + 1, dtype=np.complex128)

    def add(self, part: np.ndarray, mixture: np.ndarray) -> None:
        """Add chunks of mono signals, (n,) each."""
        signals = np.concatenate([self._rest, np.stack([part, mixture])], axis=1)
        whole = signals.shape[1] // (BLOCK * DECIMATION)
        for block in np.split(signals[:, : whole * BLOCK * DECIMATION], max(whole, 1), axis=1):
            self._add_block(block)
        self._rest = signals[:, whole * BLOCK * DECIMATION :]

    def _add_block(self, block: np.ndarray) -> None:
        count = block.shape[1] // DECIMATION
        if count:
            decimated = block[:, : count * DECIMATION].reshape(2, count, DECIMATION).mean(2)
            part, mixture = np.fft.rfft(decimated, 2 * BLOCK)
            self._cross += part.conj() * mixture

    def finish(self) -> Offset | None:
        """The offset; None if the recording is not found in the mixture."""
        self._add_block(self._rest)
        correlation = np.fft.irfft(self._cross / np.maximum(np.abs(self._cross), 1e-12))
        heights = np.abs(correlation)
        peak = int(heights.argmax())
        near = (peak + np.arange(-PEAK_WIDTH, PEAK_WIDTH + 1)) % len(heights)
        if heights[peak] < CLEAR_PEAK * np.delete(heights, near).max() or not heights[peak]:
            return None
        lag = peak if peak < BLOCK else peak - 2 * BLOCK
        return Offset(1_000 * lag * DECIMATION / SAMPLE_RATE, bool(correlation[peak] < 0))
