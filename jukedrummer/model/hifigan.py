"""HiFi-GAN V1 (arXiv 2010.05646): log-mel to waveform by transposed convolutions, and its discriminators.

The generator's weights are plain, so that it plays fast and its file holds nothing twice. Training wants them
under weight normalisation: `with_weight_norm` puts them there, `plain_weights` takes them out.
"""

import math

from torch import Tensor, nn
from torch.nn.functional import avg_pool1d, leaky_relu, pad
from torch.nn.utils import parametrizations, parametrize

from jukedrummer.config import MelConfig, VocoderConfig

SLOPE = 0.1  # of all leaky ReLUs but the last
DILATIONS = (1, 3, 5)
PERIODS = (2, 3, 5, 7, 11)
SCALES = 3
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d)


class ResidualBlock(nn.Module):
    """Three times a dilated and a plain convolution with a skip (the paper's appendix A.1, V1)."""

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


class Stage(nn.Module):
    """Up by a factor, with half the channels; then the mean of residual blocks of several kernels."""

    def __init__(self, width: int, factor: int, kernels: tuple[int, ...]) -> None:
        super().__init__()
        # An odd factor's padding cannot be the same at both ends.
        half, odd = factor // 2, factor % 2
        self.upsample = nn.ConvTranspose1d(
            width, width // 2, 2 * factor, factor, padding=half + odd, output_padding=odd
        )
        self.blocks = nn.ModuleList(ResidualBlock(width // 2, kernel) for kernel in kernels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, N) to (B, D / 2, N * factor)."""
        x = self.upsample(leaky_relu(x, SLOPE))
        return sum(block(x) for block in self.blocks) / len(self.blocks)


class HiFiGAN(nn.Module):
    """The generator.

    It hears the mel as `log_mel` gives it: log10, up to Nyquist, not standardised. (The authors' own
    training code for it took natural logarithms up to 8 kHz; here there is one mel for all.)

    Raises:
        UserError: the sizes do not give `mel.hop` samples a frame.
    """

    def __init__(self, config: VocoderConfig, mel: MelConfig) -> None:
        super().__init__()
        config.check_fits(mel)
        self.embed = nn.Conv1d(mel.bands, config.width, 7, padding=3)
        self.stages = nn.Sequential(
            *(
                Stage(config.width >> depth, factor, config.kernels)
                for depth, factor in enumerate(config.upsample)
            )
        )
        self.head = nn.Conv1d(config.width >> len(config.upsample), 1, 7, padding=3)
        self.margin = reach(config.upsample, config.kernels)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to (B, N), N = M * hop, in [-1, 1]."""
        hidden = self.stages(self.embed(mel))
        return self.head(leaky_relu(hidden, 0.01)).float().tanh()[:, 0]


def reach(upsample: tuple[int, ...], kernels: tuple[int, ...]) -> int:
    """Mel frames on either side of a frame that its samples depend on, rounded up."""
    frames, rate = 3.0, 1  # of the first convolution; steps a frame
    for factor in upsample:
        frames += 2 / rate
        rate *= factor
        frames += (sum(DILATIONS) + len(DILATIONS)) * (max(kernels) // 2) / rate
    return math.ceil(frames + 3 / rate)


def with_weight_norm(network: nn.Module) -> nn.Module:
    """Put all convolutions of a network under weight normalisation (arXiv 1602.07868), in place."""
    for module in network.modules():
        if isinstance(module, CONVOLUTIONS):
            parametrizations.weight_norm(module)
    return network


def plain_weights(network: nn.Module) -> dict[str, Tensor]:
    """The state of the network that was there before `with_weight_norm`, and that does the same."""
    state = network.state_dict()
    for name, module in network.named_modules():
        if parametrize.is_parametrized(module, "weight"):
            state[f"{name}.weight"] = module.weight.detach()
    return {name: value for name, value in state.items() if ".parametrizations." not in name}


class PeriodDiscriminator(nn.Module):
    """Judges every p-th sample together: the waveform as an image of p columns.

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
        """Every layer's output for (B, N); the last is the score, 1 for what seems real."""
        padded = pad(audio[:, None], (0, -audio.shape[-1] % self.period), "reflect")
        return _layers(padded.unflatten(-1, (-1, self.period)), self.layers, self.score)


class ScaleDiscriminator(nn.Module):
    """Judges the waveform by strided, grouped convolutions.

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
            # In a narrow network fewer groups divide the channels.
            nn.Conv1d(before, after, kernel, stride, kernel // 2, groups=math.gcd(group, before))
            for before, after, kernel, stride, group in zip(
                widths, widths[1:], kernels, strides, groups, strict=False
            )
        )
        self.score = nn.Conv1d(width, 1, 3, padding=1)

    def forward(self, audio: Tensor) -> list[Tensor]:
        """Every layer's output for (B, N); the last is the score, 1 for what seems real."""
        return _layers(audio[:, None], self.layers, self.score)


def _layers(x: Tensor, layers: nn.ModuleList, score: nn.Module) -> list[Tensor]:
    outputs = []
    for layer in layers:
        x = leaky_relu(layer(x), SLOPE)
        outputs.append(x)
    return [*outputs, score(x)]


class Discriminators(nn.Module):
    """All that judge: five periods, and three scales, each half the rate of the one before.

    Under weight normalisation, but the first scale, which is under spectral normalisation (arXiv 1802.05957).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.periods = with_weight_norm(
            nn.ModuleList(PeriodDiscriminator(period, width // 32 * 32) for period in PERIODS)
        )
        scales = [ScaleDiscriminator(width // 32 * 32) for _ in range(SCALES)]
        for module in scales[0].modules():
            if isinstance(module, CONVOLUTIONS):
                parametrizations.spectral_norm(module)
        self.scales = nn.ModuleList([scales[0], *map(with_weight_norm, scales[1:])])

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        """What each discriminator gives for (B, N): its layers' outputs, the score last."""
        results = [judge(audio) for judge in self.periods]
        for judge in self.scales:
            results.append(judge(audio))
            audio = avg_pool1d(audio[:, None], 4, 2, padding=2)[:, 0]
        return results
