"""The VQ-VAE as the authors built it (paper section 3)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from jukedrummer.config import VQVAEConfig
from jukedrummer.errors import UserError
from jukedrummer.model.chunks import Blocks
from jukedrummer.model.paper.fast.convolution import Convolution, join, pays, rescale, split
from jukedrummer.model.vqvae import Autoencoder

# Mel frames a code to the scales of time in encoder and decoder: the variants vq3, vq1 (the paper's), vq2.
SCALES = {2: ((1, 0.5), (2, 1)), 4: ((0.5, 0.5), (2, 2)), 8: ((0.5, 0.25), (4, 2))}


class ResidualBlock(nn.Module):
    """A grouped convolution over time and a skip; the input counts twice, as in the original."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.convolution = Convolution(width, width, groups)
        self.norm = nn.GroupNorm(groups, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, L), or its phases, to the same shape."""
        return torch.add(leaky_relu(self.norm(self.convolution(x)), 0.01, inplace=True), x, alpha=2)


def body_block(inputs: int, width: int, groups: int) -> nn.Sequential:
    """(B, inputs, L) to (B, width, L)."""
    return nn.Sequential(
        Convolution(inputs, width),
        nn.GroupNorm(groups, width),
        nn.LeakyReLU(0.01, inplace=True),
        ResidualBlock(width, groups),
        Convolution(width, width),
    )


class Sampler(nn.Module):
    """Encoder or decoder: a body that is rescaled in time step by step, and a head that adds up what it says.

    Args:
        inputs: channels in.
        outputs: channels out.
        width: channels of the body.
        groups: of residual convolutions and norms.
        scales: of time, one a step.
    """

    def __init__(
        self, inputs: int, outputs: int, width: int, groups: int, scales: tuple[float, ...]
    ) -> None:
        super().__init__()
        self.scales, self.group_width = scales, width // groups
        self.first_block = body_block(inputs, width, groups)
        self.first_head = Convolution(width, outputs)
        self.blocks = nn.ModuleList(body_block(width, width, groups) for _ in scales)
        self.heads = nn.ModuleList(Convolution(width, outputs) for _ in scales)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, L) to (B, outputs, L * product of the scales)."""
        if pays(x, self.group_width) and self._even_lengths(x.shape[-1]):
            x = split(x)
        body = self.first_block(x)
        head = self.first_head(body)
        for scale, block, say in zip(self.scales, self.blocks, self.heads, strict=True):
            body, head = rescale(body, scale), rescale(head, scale)
            body = block(body).add_(body)
            head = say(body).add_(head)
        return join(head)

    def _even_lengths(self, length: float) -> bool:
        """Whether the body's length is even at every scale, as phases need it."""
        lengths = [length]
        for scale in self.scales:
            lengths.append(lengths[-1] * scale)
        return all(value % 2 == 0 for value in lengths)


class PaperVQVAE(Autoencoder):
    """The authors' encoder, codebook, decoder.

    Its norms are over all of time, so what a frame becomes depends on the length of what is computed at
    once. The original always sees clips of 4,096 frames. Here a long piece is cut to stretches of
    `config.crop_frames`, the length in training, which should be a whole clip's; the outer eighths serve as
    margins. A piece that is shorter is normalised over itself.

    Args:
        config: sizes; `blocks` is not read.
        bands: F.
        frames_per_code: mel frames a code, 2, 4 (the paper's) or 8.

    Raises:
        UserError: another number of frames a code, or groups that do not divide the width.
    """

    def __init__(self, config: VQVAEConfig, bands: int, frames_per_code: int) -> None:
        if frames_per_code not in SCALES:
            raise UserError(
                f"clip.frames_per_code is {frames_per_code}; the paper's VQ-VAE is known for "
                f"{', '.join(map(str, SCALES))}"
            )
        down, up = SCALES[frames_per_code]
        encoder = Sampler(bands, config.code_dim, config.width, config.groups, down)
        decoder = Sampler(config.code_dim, bands, config.width, config.groups, up)
        codes = config.crop_frames // frames_per_code
        codes_at_once = Blocks(codes - 2 * (codes // 8), codes // 8)
        frames_at_once = Blocks(*(steps * frames_per_code for steps in codes_at_once))
        super().__init__(
            config, bands, frames_per_code, encoder, decoder, frames_at_once, codes_at_once
        )
