"""Long signals through networks with a short memory, a block at a time, with the same result."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Blocks(NamedTuple):
    """How a long signal is cut."""

    block: int = 4_096  # steps computed at a time
    margin: int = 256  # steps of context on either side


def in_blocks(
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    ratio: float,
    block: int = 4_096,
    margin: int = 256,
) -> Tensor:
    """Apply `function` to (..., L) in blocks with margins that are cut off again: (..., L * ratio).

    The result equals `function(x)` where no output depends on inputs more than `margin` away. Every call sees
    `block` + 2 `margin` steps (all, where there are fewer): so statistics over time, which a network may
    normalise by, are those of equally long stretches.

    Args:
        function: maps a length l to l * ratio along the last axis.
        x: the whole signal.
        ratio: output steps an input step; block, margin and L times it must be whole.
        block: input steps computed at a time.
        margin: input steps of context on either side.
    """
    length, seen = x.shape[-1], block + 2 * margin
    parts = []
    for start in range(0, length, block):
        first, stop = max(0, min(start - margin, length - seen)), min(start + block, length)
        part = function(x[..., first : first + seen])
        parts.append(part[..., round((start - first) * ratio) : round((stop - first) * ratio)])
    return torch.cat(parts, -1)
