"""Long signals through networks with a short memory, a block at a time, with the same result."""

from collections.abc import Callable

import torch
from torch import Tensor


def in_blocks(
    function: Callable[[Tensor], Tensor], x: Tensor, ratio: float, block: int = 4_096, margin: int = 256
) -> Tensor:
    """Apply `function` to (..., L) in blocks with margins that are cut off again: (..., L * ratio).

    The result equals `function(x)` where no output depends on inputs more than `margin` away.

    Args:
        function: maps a length l to l * ratio along the last axis.
        x: the whole signal.
        ratio: output steps an input step; block and margin times it must be whole.
        block: input steps computed at a time.
        margin: input steps of context on either side.
    """
    length = x.shape[-1]
    parts = []
    for start in range(0, length, block):
        first, stop = max(0, start - margin), min(start + block, length)
        part = function(x[..., first : min(stop + margin, length)])
        parts.append(part[..., round((start - first) * ratio) : round((stop - first) * ratio)])
    return torch.cat(parts, -1)
