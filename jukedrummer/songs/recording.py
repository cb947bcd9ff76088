"""Checks of a recording, and its adaptation to the data that the models were trained on."""

import numpy as np
import torch
from torch import Tensor

from jukedrummer.audio.io import LOWEST_RATE, SILENCE
from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig
from jukedrummer.errors import UserError
from jukedrummer.songs.limits import LEAST_SECONDS

SAMPLE_RATES = (LOWEST_RATE, 1_000_000)
MOST_CHANNELS = 64
# A mel band is empty if most of its frames are less than this (log10) above the floor.
EMPTY_BAND = 1.0
# A recording is narrow-band if at least this share of its bands is empty. Dull recordings have
# fewer empty bands.
NARROW_SHARE = 0.2
# An empty band needs this share of such frames. It is not 1, because resampling leaves a click in
# all bands at the start and the end of a file.
MOST_FRAMES = 0.98


def check_recording(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """The audio as (N, channels) float32.

    Args:
        audio: (N,) or (N, channels) floats in [-1, 1].
        sample_rate: samples a second, 4,000 to 1,000,000.

    Raises:
        UserError: the audio has a wrong type or shape, is shorter than a second, or contains NaN or
            infinite samples; or the sample rate is outside its limits.
    """
    audio = np.asarray(audio)
    if not np.issubdtype(audio.dtype, np.floating):
        raise UserError(
            f"the audio is of type {audio.dtype}; expected floats in [-1, 1]: divide by full scale"
        )
    low, high = SAMPLE_RATES
    if not (isinstance(sample_rate, int | np.integer) and low <= sample_rate <= high):
        raise UserError(
            f"the sample rate is {sample_rate}; the limits are {low} to {high} samples a second"
        )
    audio = audio.astype(np.float32)
    if audio.ndim not in (1, 2) or (audio.ndim == 2 and audio.shape[1] > MOST_CHANNELS):
        raise UserError(
            f"the audio has shape {audio.shape}; expected (samples,) or (samples, channels), "
            f"at most {MOST_CHANNELS} channels"
        )
    channels = audio if audio.ndim == 2 else audio[:, None]
    _check_samples(channels, len(channels) / sample_rate)
    return channels


def _check_samples(channels: np.ndarray, seconds: float) -> None:
    if seconds < LEAST_SECONDS:
        raise UserError(
            f"the audio lasts {seconds:.2f} s; "
            f"at least {LEAST_SECONDS:g} s are needed to track its beats"
        )
    if not np.isfinite(channels).all():
        raise UserError("the audio contains NaN or infinite samples; export it again")


def check_audible(mono: np.ndarray) -> None:
    """Check that the mono signal (N,) of a recording is not silent.

    Raises:
        UserError: it is, because the recording is, or because its channels cancel each other.
    """
    peak = float(np.abs(mono).max())
    if peak < SILENCE:
        raise UserError(
            f"the audio is silent (the peak of its mono signal is {peak:.1e}, the limit "
            f"{SILENCE:g}), or its channels cancel each other; there is nothing to accompany"
        )


def mel_of_codes(audio: np.ndarray, mel: MelConfig, frames_per_code: int) -> Tensor:
    """Log-mel (F, M) of audio (N,), padded with silence to a whole number of codes."""
    padded = np.pad(audio, (0, -len(audio) % (mel.hop * frames_per_code)))
    return log_mel(torch.from_numpy(padded).float()[None], mel)[0]


def gain_into(level: float, limits: tuple[float, float]) -> float:
    """The factor that brings a recording of `level` decibels to the nearest level in the limits."""
    low, high = limits
    return float(10 ** ((min(max(level, low), high) - level) / 20))


def fill_empty_bands(mel: Tensor, mean: Tensor, floor: float) -> Tensor:
    """Replace the empty bands of a narrow-band recording by their mean in the training data.

    A recording at 8 kHz, or one that went through a narrow-band codec, has no energy above 4 kHz.
    The models were trained on full spectra, where an empty band means silence. The mean carries no
    information.

    Args:
        mel: (F, M) log10.
        mean: (F, 1) log10, of the training data.
        floor: magnitude at which mels are clamped.

    Returns:
        (F, M); the same values if the recording is not narrow-band.
    """
    highest = mel.kthvalue(max(1, int(MOST_FRAMES * mel.shape[1])), dim=1).values
    empty = highest < np.log10(floor) + EMPTY_BAND
    if empty.float().mean() < NARROW_SHARE:
        return mel
    return torch.where(empty[:, None], mean, mel)
