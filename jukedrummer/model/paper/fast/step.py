"""A decoder layer for one position at a time: what sampling spends its time in.

On a processor a step takes as long as it takes to read the weights, if nothing else is done. So here are no
modules, but matrices that are made once a window; norms' gains, the attention's scale and the constant of the
perceptron's activation are multiplied into them.
"""

from typing import NamedTuple

from torch import Tensor, addmm, nn
from torch.nn.functional import layer_norm, silu

from jukedrummer.model.paper.attention import Cache, FactoredAttention, Place

QUICK_GELU = 1.702  # quick GELU of x is silu(1.702 x) / 1.702


def folded(norm: nn.LayerNorm, linear: nn.Linear) -> tuple[Tensor, Tensor]:
    """Bias (O,) and matrix (O, I) of a linear layer that takes over the gain and bias of the norm before."""
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


def step_weights(
    norm_attention: nn.LayerNorm,
    attention: FactoredAttention,
    norm_mlp: nn.LayerNorm,
    mlp_in: nn.Linear,
    mlp_out: nn.Linear,
) -> StepWeights:
    """Of the parts of a layer."""
    bias_in, weight_in = folded(norm_attention, attention.project_in)
    scale = bias_in.new_ones(len(bias_in))
    scale[: attention.inner] = (attention.inner // attention.heads) ** -0.5
    bias_mlp_in, weight_mlp_in = folded(norm_mlp, mlp_in)
    return StepWeights(
        bias_in * scale,
        weight_in * scale[:, None],
        attention.project_out.bias.detach(),
        attention.project_out.weight.detach(),
        QUICK_GELU * bias_mlp_in,
        QUICK_GELU * weight_mlp_in,
        mlp_out.bias.detach(),
        mlp_out.weight / QUICK_GELU,
    )


class LayerStep:
    """The weights of a layer, and its step; matrices lie as a row vector times them reads them.

    Args:
        weights: the layer's.
        cache: keys and values so far; in CROSS the encoder's.
    """

    def __init__(self, weights: StepWeights, cache: Cache) -> None:
        self.cache = cache
        self.weights = StepWeights(
            *(value.T.contiguous() if value.dim() == 2 else value for value in weights)
        )

    def __call__(self, x: Tensor, where: Place) -> Tensor:
        """One position, (B, D) to the same; `where` is its place in the cache."""
        own, width = self.weights, x.shape[1:]
        projected = addmm(own.bias_in, layer_norm(x, width), own.weight_in)
        heard = self.cache.attend(projected, where)
        x = x + own.bias_out
        if heard is not None:
            x = x.addmm_(heard, own.weight_out)
        hidden = silu(addmm(own.bias_mlp_in, layer_norm(x, width), own.weight_mlp_in), inplace=True)
        return (x + own.bias_mlp_out).addmm_(hidden, own.weight_mlp_out)
