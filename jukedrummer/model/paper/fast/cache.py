"""Keys and values of factored attention for positions that come one after the other."""

from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from jukedrummer.model.paper.attention import FactoredAttention, Pattern, grouped

Index = TypeVar("Index", int, Tensor)


class Place(NamedTuple, Generic[Index]):
    """A position in a cache: its own place, and `size` places from `first` on to attend to."""

    own: Index
    first: Index
    size: Index | int


def place(pattern: int, position: Index, block: int, length: int) -> Place[Index]:
    """The place of a position in a cache that stores its groups one after the other.

    Args:
        pattern: a `Pattern`.
        position: a number, or a tensor (1,). With a tensor, a compiled step serves all positions.
        block: positions in a block.
        length: length of the cache.
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


def group_size(pattern: int, block: int, length: int) -> int:
    """Places in a group of a cache of `length`."""
    if pattern == Pattern.CROSS:
        return length
    return length // block if pattern == Pattern.COLUMN else block


class FactoredCache:
    """Keys and values of a causal layer, stored by group.

    So all places that a position attends to are contiguous; see `place`.

    Args:
        pattern: pattern of the layer.
        block: positions in a block.
        length: number of positions; in CROSS, that of the encoder.
        like: a tensor of the device and type.
        sizes: B, heads, E.
    """

    def __init__(
        self, pattern: Pattern, block: int, length: int, like: Tensor, sizes: tuple[int, int, int]
    ) -> None:
        self.pattern, self.block, self.length = pattern, block, length
        batch, heads, width = sizes
        self.split = (batch, -1, heads, width)
        # Zeros, because zero times uninitialised memory need not be zero.
        self.stored = like.new_zeros(length, 2, batch, heads, width)
        keys, values = self.stored.flatten(2, 3).unbind(1)
        self.keys, self.values = keys.permute(1, 2, 0), values.transpose(0, 1)

    @classmethod
    def of(cls, attention: FactoredAttention, length: int, like: Tensor) -> "FactoredCache":
        """An empty cache of a layer for `length` positions, with type and B of `like` (B, ...)."""
        sizes = (len(like), attention.heads, attention.inner // attention.heads)
        return cls(attention.pattern, attention.block, length, like, sizes)

    def fill(self, key: Tensor, value: Tensor) -> None:
        """Store the first positions, (B, heads, L, E) each."""
        groups = grouped(self.pattern, torch.stack([key, value]).flatten(0, 1), self.block)
        groups = torch.unflatten(groups, 0, (2, -1)).permute(3, 4, 0, 1, 2, 5)
        members = group_size(self.pattern, self.block, self.length)
        stored = torch.unflatten(self.stored, 0, (-1, members))
        stored[: len(groups), : groups.shape[1]] = groups

    def attend(self, projected: Tensor, where: Place[int]) -> Tensor | None:
        """Attention of the next position.

        Args:
            projected: (B, 3 * heads * E), query, key and value; in CROSS, the query alone. The
                query is already scaled.
            where: its place.

        Returns:
            (B, heads * E); None if it attends to nothing.
        """
        parts = projected.view(self.split)
        if self.pattern != Pattern.CROSS:
            self.stored[where.own].copy_(parts.narrow(1, 1, 2).transpose(0, 1))
        if not where.size:
            return None
        query = parts.select(1, 0).reshape(len(self.keys), 1, -1)
        # Plain products: for a single query they take less time than the fused kernel.
        weight = torch.bmm(query, self.keys.narrow(2, where.first, where.size)).softmax(-1)
        result = torch.bmm(weight, self.values.narrow(1, where.first, where.size))
        return result.view(len(projected), -1)


def attend_masked(stored: Tensor, members: int, projected: Tensor, where: Place[Tensor]) -> Tensor:
    """`FactoredCache.attend` with shapes that do not depend on the position, for a compiler.

    Args:
        stored: the cache's keys and values.
        members: places in a group.
        projected: as in `FactoredCache.attend`.
        where: its place, in tensors (1,).

    Returns:
        (B, heads * E), zeros if it attends to nothing.
    """
    parts = projected.view(stored.shape[2], -1, *stored.shape[3:])
    if parts.shape[1] > 1:  # not CROSS
        stored.index_copy_(0, where.own, parts[:, 1:].transpose(0, 1)[None])
    groups = torch.unflatten(stored, 0, (-1, members))
    keys, values = groups.index_select(0, where.first // members)[0].unbind(1)
    visible = (torch.arange(members) < where.size)[:, None, None]
    weight = (parts[:, 0] * keys).sum(-1)  # (members, B, heads)
    # A large number instead of infinity, so that the weights of an empty group are not NaN.
    weight = weight.masked_fill(~visible, torch.finfo(weight.dtype).min).softmax(0) * visible
    return (weight[..., None] * values).sum(0).flatten(1)
