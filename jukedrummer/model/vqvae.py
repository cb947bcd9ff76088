"""VQ-VAEs, log-mel to codes and back (paper section 3): the base, and the listening family."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from jukedrummer.config import ClipConfig, VQVAEConfig, key
from jukedrummer.errors import UserError
from jukedrummer.model.chunks import Chunks, in_chunks
from jukedrummer.model.layers import ChannelNorm, Standardise
from jukedrummer.model.quantizer import VectorQuantizer


class ListeningVQVAEConfig(VQVAEConfig):
    """Strided convolutions (ours)."""

    family: Literal["listening"] = "listening"
    blocks: int = key(2, "residual blocks at the code rate, on each side", 0, 32)

    def check_clip(self, clip: ClipConfig, where: str) -> None:
        """Check the crop, and that the frames for each code are a power of two."""
        super().check_clip(clip, where)
        if clip.frames_per_code & (clip.frames_per_code - 1):
            raise UserError(
                f"clip.frames_per_code is {clip.frames_per_code}; {where} needs a power of two"
            )


class Reconstruction(NamedTuple):
    """The output of a VQ-VAE in training."""

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
        change: Tensor = self.block(x)
        return x + change


class Autoencoder(nn.Module):
    """Encoder, codebook and decoder for one part of the music: the base of all families.

    Args:
        config: sizes of the codebook.
        bands: F.
        frames_per_code: mel frames for each code.
        encoder: (B, F, M) standardised to (B, D, L).
        decoder: (B, D, L) to (B, F, M) standardised.
        encode_chunks: frames that are encoded at a time.
        decode_chunks: codes that are decoded at a time.
    """

    def __init__(
        self,
        config: VQVAEConfig,
        bands: int,
        frames_per_code: int,
        encoder: nn.Module,
        decoder: nn.Module,
        encode_chunks: Chunks,
        decode_chunks: Chunks,
    ) -> None:
        super().__init__()
        self.frames_per_code = frames_per_code
        self.encode_chunks, self.decode_chunks = encode_chunks, decode_chunks
        self.standardise = Standardise(bands)
        self.encoder = encoder
        self.quantizer = VectorQuantizer(
            config.codebook_size, config.code_dim, config.decay, config.dead_code_threshold
        )
        self.decoder = decoder

    def forward(self, mel: Tensor) -> Reconstruction:
        """Encode and decode (B, F, M) log10 mels, M a multiple of `frames_per_code`."""
        target = self.standardise(mel)
        quantized = self.quantizer(self.encoder(target))
        return Reconstruction(
            self.decoder(quantized.vectors), target, quantized.codes, quantized.commitment
        )

    @torch.no_grad()
    def encode(self, mel: Tensor) -> Tensor:
        """Codes (B, L) of log10 mels (B, F, M) of any length; the codebook does not change."""
        return in_chunks(self._encode, mel, 1 / self.frames_per_code, *self.encode_chunks)

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Log10 mels (B, F, M) of codes (B, L), of any length."""
        return in_chunks(self._decode, codes, self.frames_per_code, *self.decode_chunks)

    def _encode(self, mel: Tensor) -> Tensor:
        return self.quantizer.nearest(self.encoder(self.standardise(mel)))

    def _decode(self, codes: Tensor) -> Tensor:
        return self.standardise.invert(self.decoder(self.quantizer.lookup(codes)))


class ListeningVQVAE(Autoencoder):
    """The listening family: strided convolutions, and norms over the channels of each step alone.

    Args:
        config: sizes.
        bands: F.
        frames_per_code: mel frames for each code, a power of two; each factor of two is a strided
            convolution.

    Raises:
        UserError: `frames_per_code` is not a power of two.
    """

    def __init__(self, config: ListeningVQVAEConfig, bands: int, frames_per_code: int) -> None:
        halvings = frames_per_code.bit_length() - 1
        if frames_per_code != 1 << halvings:
            raise UserError(
                f"clip.frames_per_code is {frames_per_code}; the VQ-VAE needs a power of two"
            )
        width = config.width
        encoder = nn.Sequential(
            nn.Conv1d(bands, width, 3, padding=1),
            *[nn.Sequential(nn.GELU(), nn.Conv1d(width, width, 4, 2, 1)) for _ in range(halvings)],
            *[ResidualBlock(width, 3**depth) for depth in range(config.blocks)],
            ChannelNorm(width),
            nn.Conv1d(width, config.code_dim, 1),
        )
        decoder = nn.Sequential(
            nn.Conv1d(config.code_dim, width, 3, padding=1),
            *[ResidualBlock(width, 3**depth) for depth in reversed(range(config.blocks))],
            *[
                nn.Sequential(nn.GELU(), nn.ConvTranspose1d(width, width, 4, 2, 1))
                for _ in range(halvings)
            ],
            nn.GELU(),
            nn.Conv1d(width, bands, 3, padding=1),
        )
        # Outputs do not depend on inputs beyond the margin, so chunks give exact results.
        chunks = Chunks(4_096, 256)
        super().__init__(config, bands, frames_per_code, encoder, decoder, chunks, chunks)


Config = ListeningVQVAEConfig
build = ListeningVQVAE
