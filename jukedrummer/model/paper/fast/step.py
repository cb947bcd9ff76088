"""A decoder layer for one position at a time. Sampling spends most of its time here.

A step takes at least the time to read all weights. So this file uses matrices instead of modules.
They are made once for each window, and contain the norms' gains, the attention's scale and the
constant of the activation.
"""

from typing import NamedTuple

from torch import Tensor, addmm, nn
from torch.nn.functional import layer_norm, silu

from jukedrummer.model.paper.fast.cache import FactoredCache, Place
from jukedrummer.model.paper.lm import QUICK_GELU, PaperLayer


def folded(norm: nn.LayerNorm, linear: nn.Linear) -> tuple[Tensor, Tensor]:
    """Bias (O,) and matrix (O, I) of a linear layer, with gain and bias of the norm before it."""
    return linear.weight @ norm.bias + linear.bias, linear.weight * norm.weight


class StepWeights(NamedTuple):
    """A layer's biases (O,) and matrices (O, I), with all constants in them."""

    bias_in: Tensor
    weight_in: Tensor
    bias_out: Tensor
    weight_out: Tensor
    bias_mlp_in: Tensor
    weight_mlp_in: Tensor
    bias_mlp_out: Tensor
    weight_mlp_out: Tensor


def step_weights(layer: PaperLayer) -> StepWeights:
    """The weights of a layer. Quick GELU of x is silu(1.702 x) / 1.702."""
    attention = layer.attention
    bias_in, weight_in = folded(layer.norm_attention, attention.project_in)
    scale = bias_in.new_ones(len(bias_in))
    scale[: attention.inner] = (attention.inner // attention.heads) ** -0.5
    bias_mlp_in, weight_mlp_in = folded(layer.norm_mlp, layer.mlp_in)
    return StepWeights(
        bias_in * scale,
        weight_in * scale[:, None],
        attention.project_out.bias.detach(),
        attention.project_out.weight.detach(),
        QUICK_GELU * bias_mlp_in,
        QUICK_GELU * weight_mlp_in,
        layer.mlp_out.bias.detach(),
        layer.mlp_out.weight / QUICK_GELU,
    )


class LayerStep:
    """A layer for one position. The memory layout of its matrices suits a product with a row.

    Args:
        weights: weights of the layer.
        cache: keys and values so far; in CROSS, those of the encoder.
    """

    def __init__(self, weights: StepWeights, cache: FactoredCache) -> None:
        self.cache = cache
        self.weights = StepWeights(
            *(value.T.contiguous() if value.dim() == 2 else value for value in weights)
        )

    def __call__(self, x: Tensor, where: Place[int]) -> Tensor:
        """One position, (B, D) to the same shape; `where` is its place in the cache."""
        own, width = self.weights, x.shape[1:]
        projected = addmm(own.bias_in, layer_norm(x, width), own.weight_in)
        attended = self.cache.attend(projected, where)
        x = x + own.bias_out
        if attended is not None:
            x = x.addmm_(attended, own.weight_out)
        hidden = silu(addmm(own.bias_mlp_in, layer_norm(x, width), own.weight_mlp_in), inplace=True)
        return (x + own.bias_mlp_out).addmm_(hidden, own.weight_mlp_out)
