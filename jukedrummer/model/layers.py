"""Layers that several models share."""

import torch
from torch import Tensor, nn


class Standardise(nn.Module):
    """Brings each mel band to mean 0 and deviation 1, and back.

    The statistics are buffers, so they are stored with the weights.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(bands, 1))
        self.register_buffer("deviation", torch.ones(bands, 1))

    def set(self, mean: Tensor, deviation: Tensor) -> None:
        """Set the training split's statistics, each (F,); the least deviation is 1e-3."""
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(deviation.clamp(min=1e-3)[:, None])

    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to standardised."""
        return (mel - self.mean) / self.deviation

    def invert(self, standard: Tensor) -> Tensor:
        """(B, F, M) standardised to log10."""
        return standard * self.deviation + self.mean


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of each step; a step does not depend on the piece's length."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, L) to the same shape."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class ConvNeXt(nn.Module):
    """Depthwise convolution over time, LayerNorm, two pointwise layers, a skip (arXiv 2201.03545).

    It is not causal. It is for signals that are known in advance: the drumless recording, or the
    mel of a vocoder.
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
        y: Tensor = self.pointwise(self.norm(self.depthwise(x).transpose(1, 2)))
        return x + y.transpose(1, 2)
