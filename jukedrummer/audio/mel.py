"""The one log-mel of the package: every model and the vocoder use this and nothing else.

Paper's settings (see `MelConfig`): Hann window, magnitude, Slaney's mel bands from 0 Hz to Nyquist, log10 of
values clamped at 1e-5. The signal is padded by reflection so that N samples give N // hop frames: frame m
is centred on the samples [m * hop, (m + 1) * hop).
"""

from dataclasses import asdict
from functools import lru_cache

import torch
from torch import Tensor

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.config import MelConfig
from jukedrummer.errors import UserError

BLOCK = 8_192  # frames computed at a time


@lru_cache
def filterbank(config: MelConfig) -> Tensor:
    """Slaney's triangular mel filters, area-normalised: (n_fft / 2 + 1, F)."""
    return load_torchaudio().functional.melscale_fbanks(
        n_freqs=config.n_fft // 2 + 1,
        f_min=0.0,
        f_max=config.sample_rate / 2,
        n_mels=config.bands,
        sample_rate=config.sample_rate,
        norm="slaney",
        mel_scale="slaney",
    )


def pad_edges(audio: Tensor, config: MelConfig) -> Tensor:
    """Reflect (n_fft - hop) / 2 samples at both ends, so that (B, N) gives N // hop frames."""
    edge = (config.n_fft - config.hop) // 2
    if audio.shape[-1] <= edge:
        raise UserError(
            f"audio of {audio.shape[-1]} samples is too short for a mel spectrogram; {edge + 1} are needed"
        )
    return torch.nn.functional.pad(audio, (edge, config.n_fft - config.hop - edge), mode="reflect")


def magnitude(padded: Tensor, config: MelConfig) -> Tensor:
    """Short-time spectrum's magnitude of padded audio (B, N + n_fft - hop): (B, n_fft / 2 + 1, M)."""
    window = torch.hann_window(config.n_fft, device=padded.device, dtype=padded.dtype)
    spectrum = torch.stft(
        padded, config.n_fft, config.hop, window=window, center=False, return_complex=True
    )
    # The constant keeps the gradient finite at silence; it lies far below the floor of the log-mel.
    return (torch.view_as_real(spectrum).square().sum(-1) + 1e-12).sqrt()


def log_mel(audio: Tensor, config: MelConfig) -> Tensor:
    """Log-mel of a batch of waveforms, some thousand frames at a time: an hour needs no more than its result.

    Args:
        audio: (B, N) in [-1, 1] at `config.sample_rate`.

    Returns:
        (B, F, M) with M = N // hop, log10, not standardised.

    Raises:
        UserError: fewer samples than the padding needs.
    """
    padded = pad_edges(audio, config)
    bank = filterbank(config).to(audio).T
    frames = audio.shape[-1] // config.hop
    blocks = []
    for start in range(0, frames, BLOCK):
        stop = min(start + BLOCK, frames)
        block = padded[..., start * config.hop : (stop - 1) * config.hop + config.n_fft]
        blocks.append((bank @ magnitude(block, config)).clamp(min=config.floor).log10())
    return torch.cat(blocks, -1)


def level_db(mel: Tensor) -> float:
    """How loud (F, M) log10 mels are: the mean over frames of the summed power of the bands, in decibel."""
    return float(10 * (10 ** (2 * mel.double())).sum(0).mean().log10())


def check_same_mel(mine: MelConfig, theirs: dict, owner: str) -> None:
    """Refuse to mix mel parameters.

    Raises:
        UserError: naming the first parameter that differs and both its values.
    """
    for name, value in asdict(mine).items():
        if theirs.get(name) != value:
            raise UserError(
                f"{owner}: made with mel.{name} = {theirs.get(name)}, here it is {value}; "
                "make it again or use the config it was made with"
            )
