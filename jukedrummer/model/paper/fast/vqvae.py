"""The faster form of the paper's VQ-VAE: convolutions on phases if that is faster."""

import torch
from torch import Tensor, nn

from jukedrummer.model.paper.fast.convolution import PhasedConvolution, in_phases, join
from jukedrummer.model.paper.fast.replace import replace_modules
from jukedrummer.model.paper.vqvae import PaperVQVAE, PaperVQVAEConfig, Resampler

# Least channels in a group of a convolution. With fewer, phases are not faster.
NARROWEST = 128


def pays(x: Tensor, width: int) -> bool:
    """Whether a network is faster on the phases of its input.

    Args:
        x: the input.
        width: channels in a group of its convolutions.
    """
    on_processor = x.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
    return on_processor and width >= NARROWEST


class PhasedResampler(Resampler):
    """`Resampler` that uses phases if that is faster. It has the same arguments.

    Norms and operations on single numbers are the same on phases.
    """

    def __init__(
        self, inputs: int, outputs: int, width: int, groups: int, scales: tuple[float, ...]
    ) -> None:
        super().__init__(inputs, outputs, width, groups, scales)
        replace_modules(self, nn.Conv1d, PhasedConvolution)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, L) to (B, outputs, L * product of the scales)."""
        if pays(x, self.group_width) and self._even_lengths(x.shape[-1]):
            x = in_phases(x)
        return join(super().forward(x))

    @staticmethod
    def rescale(x: Tensor, scale: float) -> Tensor:
        """Repeat steps or leave some out; phases stay phases."""
        if x.dim() == 3 or scale == 1:
            return Resampler.rescale(x, scale)
        return in_phases(Resampler.rescale(join(x), scale))

    def _even_lengths(self, length: float) -> bool:
        """Whether the body's length is even at every scale. Phases need an even length."""
        lengths = [length]
        for scale in self.scales:
            lengths.append(lengths[-1] * scale)
        return all(value % 2 == 0 for value in lengths)


class FastPaperVQVAE(PaperVQVAE):
    """`PaperVQVAE` with faster convolutions. It has the same arguments."""

    resampler = PhasedResampler


Config = PaperVQVAEConfig
build = FastPaperVQVAE
