"""HiFi-GAN's discriminators (arXiv 2010.05646): five periods, and three scales."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool1d, leaky_relu, pad
from torch.nn.utils import parametrizations

from jukedrummer.model.vocoders.hifigan import SLOPE
from jukedrummer.model.weight_norm import CONVOLUTIONS, with_weight_norm

PERIODS = (2, 3, 5, 7, 11)
SCALE_COUNT = 3


class PeriodDiscriminator(nn.Module):
    """Scores the waveform as an image of p columns. A column has every p-th sample.

    Args:
        period: p.
        width: channels of the widest layers, a multiple of 32.
    """

    def __init__(self, period: int, width: int) -> None:
        super().__init__()
        self.period = period
        widths = (1, width // 32, width // 8, width // 2, width, width)
        strides = (3, 3, 3, 3, 1)
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, (5, 1), (stride, 1), (2, 0))
            for before, after, stride in zip(widths, widths[1:], strides, strict=False)
        )
        self.score = nn.Conv2d(width, 1, (3, 1), padding=(1, 0))

    def forward(self, audio: Tensor) -> list[Tensor]:
        """Every layer's output for (B, N); the last is the score, 1 for real audio."""
        padded = pad(audio[:, None], (0, -audio.shape[-1] % self.period), "reflect")
        columns = torch.unflatten(padded, -1, (-1, self.period))
        return _layers(columns, self.layers, self.score)


class ScaleDiscriminator(nn.Module):
    """Scores the waveform by strided, grouped convolutions.

    Args:
        width: channels of the widest layers, a multiple of 32.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = (1, width // 8, width // 8, width // 4, width // 2, width, width, width)
        kernels = (15, 41, 41, 41, 41, 41, 5)
        strides = (1, 2, 2, 4, 4, 1, 1)
        groups = (1, 4, 16, 16, 16, 16, 1)
        self.layers = nn.ModuleList(
            # In a narrow network, the number of groups is smaller, so that it divides the channels.
            nn.Conv1d(before, after, kernel, stride, kernel // 2, groups=math.gcd(group, before))
            for before, after, kernel, stride, group in zip(
                widths, widths[1:], kernels, strides, groups, strict=False
            )
        )
        self.score = nn.Conv1d(width, 1, 3, padding=1)

    def forward(self, audio: Tensor) -> list[Tensor]:
        """Every layer's output for (B, N); the last is the score, 1 for real audio."""
        return _layers(audio[:, None], self.layers, self.score)


def _layers(x: Tensor, layers: nn.ModuleList, score: nn.Module) -> list[Tensor]:
    outputs = []
    for layer in layers:
        x = leaky_relu(layer(x), SLOPE)
        outputs.append(x)
    return [*outputs, score(x)]


class Discriminators(nn.Module):
    """Discriminators of five periods and of three scales, each at half the rate of the one before.

    All have weight normalisation, except the first scale, which has spectral normalisation (arXiv
    1802.05957).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.periods = nn.ModuleList(
            with_weight_norm(PeriodDiscriminator(period, width // 32 * 32)) for period in PERIODS
        )
        scales = [ScaleDiscriminator(width // 32 * 32) for _ in range(SCALE_COUNT)]
        for module in scales[0].modules():
            if isinstance(module, CONVOLUTIONS):
                parametrizations.spectral_norm(module)
        self.scales = nn.ModuleList([scales[0], *map(with_weight_norm, scales[1:])])

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        """The outputs of each discriminator's layers for (B, N), the score last."""
        results = [discriminator(audio) for discriminator in self.periods]
        for discriminator in self.scales:
            results.append(discriminator(audio))
            audio = avg_pool1d(audio[:, None], 4, 2, padding=2)[:, 0]
        return results
