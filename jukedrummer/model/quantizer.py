"""The codebook: nearest code, moving averages, and restarts of dead codes.

Averages as in Van den Oord et al. 2017 (arXiv 1711.00937), appendix A.1. Restarts as in Jukebox
(arXiv 2005.00341). In the original system, the averages also change in evaluation mode. Here they
do not.
"""

from typing import NamedTuple

import torch
from torch import Tensor, distributed, nn


class Quantized(NamedTuple):
    """Latents replaced by their nearest codes."""

    codes: Tensor  # (B, L) int64
    vectors: Tensor  # (B, D, L), straight-through: gradients pass to the latents
    commitment: Tensor  # scalar, mean squared distance of the latents to their codes


class VectorQuantizer(nn.Module):
    """K codes of width D, trained by exponential moving averages.

    Args:
        codebook_size: K.
        code_dim: D.
        decay: decay of the moving averages.
        dead_code_threshold: a code restarts at a random latent if its average count in a step falls
            below this.

    Attributes:
        pending: latents (N, D) and their codes (N,) since the last `update_codebook`.
    """

    codebook: Tensor
    count: Tensor
    total: Tensor
    started: Tensor

    def __init__(
        self, codebook_size: int, code_dim: int, decay: float, dead_code_threshold: float
    ) -> None:
        super().__init__()
        self.decay = decay
        self.dead_code_threshold = dead_code_threshold
        self.pending: list[tuple[Tensor, Tensor]] = []
        self.register_buffer("codebook", torch.zeros(codebook_size, code_dim))
        self.register_buffer("count", torch.zeros(codebook_size))
        self.register_buffer("total", torch.zeros(codebook_size, code_dim))
        self.register_buffer("started", torch.zeros((), dtype=torch.bool))

    def nearest(self, latents: Tensor) -> Tensor:
        """Index of the nearest code by Euclidean distance: (B, D, L) to (B, L)."""
        flat = latents.transpose(1, 2).float()
        # |z|^2 is the same for all codes and is left out.
        distance = self.codebook.square().sum(1) - 2 * flat @ self.codebook.T
        return distance.argmin(-1)

    def lookup(self, codes: Tensor) -> Tensor:
        """Vectors of codes: (B, L) to (B, D, L)."""
        return self.codebook[codes].transpose(1, 2)

    def forward(self, latents: Tensor) -> Quantized:
        """Quantize (B, D, L). In training mode, the latents are stored for `update_codebook`."""
        if self.training and not self.started:
            self._start(latents.detach())
        codes = self.nearest(latents.detach())
        vectors = self.lookup(codes).to(latents)
        commitment = (latents - vectors.detach()).square().mean()
        if self.training:
            self.pending.append((_flat(latents), codes.flatten()))
        return Quantized(codes, latents + (vectors - latents).detach(), commitment)

    def update_codebook(self) -> None:
        """Move the codebook towards the pending latents, and clear them.

        It is called once for each step, after all its forward passes. So a batch in parts has the
        same effect as a whole batch.
        """
        flat, codes = (torch.cat(values) for values in zip(*self.pending, strict=True))
        self.pending.clear()
        count = torch.zeros_like(self.count).index_add_(0, codes, torch.ones_like(flat[:, 0]))
        total = torch.zeros_like(self.total).index_add_(0, codes, flat)
        for value in (count, total):
            if distributed.is_initialized():
                distributed.all_reduce(value)
        self.count.lerp_(count, 1 - self.decay)
        self.total.lerp_(total, 1 - self.decay)
        self._restart(flat)
        self.codebook.copy_(self.total / self.count[:, None])

    def start_averages(self, steps: int) -> None:
        """Set the averages to those of this codebook with all codes equally frequent.

        Args:
            steps: number of latents in a batch.
        """
        self.count.fill_(steps / len(self.count))
        self.total.copy_(self.codebook * self.count[:, None])
        self.started.fill_(True)

    def _start(self, latents: Tensor) -> None:
        flat = _flat(latents)
        self.codebook.copy_(self._draw(flat, len(self.codebook)))
        self.count.fill_(1.0)
        self.total.copy_(self.codebook)
        self.started.fill_(True)

    def _restart(self, flat: Tensor) -> None:
        """Move dead codes, and their averages, to random latents."""
        dead = self.count < self.dead_code_threshold
        # Drawn for all codes, dead or not, so that every process draws the same number.
        fresh = self._draw(flat, len(self.codebook))
        self.count.masked_fill_(dead, max(self.dead_code_threshold, 1e-3))
        self.total.copy_(torch.where(dead[:, None], fresh * self.count[:, None], self.total))

    @staticmethod
    def _draw(flat: Tensor, number: int) -> Tensor:
        """`number` random latents, the same in all processes. Small noise makes them distinct."""
        chosen = flat[torch.randint(len(flat), (number,), device=flat.device)]
        chosen = chosen + 1e-3 * chosen.std() * torch.randn_like(chosen)
        if distributed.is_initialized():
            distributed.broadcast(chosen, 0)
        return chosen


def _flat(latents: Tensor) -> Tensor:
    """(B, D, L) to (B * L, D), without gradients."""
    return latents.detach().transpose(1, 2).reshape(-1, latents.shape[1]).float()
