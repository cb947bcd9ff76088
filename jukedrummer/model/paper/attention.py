"""Factored attention (Jukebox, arXiv 2005.00341) with the patterns 1, 2, 3 and 6 of the paper.

L positions are N blocks of `block` positions. A position attends to its own block (1), to the same
place in all blocks (2), to the whole block before (3; the first block gets zeros), or to the
encoder's output (6).
"""

from collections.abc import Callable
from enum import IntEnum

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention

# Receives the keys and values of a layer, (B, heads, L, E) each.
Keep = Callable[[Tensor, Tensor], None]


class Pattern(IntEnum):
    """The positions that a layer attends to. The numbers are the original's."""

    BLOCK = 1
    COLUMN = 2
    PREVIOUS = 3
    CROSS = 6


def patterns(layers: int, cross: bool) -> list[Pattern]:
    """The pattern of each layer. With an encoder, every tenth layer is CROSS.

    With fewer than ten layers and an encoder, the last layer is CROSS.
    """
    cycle = (1, 2, 3, 1, 2, 3, 1, 2, 3, 6) if cross else (1, 2, 3)
    result = [Pattern(cycle[layer % len(cycle)]) for layer in range(layers)]
    if cross and Pattern.CROSS not in result:
        result[-1] = Pattern.CROSS  # otherwise a small model would not use the encoder
    return result


def grouped(pattern: Pattern, x: Tensor, block: int) -> Tensor:
    """Arrange positions in groups that attend together.

    A group is a block; in COLUMN, the same place in all blocks; in CROSS, all positions.

    Args:
        pattern: pattern of the layer.
        x: (B, heads, L, E).
        block: positions in a block.

    Returns:
        (B, heads, groups, members, E).
    """
    if pattern == Pattern.CROSS:
        return x.unsqueeze(2)
    x = torch.unflatten(x, 2, (-1, block))
    return x.transpose(2, 3) if pattern == Pattern.COLUMN else x


def attend(
    pattern: Pattern,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    block: int,
    causal: bool,
    dropout: float,
) -> Tensor:
    """Attention of all positions at once.

    Args:
        pattern: pattern of the layer.
        query: (B, heads, L, E), L whole blocks.
        key: the same shape. In CROSS, it has any length, and positions attend to all of it.
        value: as `key`.
        block: positions in a block.
        causal: whether positions do not attend to later positions.
        dropout: probability that a weight is dropped.

    Returns:
        (B, heads, L, E).
    """
    query_groups, keys, values = (grouped(pattern, x, block) for x in (query, key, value))
    if pattern == Pattern.PREVIOUS:
        # Zeros before the first block, because any average of them is zero.
        keys, values = (pad(x[:, :, :-1], (0, 0, 0, 0, 1, 0)) for x in (keys, values))
    result = scaled_dot_product_attention(
        query_groups.flatten(1, 2),  # groups together with the heads
        keys.flatten(1, 2),
        values.flatten(1, 2),
        is_causal=causal and pattern in (Pattern.BLOCK, Pattern.COLUMN),
        dropout_p=dropout,
    ).view(query_groups.shape)
    return (result.transpose(2, 3) if pattern == Pattern.COLUMN else result).reshape(query.shape)


class FactoredAttention(nn.Module):
    """Attention of one pattern, a quarter as wide as the model.

    Args:
        width: D.
        heads: number of heads, which share the attention width D / 4.
        pattern: pattern of the layer.
        block: positions in a block.
        causal: whether positions do not attend to later positions; false in the encoder.
        dropout: dropout of the attention's weights.
    """

    def __init__(
        self, width: int, heads: int, pattern: Pattern, block: int, causal: bool, dropout: float
    ) -> None:
        super().__init__()
        self.heads, self.pattern, self.block, self.causal = heads, pattern, block, causal
        self.dropout, self.inner = dropout, width // 4
        cross = pattern == Pattern.CROSS
        self.project_in = nn.Linear(width, self.inner if cross else 3 * self.inner)
        self.project_out = nn.Linear(self.inner, width)
        if cross:
            self.project_memory = nn.Linear(width, 2 * self.inner)

    def forward(self, x: Tensor, memory: Tensor | None, keep: Keep | None = None) -> Tensor:
        """All positions.

        Args:
            x: (B, L, D), L whole blocks.
            memory: the encoder's output (B, L', D), for CROSS.
            keep: function that receives the keys and values.

        Returns:
            (B, L, D).
        """
        projected = self.project_in(x)
        query = projected[..., : self.inner]
        cross = self.pattern == Pattern.CROSS
        keys_values = self.project_memory(memory) if cross else projected[..., self.inner :]
        query, key, value = (self._split(part) for part in (query, *keys_values.chunk(2, -1)))
        if keep is not None:
            keep(key, value)
        dropout = self.dropout if self.training else 0.0
        attended = attend(self.pattern, query, key, value, self.block, self.causal, dropout)
        result: Tensor = self.project_out(attended.transpose(1, 2).flatten(2))
        return result

    def _split(self, x: Tensor) -> Tensor:
        """(B, L, inner) to (B, heads, L, inner / heads)."""
        return torch.unflatten(x, -1, (self.heads, -1)).transpose(1, 2).contiguous()
