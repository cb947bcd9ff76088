"""Dropout that costs a processor little: drawing the masks was a sixth of the language model's training."""

import torch
from torch import Tensor, nn

BITS = 16  # a value; the generator gives 64 at a time


class Dropout(nn.Dropout):
    """`nn.Dropout`, whose chance is rounded to 1/65,536 on a processor; on other devices the original."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape to the same."""
        if not self.training or x.device.type != "cpu":
            return super().forward(x)
        dropped = round(self.p * 2**BITS)
        words = torch.empty(-(-x.numel() * BITS // 64), dtype=torch.int64).random_(-(2**63), None)
        uniform = words.view(torch.int16)[: x.numel()].view(x.shape)
        keep = uniform >= dropped - 2 ** (BITS - 1)
        return x * keep.to(x.dtype).mul_(1 / (1 - dropped / 2**BITS))
