"""Runs networks with a limited context on long signals in chunks, with the same result."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Chunks(NamedTuple):
    """The sizes of a long signal's chunks."""

    size: int = 4_096  # steps computed at a time
    margin: int = 256  # steps of context on either side


def in_chunks(
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    ratio: float,
    size: int = 4_096,
    margin: int = 256,
) -> Tensor:
    """Apply `function` to the chunks of (..., L): (..., L * ratio).

    Each chunk is computed with margins, which are cut off again. The result equals `function(x)` if
    no output depends on inputs more than `margin` away. Every call gets `size` + 2 `margin` steps,
    or all steps of a shorter signal. So a network that normalises over time always normalises over
    the same number of steps.

    Args:
        function: maps a length l to l * ratio along the last axis.
        x: the whole signal.
        ratio: output steps for each input step; size, margin and L times it must be whole.
        size: input steps computed at a time.
        margin: input steps of context on either side.
    """
    length, steps = x.shape[-1], size + 2 * margin
    parts = []
    for start in range(0, length, size):
        first, stop = max(0, min(start - margin, length - steps)), min(start + size, length)
        part = function(x[..., first : first + steps])
        parts.append(part[..., round((start - first) * ratio) : round((stop - first) * ratio)])
    return torch.cat(parts, -1)
