"""The codebook: nearest code, moving averages, and dead codes that really come back.

Van den Oord et al. 2017 (arXiv 1711.00937), appendix A.1 for the averages; restarts as in Jukebox
(arXiv 2005.00341). In the original system the averages move in evaluation mode too; here they never do.
"""

from typing import NamedTuple

import torch
from torch import Tensor, distributed, nn


class Quantized(NamedTuple):
    """What the quantizer gives."""

    codes: Tensor  # (B, L) int64
    vectors: Tensor  # (B, D, L), straight-through: gradients pass to the latents
    commitment: Tensor  # scalar, mean squared distance of the latents to their codes


class VectorQuantizer(nn.Module):
    """K codes of width D, learned by exponential moving averages.

    Args:
        codebook: K.
        code_dim: D.
        decay: of the moving averages.
        restart_below: a code whose average count a step falls below this restarts at a random latent.
    """

    def __init__(self, codebook: int, code_dim: int, decay: float, restart_below: float) -> None:
        super().__init__()
        self.decay = decay
        self.restart_below = restart_below
        self.heard: list[
            tuple[Tensor, Tensor]
        ] = []  # latents (N, D) and codes (N,) since the last `move`
        self.register_buffer("codebook", torch.zeros(codebook, code_dim))
        self.register_buffer("count", torch.zeros(codebook))
        self.register_buffer("total", torch.zeros(codebook, code_dim))
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
        """Quantize (B, D, L); in training mode the latents are kept for `move`."""
        if self.training and not self.started:
            self._start(latents.detach())
        codes = self.nearest(latents.detach())
        vectors = self.lookup(codes).to(latents)
        commitment = (latents - vectors.detach()).square().mean()
        if self.training:
            self.heard.append((_flat(latents), codes.flatten()))
        return Quantized(codes, latents + (vectors - latents).detach(), commitment)

    def move(self) -> None:
        """Move the codebook towards all latents heard since the last time, and forget them.

        Once a step, however many forward passes it takes: a batch in parts teaches the same as a whole one.
        """
        flat, codes = (torch.cat(values) for values in zip(*self.heard, strict=True))
        self.heard.clear()
        count = torch.zeros_like(self.count).index_add_(0, codes, torch.ones_like(flat[:, 0]))
        total = torch.zeros_like(self.total).index_add_(0, codes, flat)
        for value in (count, total):
            if distributed.is_initialized():
                distributed.all_reduce(value)
        self.count.lerp_(count, 1 - self.decay)
        self.total.lerp_(total, 1 - self.decay)
        self._restart(flat)
        self.codebook.copy_(self.total / self.count[:, None])

    def _start(self, latents: Tensor) -> None:
        flat = _flat(latents)
        self.codebook.copy_(self._draw(flat, len(self.codebook)))
        self.count.fill_(1.0)
        self.total.copy_(self.codebook)
        self.started.fill_(True)

    def _restart(self, flat: Tensor) -> None:
        """Put dead codes on random latents, in the averages too: or the next division undoes it."""
        dead = self.count < self.restart_below
        # Drawn for all codes whether dead or not, so that every process draws the same number.
        fresh = self._draw(flat, len(self.codebook))
        self.count.masked_fill_(dead, max(self.restart_below, 1e-3))
        self.total.copy_(torch.where(dead[:, None], fresh * self.count[:, None], self.total))

    @staticmethod
    def _draw(flat: Tensor, number: int) -> Tensor:
        """`number` random latents, slightly apart so that no two are the same; equal in all processes."""
        chosen = flat[torch.randint(len(flat), (number,), device=flat.device)]
        chosen = chosen + 1e-3 * chosen.std() * torch.randn_like(chosen)
        if distributed.is_initialized():
            distributed.broadcast(chosen, 0)
        return chosen


def _flat(latents: Tensor) -> Tensor:
    """(B, D, L) to (B * L, D), without gradients."""
    return latents.detach().transpose(1, 2).reshape(-1, latents.shape[1]).float()
