"""Factored attention (Jukebox, arXiv 2005.00341; the paper's decoder has patterns 1, 2, 3 and 6).

L positions are N blocks of `block`. A layer looks at its own block (1), at the same place in all blocks (2),
at the whole of the block before (3; the first block sees nothing, which gives zeros), or at the encoder (6).
Everything about the patterns is in this file, twice: for all positions at once, where blocks become a batch,
and for one position that is drawn, where `seen` says which of the cached positions it looks at.
"""

from enum import IntEnum

from torch import Tensor, nn
from torch.nn.functional import linear, pad, scaled_dot_product_attention


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


def attend(
    pattern: Pattern, query: Tensor, key: Tensor, value: Tensor, block: int, causal: bool, dropout: float
) -> Tensor:
    """Attention of all positions at once: (B, heads, L, E) each, L whole blocks, to the same shape.

    In CROSS, keys and values may be of another length, and all are seen.
    """
    if pattern == Pattern.CROSS:
        return scaled_dot_product_attention(query, key, value, dropout_p=dropout)
    batch, heads, length, width = query.shape
    parts = [x.view(batch, heads, length // block, block, width) for x in (query, key, value)]
    if pattern == Pattern.COLUMN:
        parts = [x.transpose(2, 3) for x in parts]
    if pattern == Pattern.PREVIOUS:
        # Zeros stand before the first block: any average of them is zero.
        parts[1:] = [pad(x[:, :, :-1], (0, 0, 0, 0, 1, 0)) for x in parts[1:]]
        causal = False
    shape = parts[0].shape
    parts = [x.flatten(1, 2) for x in parts]  # blocks, or columns, beside the heads
    result = scaled_dot_product_attention(*parts, is_causal=causal, dropout_p=dropout).view(shape)
    return (result.transpose(2, 3) if pattern == Pattern.COLUMN else result).reshape(query.shape)


def seen(pattern: Pattern, position: int, block: int) -> slice:
    """The cached positions that a causal layer looks at from `position`, itself included."""
    first = position - position % block
    return {
        Pattern.BLOCK: slice(first, position + 1),
        Pattern.COLUMN: slice(position % block, position + 1, block),
        Pattern.PREVIOUS: slice(max(0, first - block), first),
        Pattern.CROSS: slice(None),
    }[pattern]


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

    def forward(self, x: Tensor, memory: Tensor | None, cache: Tensor | None = None) -> Tensor:
        """All positions: (B, L, D), and the encoder's output in CROSS, to (B, L, D); may fill a cache."""
        projected = self.project_in(x)
        query = projected[..., : self.inner]
        keys_values = self.remember(memory) if self.pattern == Pattern.CROSS else projected[..., self.inner :]
        if cache is not None:
            cache[:, : keys_values.shape[1]] = keys_values
        key, value = keys_values.chunk(2, -1)
        result = attend(
            self.pattern,
            *(self._split(part) for part in (query, key, value)),
            self.block,
            self.causal,
            self.dropout if self.training else 0.0,
        )
        return self.project_out(result.transpose(1, 2).flatten(2))

    def remember(self, memory: Tensor) -> Tensor:
        """Keys and values of the encoder's output: (B, L, D) to (B, L, D / 2)."""
        return self.project_memory(memory)

    def step(self, x: Tensor, cache: Tensor, position: int, where: slice) -> Tensor:
        """One position, (B, D) to the same, given the cached keys and values (B, context, D / 2).

        Args:
            x: the position's input.
            cache: of this layer; the position's own is written here. In CROSS, what `remember` gave.
            position: its place.
            where: what `seen` gives.
        """
        projected = linear(x, self.project_in.weight, self.project_in.bias)
        if self.pattern != Pattern.CROSS:
            cache[:, position] = projected[:, self.inner :]
        keys_values = cache[:, where]
        if not keys_values.shape[1]:
            return self.project_out.bias.expand_as(x)
        shape = (len(x), -1, 2, self.heads, self.inner // self.heads)
        key, value = keys_values.view(shape).permute(2, 0, 3, 1, 4)
        query = projected[:, : self.inner].view(len(x), self.heads, 1, -1)
        result = scaled_dot_product_attention(query, key, value).view(len(x), self.inner)
        return linear(result, self.project_out.weight, self.project_out.bias)

    def _split(self, x: Tensor) -> Tensor:
        """(B, L, inner) to (B, heads, L, inner / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2).contiguous()
