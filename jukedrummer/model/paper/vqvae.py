"""The authors' VQ-VAE (paper section 3).

This file is the readable form of the network. The package uses the faster form in `fast.vqvae`,
which has the same weights.
"""

from typing import Literal

import torch
from pydantic import model_validator
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from jukedrummer.config import ClipConfig, VQVAEConfig, key
from jukedrummer.errors import UserError
from jukedrummer.model.chunks import Chunks
from jukedrummer.model.vqvae import Autoencoder

# Mel frames for each code: scales of time in the encoder and in the decoder. These are the authors'
# variants vq3, vq1 (the paper's) and vq2.
SCALES: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    2: ((1, 0.5), (2, 1)),
    4: ((0.5, 0.5), (2, 2)),
    8: ((0.5, 0.25), (4, 2)),
}


class PaperVQVAEConfig(VQVAEConfig):
    """The authors' VQ-VAE."""

    family: Literal["paper"] = "paper"
    groups: int = key(4, "groups of the residual convolutions and of all norms (paper: 4)", 1, 64)

    @model_validator(mode="after")
    def _check_groups(self) -> "PaperVQVAEConfig":
        if self.width % self.groups:
            raise UserError(
                f"vqvae.groups is {self.groups}; it must divide vqvae.width {self.width}"
            )
        return self

    def check_clip(self, clip: ClipConfig, where: str) -> None:
        """Check the crop, and that the frames for each code are one of the authors' variants."""
        super().check_clip(clip, where)
        if clip.frames_per_code not in SCALES:
            raise UserError(
                f"clip.frames_per_code is {clip.frames_per_code}; "
                f"{where} of the paper family exists for {', '.join(map(str, SCALES))}"
            )


def convolution(inputs: int, outputs: int, groups: int = 1) -> nn.Conv1d:
    """A convolution of three taps that keeps the length: (B, inputs, L) to (B, outputs, L)."""
    return nn.Conv1d(inputs, outputs, 3, padding=1, groups=groups)


class GroupedBlock(nn.Module):
    """A grouped convolution over time and a skip with weight two, as in the original."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.convolution = convolution(width, width, groups)
        self.norm = nn.GroupNorm(groups, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, L) to the same shape."""
        return torch.add(leaky_relu(self.norm(self.convolution(x)), 0.01, inplace=True), x, alpha=2)


def body_block(inputs: int, width: int, groups: int) -> nn.Sequential:
    """(B, inputs, L) to (B, width, L)."""
    return nn.Sequential(
        convolution(inputs, width),
        nn.GroupNorm(groups, width),
        nn.LeakyReLU(0.01, inplace=True),
        GroupedBlock(width, groups),
        convolution(width, width),
    )


class Resampler(nn.Module):
    """Encoder or decoder: a body whose rate changes step by step, and a head that sums its outputs.

    Args:
        inputs: input channels.
        outputs: output channels.
        width: channels of the body.
        groups: groups of residual convolutions and norms.
        scales: scales of time, one for each step.
    """

    def __init__(
        self, inputs: int, outputs: int, width: int, groups: int, scales: tuple[float, ...]
    ) -> None:
        super().__init__()
        self.scales, self.group_width = scales, width // groups
        self.first_block = body_block(inputs, width, groups)
        self.first_head = convolution(width, outputs)
        self.blocks = nn.ModuleList(body_block(width, width, groups) for _ in scales)
        self.heads = nn.ModuleList(convolution(width, outputs) for _ in scales)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, L) to (B, outputs, L * product of the scales)."""
        body: Tensor = self.first_block(x)
        total: Tensor = self.first_head(body)
        for scale, block, head in zip(self.scales, self.blocks, self.heads, strict=True):
            body, total = self.rescale(body, scale), self.rescale(total, scale)
            body = block(body).add_(body)
            total = head(body).add_(total)
        return total

    @staticmethod
    def rescale(x: Tensor, scale: float) -> Tensor:
        """Repeat steps or leave some out: (B, D, L) to (B, D, L * scale)."""
        return x if scale == 1 else interpolate(x, scale_factor=scale)


class PaperVQVAE(Autoencoder):
    """The authors' encoder, codebook, decoder.

    Its norms are over all steps of the input, so a frame depends on the input's length. The
    original always computes clips of 4,096 frames. Here a long piece is cut into chunks of
    `config.crop_frames`, the length in training, which should be that of a whole clip. The first
    and the last eighth of a chunk are its margins. A shorter piece is one chunk of its own length.

    Args:
        config: sizes.
        bands: F.
        frames_per_code: mel frames for each code: 2, 4 (the paper's) or 8.

    Raises:
        UserError: `frames_per_code` has another value.
    """

    resampler = Resampler

    def __init__(self, config: PaperVQVAEConfig, bands: int, frames_per_code: int) -> None:
        if frames_per_code not in SCALES:
            raise UserError(
                f"clip.frames_per_code is {frames_per_code}; "
                f"the paper's VQ-VAE exists for {', '.join(map(str, SCALES))}"
            )
        down, up = SCALES[frames_per_code]
        encoder = self.resampler(bands, config.code_dim, config.width, config.groups, down)
        decoder = self.resampler(config.code_dim, bands, config.width, config.groups, up)
        codes = config.crop_frames // frames_per_code
        code_chunks = Chunks(codes - 2 * (codes // 8), codes // 8)
        frame_chunks = Chunks(*(steps * frames_per_code for steps in code_chunks))
        super().__init__(
            config, bands, frames_per_code, encoder, decoder, frame_chunks, code_chunks
        )
