"""The log-mel spectrogram that every model and the vocoder use.

The settings are the paper's (see `MelConfig`): Hann window, magnitude, Slaney's mel bands from 0 Hz
to Nyquist, log10 of values clamped at 1e-5. The signal is padded by reflection so that N samples
give N // hop frames. Frame m is centred on the samples [m * hop, (m + 1) * hop).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
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
    frames = audio.shape[-1] // config.hop
    return torch.cat(list(_log_mels(pad_edges(audio, config), frames, config)), -1)


def log_mel_of_chunks(chunks: Iterable[np.ndarray], config: MelConfig) -> Iterator[Tensor]:
    """Log-mel of one waveform that arrives in chunks, in memory that does not grow.

    Args:
        chunks: (n,) float32 each, of any length; together the waveform of `log_mel`.
        config: settings of the mel.

    Yields:
        Parts (F, m) of the log-mel, bit-identical to that of `log_mel`.

    Raises:
        UserError: there are too few samples for the padding.
    """
    edge, advance = (config.n_fft - config.hop) // 2, CHUNK_FRAMES * config.hop
    span = advance - config.hop + config.n_fft  # samples that `CHUNK_FRAMES` frames need
    audio, missing = torch.zeros(1, 0), edge  # padding that `audio` does not have at its start
    for chunk in chunks:
        audio = torch.cat([audio, torch.from_numpy(chunk)[None]], -1)
        while audio.shape[-1] + missing >= span:
            whole = audio[:, : span - missing]
            if missing:
                whole = torch.nn.functional.pad(whole, (missing, 0), mode="reflect")
            yield from (mel[0] for mel in _log_mels(whole, CHUNK_FRAMES, config))
            audio, missing = audio[:, advance - missing :], 0
    frames = (audio.shape[-1] + missing - edge) // config.hop
    if missing:
        audio = pad_edges(audio, config)
    elif frames:
        end = config.n_fft - config.hop - edge
        audio = torch.nn.functional.pad(audio, (0, end), mode="reflect")
    yield from (mel[0] for mel in _log_mels(audio, frames, config))


def _log_mels(padded: Tensor, frames: int, config: MelConfig) -> Iterator[Tensor]:
    # The log-mel of padded audio (B, n), in parts (B, F, m) of at most `CHUNK_FRAMES` frames.
    bank = filterbank(config).to(padded).T
    for start in range(0, frames, CHUNK_FRAMES):
        stop = min(start + CHUNK_FRAMES, frames)
        part = padded[..., start * config.hop : (stop - 1) * config.hop + config.n_fft]
        yield (bank @ magnitude(part, config)).clamp(min=config.floor).log10()


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
