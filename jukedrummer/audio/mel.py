"""The log-mel spectrogram that every model and the vocoder use.

The settings are the paper's (see `MelConfig`): Hann window, magnitude, Slaney's mel bands from 0 Hz
to Nyquist, log10 of values clamped at 1e-5. The signal is padded by reflection so that N samples
give N // hop frames. Frame m is centred on the samples [m * hop, (m + 1) * hop).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.config import SAMPLE_RATE, MelConfig, plain
from jukedrummer.errors import UserError

CHUNK_FRAMES = 8_192  # frames to compute at a time


@lru_cache
def filterbank(config: MelConfig) -> Tensor:
    """Slaney's triangular mel filters, area-normalised: (n_fft / 2 + 1, F)."""
    bank: Tensor = load_torchaudio().functional.melscale_fbanks(
        n_freqs=config.n_fft // 2 + 1,
        f_min=0.0,
        f_max=SAMPLE_RATE / 2,
        n_mels=config.bands,
        sample_rate=SAMPLE_RATE,
        norm="slaney",
        mel_scale="slaney",
    )
    return bank


def pad_edges(audio: Tensor, config: MelConfig) -> Tensor:
    """Reflect (n_fft - hop) / 2 samples at both ends, so that (B, N) gives N // hop frames.

    Raises:
        UserError: there are too few samples for the reflection.
    """
    edge = (config.n_fft - config.hop) // 2
    if audio.shape[-1] <= edge:
        raise UserError(
            f"audio of {audio.shape[-1]} samples is too short for a mel spectrogram; "
            f"{edge + 1} are needed"
        )
    return torch.nn.functional.pad(audio, (edge, config.n_fft - config.hop - edge), mode="reflect")


def magnitude(padded: Tensor, config: MelConfig) -> Tensor:
    """Magnitudes of the short-time spectrum of padded audio.

    Args:
        padded: (B, N + n_fft - hop), from `pad_edges`.
        config: settings of the mel.

    Returns:
        (B, n_fft / 2 + 1, M).
    """
    window = torch.hann_window(config.n_fft, device=padded.device, dtype=padded.dtype)
    spectrum = torch.stft(
        padded, config.n_fft, config.hop, window=window, center=False, return_complex=True
    )
    # The constant keeps the gradient finite at silence. It is far below the floor of the log-mel.
    return (torch.view_as_real(spectrum).square().sum(-1) + 1e-12).sqrt()


def log_mel(audio: Tensor, config: MelConfig) -> Tensor:
    """Log-mel of a batch of waveforms.

    A few thousand frames are computed at a time, so a song of an hour needs little more memory than
    the result.

    Args:
        audio: (B, N) in [-1, 1] at 44,100 Hz.
        config: settings of the mel.

    Returns:
        (B, F, M) with M = N // hop, log10, not standardised.

    Raises:
        UserError: there are too few samples for the padding.
    """
    padded = pad_edges(audio, config)
    bank = filterbank(config).to(audio).T
    frames = audio.shape[-1] // config.hop
    chunks = []
    for start in range(0, frames, CHUNK_FRAMES):
        stop = min(start + CHUNK_FRAMES, frames)
        chunk = padded[..., start * config.hop : (stop - 1) * config.hop + config.n_fft]
        chunks.append((bank @ magnitude(chunk, config)).clamp(min=config.floor).log10())
    return torch.cat(chunks, -1)


def level_db(mel: Tensor) -> float:
    """Loudness of log10 mels (F, M) in decibels: mean over frames of the summed power of bands."""
    return float(10 * (10 ** (2 * mel.double())).sum(0).mean().log10())


def check_same_mel(mel: MelConfig, stored: Mapping[str, Any], owner: str) -> None:
    """Check that a file or a model was made with the same mel.

    Args:
        mel: the expected settings.
        stored: the settings of the file or model. Keys that `MelConfig` does not have are ignored.
        owner: name of the file or model, for the message.

    Raises:
        UserError: a setting differs; the message has both values.
    """
    for name, value in plain(mel).items():
        if stored.get(name) != value:
            raise UserError(
                f"{owner}: made with mel.{name} = {stored.get(name)}, here it is {value}; "
                "make it again or use the config it was made with"
            )
