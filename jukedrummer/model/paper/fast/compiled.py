"""The decoder's layers for one position at a time, compiled: sampling at the speed of the memory.

A step reads all weights and computes little, but PyTorch calls some three hundred small operations for it.
Here TorchInductor makes one function of several layers, whose matrix products are written as sums because it
fuses these. The first call of a process compiles: half a minute for a batch size, seconds where PyTorch's
cache on disk has it. So short jobs are played by `LayerStep`, with the same logits up to rounding.
"""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, linear, silu

from jukedrummer.model.paper.attention import Cache, Pattern, attend_masked, place
from jukedrummer.model.paper.fast.step import StepWeights

LAYERS = (
    10  # compiled as one, a cycle of patterns: more compile longer, fewer cost more calls a step
)
ROWS = 8  # a batch up to this is taken row by row, so that each weight is read once
BATCH_SIZES = 64  # each compiles for itself


class CompiledLayers:
    """All layers of the decoder; called, they take the next position.

    Args:
        weights: of each layer.
        caches: of each layer; shared with who fills them.
        block: positions a block.
    """

    broken = False  # whether compiling failed once in this process

    def __init__(self, weights: Sequence[StepWeights], caches: Sequence[Cache], block: int) -> None:
        layers = list(zip(weights, caches, strict=True))
        self.block = block
        self.parts = [layers[start : start + LAYERS] for start in range(0, len(layers), LAYERS)]

    def __call__(self, x: Tensor, position: int) -> Tensor:
        """One position, (B, D) to the same.

        Raises:
            RuntimeError: it cannot be compiled, e.g. for want of a C++ compiler.
            OSError: PyTorch's cache on disk cannot be written.
        """
        at = torch.tensor([position])
        for part in self.parts:
            x = _compiled()(
                x,
                at,
                self.block,
                tuple(int(cache.pattern) for _, cache in part),
                [weights for weights, _ in part],
                [cache.stored for _, cache in part],
            )
        return x


@cache
def _compiled() -> object:
    return torch.compile(
        _layers,
        fullgraph=True,
        dynamic=False,
        recompile_limit=BATCH_SIZES,
        options={"cpp.enable_floating_point_contract_flag": "fast"},
    )


def _layers(
    x: Tensor,
    position: Tensor,
    block: int,
    patterns: tuple[int, ...],
    weights: list[StepWeights],
    stored: list[Tensor],
) -> Tensor:
    """What `LayerStep` does, for several layers and in operations of fixed shapes."""
    for pattern, own, kept in zip(patterns, weights, stored, strict=True):
        where = place(pattern, position, block, len(kept))
        members = {Pattern.COLUMN: len(kept) // block, Pattern.CROSS: len(kept)}.get(pattern, block)
        projected = _product(layer_norm(x, x.shape[1:]), own.weight_in, own.bias_in)
        heard = attend_masked(kept, members, projected, where)
        x = x + _product(heard, own.weight_out, own.bias_out)
        hidden = silu(_product(layer_norm(x, x.shape[1:]), own.weight_mlp_in, own.bias_mlp_in))
        x = x + _product(hidden, own.weight_mlp_out, own.bias_mlp_out)
    return x


def _product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`linear`: (B, I) to (B, O)."""
    # A view by strides must have something to view: else all of x is computed again for each output.
    x = torch.as_strided(x, x.shape, x.stride())
    if len(x) > ROWS:
        return linear(x, weight, bias)
    return torch.stack([(row * weight).sum(-1) for row in x.unbind()]) + bias
