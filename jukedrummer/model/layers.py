"""Layers that several models share."""

import torch
from torch import Tensor, nn


class Standardise(nn.Module):
    """Brings each mel band to mean 0 and deviation 1, and back; the statistics travel with the weights."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(bands, 1))
        self.register_buffer("deviation", torch.ones(bands, 1))

    def set(self, mean: Tensor, deviation: Tensor) -> None:
        """Set the training split's statistics, each (F,); a constant band keeps a deviation of 1e-3."""
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(deviation.clamp(min=1e-3)[:, None])

    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to standardised."""
        return (mel - self.mean) / self.deviation

    def invert(self, standard: Tensor) -> Tensor:
        """(B, F, M) standardised to log10."""
        return standard * self.deviation + self.mean


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of each step: what a step becomes does not depend on the piece's length."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, L) to the same shape."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class ConvNeXt(nn.Module):
    """A residual block over time: depthwise convolution, LayerNorm, two pointwise layers (arXiv 2201.03545).

    Not causal: it serves what is known in advance, the recording to accompany or the mel to be played.
    """

    def __init__(self, width: int, kernel: int = 7, dropout: float = 0.0) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.pointwise = nn.Sequential(
            nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width), nn.Dropout(dropout)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, L) to the same shape."""
        y = self.norm(self.depthwise(x).transpose(1, 2))
        return x + self.pointwise(y).transpose(1, 2)
