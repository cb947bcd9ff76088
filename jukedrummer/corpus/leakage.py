"""How much of the drums is left in the drumless recording.

A separation leaves traces of the drums in the drumless recording. A model that is trained on such
recordings learns to predict the drums from the traces, which a user's recording does not have. Two
measures show the leakage:

* `onsets` is what a model could use: how well a linear model predicts the drums' onsets from the
  drumless recording above 4 kHz. It is trained on three quarters of the song and tested on the
  rest, in four turns. Music plays in time with the drums, so true stems have a value above 0, too.
* `coherence` is how constant the phase difference of both recordings is above 4 kHz. It is near 0
  for parts that were recorded separately, however well they play together. It grows with any sound
  that is in both. (Two samplers that always play the same two samples at the same instant have a
  high coherence, too.)

`benchmarks/leakage.py` compares the measures on songs with a known leak.
"""

from typing import NamedTuple

import numpy as np
from scipy import fft, signal

from jukedrummer.config import SAMPLE_RATE

N_FFT = 1_024  # 23 ms
FRAME_STEP = 512  # 12 ms
BLOCK_FRAMES = 256  # frames to compute at a time
LONGEST_FRAMES = 600 * SAMPLE_RATE // FRAME_STEP  # only the first ten minutes are measured
LEAST_FRAMES = 10 * SAMPLE_RATE // FRAME_STEP  # ten seconds
BAND_EDGES = np.geomspace(4_000, 20_000, 9)  # hertz
BIN_FREQUENCIES = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)
BINS = slice(*np.searchsorted(BIN_FREQUENCIES, [BAND_EDGES[0], BAND_EDGES[-1]]))
FIRST_BINS = np.searchsorted(BIN_FREQUENCIES[BINS], BAND_EDGES[:-1])  # the first bin of each
POWER_FLOOR = 1e-9  # of a band, before the logarithm: -90 dB, about the noise of 16-bit audio
LAGS = range(-2, 3)  # frames
FOLDS = 4
RIDGE = 0.01  # relative to the variance of an input
SHIFTS = (3.17, 5.83, 7.41)  # seconds; no multiples of a bar, nor of each other


class Leakage(NamedTuple):
    """The traces of the drums in the drumless recording.

    Attributes:
        onsets: share of the variance of the drums' onsets that the drumless recording predicts
            (R^2), minus that of shifted drums; at most 1. Below 0 it is 0.
        coherence: constancy of the phase difference, 0 to 1.
    """

    onsets: float
    coherence: float


class LeakageMeter:
    """Measures the leakage of recordings that arrive in chunks.

    It stores 3 kB a second, for the first ten minutes.
    """

    def __init__(self) -> None:
        self._rest: np.ndarray | None = None
        self._window = signal.get_window("hann", N_FFT).astype(np.float32)
        self._window /= self._window.sum()
        self._sum = np.zeros((1, 1), dtype=np.complex128)
        self._weight, self._squares = np.zeros((2, 1, 1))
        self._drums: list[np.ndarray] = []
        self._drumless: list[np.ndarray] = []
        self._frames = 0

    def add(self, drums: np.ndarray, drumless: np.ndarray) -> None:
        """Add chunks of both recordings, (n, channels) each, of equal shape."""
        if self._frames >= LONGEST_FRAMES:
            return
        chunk = np.stack([drums, drumless])
        if self._rest is not None:
            chunk = np.concatenate([self._rest, chunk], axis=1)
        while chunk.shape[1] >= (samples := (BLOCK_FRAMES - 1) * FRAME_STEP + N_FFT):
            self._add_frames(chunk[:, :samples])
            chunk = chunk[:, BLOCK_FRAMES * FRAME_STEP :]
        self._rest = chunk.copy()

    def _add_frames(self, samples: np.ndarray) -> None:
        # (2, n, channels), drums and drumless.
        frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT, axis=1)[:, ::FRAME_STEP]
        spectra = fft.rfft(frames * self._window)[..., BINS]  # (2, frames, channels, bins)
        bands = np.add.reduceat(np.square(np.abs(spectra)).mean(2), FIRST_BINS, axis=-1)
        levels = 10 * np.log10(bands + POWER_FLOOR)
        self._drums.append(levels[0].astype(np.float32))
        self._drumless.append(levels[1].astype(np.float32))
        self._frames += len(levels[0])
        phasors = spectra / (np.abs(spectra) + 1e-7)
        products = phasors[0] * phasors[1].conj()
        sizes = np.abs(products)
        self._sum = self._sum + products.sum(0, dtype=np.complex128)
        self._weight = self._weight + sizes.sum(0, dtype=np.float64)
        self._squares = self._squares + np.square(sizes).sum(0, dtype=np.float64)

    def finish(self) -> Leakage | None:
        """The measures; None if the recording is shorter than ten seconds."""
        if self._rest is not None and self._rest.shape[1] >= N_FFT:
            self._add_frames(self._rest)
        if self._frames < LEAST_FRAMES:
            return None
        drums, drumless = np.concatenate(self._drums), np.concatenate(self._drumless)
        return Leakage(predicted_onsets(drums, drumless), self._coherence())

    def _coherence(self) -> float:
        # The square of a sum of random phases is above 0 by chance. This part is subtracted.
        square = np.square(np.abs(self._sum)) - self._squares
        return float(np.sqrt(max(0.0, (square / np.maximum(self._weight**2, 1e-12)).mean())))


def predicted_onsets(drums: np.ndarray, drumless: np.ndarray) -> float:
    """How well the drumless recording predicts the drums' onsets; see `Leakage.onsets`.

    Args:
        drums: levels of the bands, (M, bands) decibel.
        drumless: likewise.
    """
    onsets = _rises(drums).mean(1)
    shifts = [0, *(round(seconds * SAMPLE_RATE / FRAME_STEP) for seconds in SHIFTS)]
    targets = np.stack([np.roll(onsets, shift) for shift in shifts], axis=1)
    inputs = np.concatenate([drumless, _rises(drumless)], axis=1)
    inputs = np.concatenate([np.roll(inputs, lag, axis=0) for lag in LAGS], axis=1)
    own, *chance = _explained(inputs.astype(np.float64), targets.astype(np.float64))
    return max(0.0, float(own - max(0.0, np.mean(chance))))


def _rises(levels: np.ndarray) -> np.ndarray:
    rises: np.ndarray = np.maximum(0, np.diff(levels, axis=0, prepend=levels[:1]))
    return rises


def _explained(inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """R^2 of a ridge regression on parts of the song that it was not fitted to.

    Args:
        inputs: (M, inputs).
        targets: (M, targets).

    Returns:
        (targets,); 0 for a constant target.
    """
    inputs = (inputs - inputs.mean(0)) / (inputs.std(0) + 1e-9)
    fold = np.arange(len(inputs)) * FOLDS // len(inputs)
    errors, variances = np.zeros((2, targets.shape[1]))
    for own in range(FOLDS):
        rest, test = fold != own, fold == own
        mean = targets[rest].mean(0)
        penalty = RIDGE * rest.sum() * np.eye(inputs.shape[1])
        gram = inputs[rest].T @ inputs[rest] + penalty
        weights = np.linalg.solve(gram, inputs[rest].T @ (targets[rest] - mean))
        errors += np.square(targets[test] - mean - inputs[test] @ weights).sum(0)
        variances += np.square(targets[test] - mean).sum(0)
    return np.where(variances > 0, 1 - errors / np.maximum(variances, 1e-12), 0.0)
