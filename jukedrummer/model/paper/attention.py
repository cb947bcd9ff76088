"""Factored attention (Jukebox, arXiv 2005.00341; the paper's decoder has patterns 1, 2, 3 and 6).

L positions are N blocks of `block`. A layer looks at its own block (1), at the same place in all blocks (2),
at the whole of the block before (3; the first block sees nothing, which gives zeros), or at the encoder (6).
Everything about the patterns is in this file: `grouped` puts together what is looked at together, for
all positions at once; `Cache` keeps such groups, and `place` finds them, for one position after the other.
"""

from enum import IntEnum
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention


class Pattern(IntEnum):
    """What a layer looks at; the numbers are the original's."""

    BLOCK = 1
    COLUMN = 2
    PREVIOUS = 3
    CROSS = 6


def patterns(layers: int, cross: bool) -> list[Pattern]:
    """The pattern of each layer: with an encoder every tenth looks at it, or the last of fewer."""
    cycle = (1, 2, 3, 1, 2, 3, 1, 2, 3, 6) if cross else (1, 2, 3)
    result = [Pattern(cycle[layer % len(cycle)]) for layer in range(layers)]
    if cross and Pattern.CROSS not in result:
        result[-1] = Pattern.CROSS  # else a small model would have an encoder that nothing looks at
    return result


def grouped(pattern: Pattern, x: Tensor, block: int) -> Tensor:
    """What is looked at together: (B, heads, L, E) to (B, heads, groups, members, E).

    Groups are blocks, in COLUMN the places in a block, in CROSS a single one.
    """
    if pattern == Pattern.CROSS:
        return x.unsqueeze(2)
    x = x.unflatten(2, (-1, block))
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
    """Attention of all positions at once: (B, heads, L, E) each, L whole blocks, to the same shape.

    In CROSS, keys and values may be of another length, and all are seen.
    """
    parts = [grouped(pattern, x, block) for x in (query, key, value)]
    if pattern == Pattern.PREVIOUS:
        # Zeros stand before the first block: any average of them is zero.
        parts[1:] = [pad(x[:, :, :-1], (0, 0, 0, 0, 1, 0)) for x in parts[1:]]
    causal = causal and pattern in (Pattern.BLOCK, Pattern.COLUMN)
    shape = parts[0].shape
    parts = [x.flatten(1, 2) for x in parts]  # groups beside the heads
    result = scaled_dot_product_attention(*parts, is_causal=causal, dropout_p=dropout).view(shape)
    return (result.transpose(2, 3) if pattern == Pattern.COLUMN else result).reshape(query.shape)


class Place(NamedTuple):
    """Where in its cache a position goes, and what it looks at: `count` places from `first` on."""

    own: int | Tensor
    first: int | Tensor
    count: int | Tensor


def place(pattern: Pattern, position: int | Tensor, block: int, length: int) -> Place:
    """Of a position in a cache of `length`, where groups lie one after the other.

    The position may be a tensor, so that a compiled step need not be compiled for each.
    """
    outer, inner = position // block, position % block
    if pattern == Pattern.BLOCK:
        return Place(position, outer * block, inner + 1)
    if pattern == Pattern.COLUMN:
        first = inner * (length // block)
        return Place(first + outer, first, outer + 1)
    if pattern == Pattern.PREVIOUS:
        later = outer > 0
        return Place(position, later * (outer - 1) * block, later * block)
    return Place(position, 0 * position, length)


class Cache:
    """Keys and values of a causal layer for positions that come one by one, in the layer's groups.

    So all that a position looks at lies in one piece, which `place` tells.

    Args:
        pattern: of the layer.
        block: positions a block.
        length: positions that it holds; in CROSS those of the encoder.
        like: a tensor of the device and type.
        sizes: B, heads, E.
    """

    def __init__(
        self, pattern: Pattern, block: int, length: int, like: Tensor, sizes: tuple[int, int, int]
    ) -> None:
        self.pattern, self.block, self.length = pattern, block, length
        batch, heads, width = sizes
        self.split = (batch, -1, heads, width)
        # Zeros: a masked weight of zero times whatever lies in memory need not be zero.
        self.stored = like.new_zeros(length, 2, batch, heads, width)
        keys, values = self.stored.flatten(2, 3).unbind(1)
        self.keys, self.values = keys.permute(1, 2, 0), values.transpose(0, 1)

    def fill(self, key: Tensor, value: Tensor) -> None:
        """Store the first positions, (B, heads, L, E) each."""
        groups = grouped(self.pattern, torch.stack([key, value]).flatten(0, 1), self.block)
        groups = groups.unflatten(0, (2, -1)).permute(3, 4, 0, 1, 2, 5)
        members = self.length // self.block if self.pattern == Pattern.COLUMN else groups.shape[1]
        self.stored.unflatten(0, (-1, members))[: len(groups), : groups.shape[1]] = groups

    def attend(self, projected: Tensor, where: Place) -> Tensor | None:
        """Attention of the position that follows.

        Args:
            projected: (B, 3 * heads * E), query, key and value; in CROSS only the query. The query is
                scaled already.
            where: its place.

        Returns:
            (B, heads * E), None where it sees nothing.
        """
        parts = projected.view(self.split)
        if self.pattern != Pattern.CROSS:
            self.stored[where.own].copy_(parts.narrow(1, 1, 2).transpose(0, 1))
        if not where.count:
            return None
        query = parts.select(1, 0).reshape(len(self.keys), 1, -1)
        # Plain products: for a single query they take less time than the fused kernel.
        weight = torch.bmm(query, self.keys.narrow(2, where.first, where.count)).softmax(-1)
        return torch.bmm(weight, self.values.narrow(1, where.first, where.count)).view(
            len(projected), -1
        )


def attend_masked(stored: Tensor, members: int, projected: Tensor, where: Place) -> Tensor:
    """What `Cache.attend` does, with shapes that are the same at every position, as a compiler needs them.

    Args:
        stored: the cache's.
        members: places in a group.
        projected: as there.
        where: its place, in tensors (1,).

    Returns:
        (B, heads * E), zeros where it sees nothing.
    """
    parts = projected.view(stored.shape[2], -1, *stored.shape[3:])
    if parts.shape[1] > 1:  # not CROSS
        stored.index_copy_(0, where.own, parts[:, 1:].transpose(0, 1)[None])
    groups = stored.unflatten(0, (-1, members))
    keys, values = groups.index_select(0, where.first // members)[0].unbind(1)
    seen = (torch.arange(members) < where.count)[:, None, None]
    weight = (parts[:, 0] * keys).sum(-1)  # (members, B, heads)
    # A number and not infinity: where nothing is seen, the weights must be zero and not NaN.
    weight = weight.masked_fill(~seen, torch.finfo(weight.dtype).min).softmax(0) * seen
    return (weight[..., None] * values).sum(0).flatten(1)


class FactoredAttention(nn.Module):
    """Attention of one pattern, a quarter as wide as the model.

    Args:
        width: D.
        heads: of the attention width D / 4.
        pattern: what is looked at.
        block: positions a block.
        causal: whether a position sees no later one; the encoder does.
        dropout: on the attention's weights.
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

    def forward(self, x: Tensor, memory: Tensor | None, cache: Cache | None = None) -> Tensor:
        """All positions: (B, L, D), and the encoder's output in CROSS, to (B, L, D); may fill a cache."""
        projected = self.project_in(x)
        query = projected[..., : self.inner]
        cross = self.pattern == Pattern.CROSS
        keys_values = self.project_memory(memory) if cross else projected[..., self.inner :]
        query, key, value = (self._split(part) for part in (query, *keys_values.chunk(2, -1)))
        if cache is not None:
            cache.fill(key, value)
        dropout = self.dropout if self.training else 0.0
        result = attend(self.pattern, query, key, value, self.block, self.causal, dropout)
        return self.project_out(result.transpose(1, 2).flatten(2))

    def new_cache(self, length: int, like: Tensor) -> Cache:
        """An empty one for `length` positions, as many examples as `like` (B, ...), on its device."""
        sizes = (len(like), self.heads, self.inner // self.heads)
        return Cache(self.pattern, self.block, length, like, sizes)

    def _split(self, x: Tensor) -> Tensor:
        """(B, L, inner) to (B, heads, L, inner / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2).contiguous()
