"""The VQ-VAE: log-mel to codes and back (paper section 3; this network is ours, strided convolutions)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from jukedrummer.config import VQVAEConfig
from jukedrummer.errors import UserError
from jukedrummer.model.layers import ChannelNorm, Standardise
from jukedrummer.model.vq import VectorQuantizer


class Reconstruction(NamedTuple):
    """What the VQ-VAE gives in training."""

    mel: Tensor  # (B, F, M) standardised
    target: Tensor  # (B, F, M) standardised
    codes: Tensor  # (B, L)
    commitment: Tensor  # scalar


class ResidualBlock(nn.Module):
    """Two dilated convolutions over time and a skip."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            ChannelNorm(width),
            nn.GELU(),
            nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation),
            nn.GELU(),
            nn.Conv1d(width, width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, L) to the same shape."""
        return x + self.block(x)


class VQVAE(nn.Module):
    """Encoder, codebook, decoder for one part of the music.

    Args:
        config: sizes.
        bands: F.
        frames_per_code: mel frames a code, a power of two; each factor of two is a strided convolution.
    """

    def __init__(self, config: VQVAEConfig, bands: int, frames_per_code: int) -> None:
        super().__init__()
        halvings = frames_per_code.bit_length() - 1
        if frames_per_code != 1 << halvings:
            raise UserError(f"clip.frames_per_code is {frames_per_code}; the VQ-VAE needs a power of two")
        self.frames_per_code = frames_per_code
        self.standardise = Standardise(bands)
        width = config.width
        self.encoder = nn.Sequential(
            nn.Conv1d(bands, width, 3, padding=1),
            *[nn.Sequential(nn.GELU(), nn.Conv1d(width, width, 4, 2, 1)) for _ in range(halvings)],
            *[ResidualBlock(width, 3**depth) for depth in range(config.blocks)],
            ChannelNorm(width),
            nn.Conv1d(width, config.code_dim, 1),
        )
        self.quantizer = VectorQuantizer(config.codebook, config.code_dim, config.decay, config.restart_below)
        self.decoder = nn.Sequential(
            nn.Conv1d(config.code_dim, width, 3, padding=1),
            *[ResidualBlock(width, 3**depth) for depth in reversed(range(config.blocks))],
            *[nn.Sequential(nn.GELU(), nn.ConvTranspose1d(width, width, 4, 2, 1)) for _ in range(halvings)],
            nn.GELU(),
            nn.Conv1d(width, bands, 3, padding=1),
        )

    def forward(self, mel: Tensor) -> Reconstruction:
        """Encode and decode (B, F, M) log10 mels, M a multiple of `frames_per_code`."""
        target = self.standardise(mel)
        quantized = self.quantizer(self.encoder(target))
        return Reconstruction(self.decoder(quantized.vectors), target, quantized.codes, quantized.commitment)

    @torch.no_grad()
    def encode(self, mel: Tensor) -> Tensor:
        """Codes (B, L) of log10 mels (B, F, M); the codebook stays as it is."""
        return self.quantizer.nearest(self.encoder(self.standardise(mel)))

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Log10 mels (B, F, M) of codes (B, L)."""
        return self.standardise.invert(self.decoder(self.quantizer.lookup(codes)))
