"""Spectral distances to the real drums.

Source of the multi-resolution distance: Yamamoto, Song and Kim, ICASSP 2020 (Parallel WaveGAN), in
dB.
"""

from dataclasses import dataclass

import numpy as np
import torch

from jukedrummer.audio.mel import log_mel, magnitude
from jukedrummer.config import MelConfig
from jukedrummer.evaluation.metrics import Metric, Track
from jukedrummer.evaluation.tracks import fit_length

STFT_SIZES = (512, 1_024, 2_048)
FLOOR = 1e-5  # magnitudes are clamped here (-100 dB), as in the log-mel


@dataclass(frozen=True)
class SpectralDistance:
    """Mean absolute difference of two waveforms' spectra in dB.

    Attributes:
        stft: mean over the three resolutions of `STFT_SIZES`.
        mel: difference of the package's log-mels.
    """

    stft: float
    mel: float


def spectral_distance(
    first: np.ndarray, second: np.ndarray, mel: MelConfig | None = None
) -> SpectralDistance:
    """Distance of two waveforms of one length, (N,) each. Symmetric; 0 for equal waveforms.

    Raises:
        ValueError: the lengths differ.
    """
    if first.shape != second.shape:
        raise ValueError(
            f"waveforms of shapes {first.shape} and {second.shape}; cut them to one length"
        )
    pair = torch.from_numpy(np.stack([first, second]).astype(np.float32))
    stft = [_decibels_apart(_log_magnitude(pair, size)) for size in STFT_SIZES]
    return SpectralDistance(
        float(np.mean(stft)), _decibels_apart(log_mel(pair, mel or MelConfig()))
    )


def _log_magnitude(pair: torch.Tensor, size: int) -> torch.Tensor:
    # The window's sum scales a full-scale sine to 1/2 at every size. So the floor is the same at
    # all.
    spectrum = magnitude(pair, MelConfig(n_fft=size, hop=size // 4)) / (size / 2)
    return spectrum.clamp(min=FLOOR).log10()


def _decibels_apart(pair: torch.Tensor) -> float:
    return float(20 * (pair[0] - pair[1]).abs().mean())


def _distance(track: Track) -> SpectralDistance:
    real = track.reference.drums()
    return spectral_distance(fit_length(track.audio, len(real)), real)


METRICS = (
    Metric(
        name="stft_distance",
        title="STFT distance",
        unit="dB",
        better="lower",
        digits=1,
        about="to the real drums, 3 resolutions, mean L1",
        measure=lambda track: track.once(_distance).stft,
        of_rhythm=False,
    ),
    Metric(
        name="mel_distance",
        title="Log-mel distance",
        unit="dB",
        better="lower",
        digits=1,
        about="to the real drums, mean L1",
        measure=lambda track: track.once(_distance).mel,
        of_rhythm=False,
    ),
)
