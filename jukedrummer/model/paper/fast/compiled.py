"""The decoder's layers for one position at a time, compiled. Memory bandwidth limits the speed.

A step reads all weights and computes little. But PyTorch calls about three hundred small operations
for it. TorchInductor compiles several layers to one function. Their matrix products are written as
sums, so that it can fuse them. The first call in a process compiles. This takes half a minute for
each batch size, or seconds if PyTorch's cache on disk has the result. So `LayerStep` is used for
short pieces, with the same logits up to rounding.
"""

from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, linear, silu

from jukedrummer.model.paper.fast.cache import FactoredCache, attend_masked, group_size, place
from jukedrummer.model.paper.fast.step import StepWeights

# Layers that are compiled as one function: a cycle of patterns. More layers take longer to compile.
# Fewer layers need more calls for a step.
LAYERS = 10
ROWS = 8  # up to this batch size, each weight is read once for all rows
BATCH_SIZES = 64  # each is compiled separately

Layers = Callable[[Tensor, Tensor, int, tuple[int, ...], list[StepWeights], list[Tensor]], Tensor]


class CompiledLayers:
    """All layers of the decoder. A call computes the next position.

    Args:
        weights: weights of each layer.
        caches: cache of each layer. Other code may fill them.
        block: positions in a block.

    Attributes:
        broken: whether compiling failed once in this process.
    """

    broken = False

    def __init__(
        self, weights: Sequence[StepWeights], caches: Sequence[FactoredCache], block: int
    ) -> None:
        layers = list(zip(weights, caches, strict=True))
        self.block = block
        self.parts = [layers[start : start + LAYERS] for start in range(0, len(layers), LAYERS)]

    def __call__(self, x: Tensor, position: int) -> Tensor:
        """One position, (B, D) to the same shape.

        Raises:
            RuntimeError: the layers cannot be compiled, e.g. without a C++ compiler.
            OSError: PyTorch's cache on disk cannot be written.
        """
        run = compiled_layers()
        at = torch.tensor([position])
        for part in self.parts:
            x = run(
                x,
                at,
                self.block,
                tuple(int(kept.pattern) for _, kept in part),
                [weights for weights, _ in part],
                [kept.stored for _, kept in part],
            )
        return x


@cache
def compiled_layers() -> Layers:
    """`run_layers`, which is compiled when it is called."""
    compiled: Layers = torch.compile(  # type: ignore[call-overload]  # it lacks recompile_limit
        run_layers,
        fullgraph=True,
        dynamic=False,
        recompile_limit=BATCH_SIZES,
        options={"cpp.enable_floating_point_contract_flag": "fast"},
    )
    return compiled


def run_layers(
    x: Tensor,
    position: Tensor,
    block: int,
    patterns: tuple[int, ...],
    weights: list[StepWeights],
    stored: list[Tensor],
) -> Tensor:
    """`LayerStep` of several layers, in operations of fixed shapes.

    Args:
        x: (B, D).
        position: (1,).
        block: positions in a block.
        patterns: patterns of the layers.
        weights: weights of the layers.
        stored: keys and values of the layers.

    Returns:
        (B, D).
    """
    for pattern, own, kept in zip(patterns, weights, stored, strict=True):
        where = place(pattern, position, block, len(kept))
        members = group_size(pattern, block, len(kept))
        projected = _product(layer_norm(x, x.shape[1:]), own.weight_in, own.bias_in)
        attended = attend_masked(kept, members, projected, where)
        x = x + _product(attended, own.weight_out, own.bias_out)
        hidden = silu(_product(layer_norm(x, x.shape[1:]), own.weight_mlp_in, own.bias_mlp_in))
        x = x + _product(hidden, own.weight_mlp_out, own.bias_mlp_out)
    return x


def _product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`linear`: (B, I) to (B, O)."""
    # A strided view forces x into memory. Otherwise x would be computed again for each output.
    x = torch.as_strided(x, x.shape, x.stride())
    if len(x) > ROWS:
        return linear(x, weight, bias)
    return torch.stack([(row * weight).sum(-1) for row in x.unbind()]) + bias
