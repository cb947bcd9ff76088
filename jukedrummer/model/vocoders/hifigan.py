"""HiFi-GAN V1 (arXiv 2010.05646): log-mel to waveform by transposed convolutions.

The generator is stored with plain weights, which are faster and take less space. Training needs
weight normalisation: `with_weight_norm` adds it, `plain_weights` removes it.
"""

import math
from typing import ClassVar, Literal

from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from jukedrummer.config import Integers, MelConfig, TrainedVocoderConfig, key
from jukedrummer.errors import UserError
from jukedrummer.model.vocoders import Vocoder

SLOPE = 0.1  # slope of all leaky ReLUs but the last
DILATIONS = (1, 3, 5)


class HiFiGANConfig(TrainedVocoderConfig):
    """HiFi-GAN V1 (paper)."""

    kind: Literal["hifigan"] = "hifigan"
    sizes: ClassVar[tuple[str, ...]] = ("width", "upsample", "kernels")
    width: int = key(192, "channels of the first layer (paper: 512)", 8, 2_048)
    upsample: Integers = key(
        (8, 8, 2, 2), "up-sampling factors, whose product is mel.hop (paper: 8, 8, 2, 2)"
    )
    kernels: Integers = key((3, 7, 11), "kernels of the residual blocks (paper: 3, 7, 11)")
    discriminator_width: int = key(
        1_024,
        "most channels of a discriminator's layers (paper: 1,024); fewer for a CPU",
        32,
        4_096,
    )

    def check_mel(self, mel: MelConfig) -> None:
        """Check that the factors give `mel.hop` samples for each frame."""
        if min(self.upsample, default=0) < 2 or math.prod(self.upsample) != mel.hop:
            raise UserError(
                f"vocoder.upsample is {list(self.upsample)}; "
                f"expected factors of 2 or more whose product is mel.hop {mel.hop}"
            )
        if self.width % 2 ** len(self.upsample):
            raise UserError(
                f"vocoder.width is {self.width}; each factor of vocoder.upsample halves it: "
                f"expected a multiple of {2 ** len(self.upsample)}"
            )
        if not self.kernels or not all(kernel > 0 and kernel % 2 for kernel in self.kernels):
            raise UserError(
                f"vocoder.kernels is {list(self.kernels)}: expected odd numbers, at least one"
            )


class GeneratorBlock(nn.Module):
    """Three pairs of a dilated and a plain convolution, with skips (paper: appendix A.1, V1)."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        half = kernel // 2
        self.dilated = nn.ModuleList(
            nn.Conv1d(width, width, kernel, dilation=dilation, padding=half * dilation)
            for dilation in DILATIONS
        )
        self.plain = nn.ModuleList(nn.Conv1d(width, width, kernel, padding=half) for _ in DILATIONS)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, N) to the same shape."""
        for dilated, plain in zip(self.dilated, self.plain, strict=True):
            x = x + plain(leaky_relu(dilated(leaky_relu(x, SLOPE)), SLOPE))
        return x


class UpsamplingStage(nn.Module):
    """Upsampling to half the channels, then the mean of residual blocks of several kernels."""

    def __init__(self, width: int, factor: int, kernels: tuple[int, ...]) -> None:
        super().__init__()
        # With an odd factor, the padding differs at both ends.
        half, odd = factor // 2, factor % 2
        self.upsample = nn.ConvTranspose1d(
            width, width // 2, 2 * factor, factor, padding=half + odd, output_padding=odd
        )
        self.blocks = nn.ModuleList(GeneratorBlock(width // 2, kernel) for kernel in kernels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, N) to (B, D / 2, N * factor)."""
        x = self.upsample(leaky_relu(x, SLOPE))
        total: Tensor = sum(block(x) for block in self.blocks)
        return total / len(self.blocks)


class HiFiGAN(Vocoder):
    """The generator.

    Its input is the mel of `log_mel`: log10, up to Nyquist, not standardised. HiFi-GAN's authors
    use natural logarithms up to 8 kHz. This package has one mel for all models.

    Raises:
        UserError: the sizes do not give `mel.hop` samples for each frame.
    """

    def __init__(self, config: HiFiGANConfig, mel: MelConfig) -> None:
        super().__init__()
        config.check_mel(mel)
        self.embed = nn.Conv1d(mel.bands, config.width, 7, padding=3)
        self.stages = nn.Sequential(
            *(
                UpsamplingStage(config.width >> depth, factor, config.kernels)
                for depth, factor in enumerate(config.upsample)
            )
        )
        self.head = nn.Conv1d(config.width >> len(config.upsample), 1, 7, padding=3)
        self.margin = reach(config.upsample, config.kernels)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to (B, N), N = M * hop, in [-1, 1]."""
        hidden = self.stages(self.embed(mel))
        samples: Tensor = self.head(leaky_relu(hidden, 0.01))
        return samples.float().tanh()[:, 0]


def reach(upsample: tuple[int, ...], kernels: tuple[int, ...]) -> int:
    """Number of mel frames on either side of a frame that affect its samples, rounded up."""
    frames, rate = 3.0, 1  # of the first convolution; steps for each frame
    for factor in upsample:
        frames += 2 / rate
        rate *= factor
        frames += (sum(DILATIONS) + len(DILATIONS)) * (max(kernels) // 2) / rate
    return math.ceil(frames + 3 / rate)


Config = HiFiGANConfig
build = HiFiGAN
