"""A decoder layer for one position at a time: what sampling spends its time in.

On a processor a step takes as long as it takes to read the weights, if nothing else is done. So here are no
modules, but matrices that are made once a window and lie as a row vector times them reads them; norms' gains,
the attention's scale and the constant of the perceptron's activation are multiplied into them.
"""

from torch import Tensor, addmm, nn
from torch.nn.functional import layer_norm, silu

from jukedrummer.model.paper.attention import Cache, FactoredAttention, Place

QUICK_GELU = 1.702  # quick GELU of x is silu(1.702 x) / 1.702


def folded(norm: nn.LayerNorm, linear: nn.Linear) -> tuple[Tensor, Tensor]:
    """Bias (O,) and matrix (O, I) of a linear layer that takes over the gain and bias of the norm before."""
    return linear.weight @ norm.bias + linear.bias, linear.weight * norm.weight


class LayerStep:
    """The weights of a layer, and its step.

    Args:
        norm_attention, attention, norm_mlp, mlp_in, mlp_out: the layer's parts.
        cache: keys and values so far; in CROSS the encoder's.
    """

    def __init__(
        self,
        norm_attention: nn.LayerNorm,
        attention: FactoredAttention,
        norm_mlp: nn.LayerNorm,
        mlp_in: nn.Linear,
        mlp_out: nn.Linear,
        cache: Cache,
    ) -> None:
        self.cache = cache
        bias, weight = folded(norm_attention, attention.project_in)
        scale = bias.new_ones(len(bias))
        scale[: attention.inner] = (attention.inner // attention.heads) ** -0.5
        self.bias_in, self.weight_in = bias * scale, _turned(weight * scale[:, None])
        self.bias_out, self.weight_out = attention.project_out.bias, _turned(attention.project_out.weight)
        bias, weight = folded(norm_mlp, mlp_in)
        self.bias_mlp_in, self.weight_mlp_in = QUICK_GELU * bias, _turned(QUICK_GELU * weight)
        self.bias_mlp_out, self.weight_mlp_out = mlp_out.bias, _turned(mlp_out.weight / QUICK_GELU)

    def __call__(self, x: Tensor, where: Place) -> Tensor:
        """One position, (B, D) to the same; `where` is its place in the cache."""
        width = x.shape[1:]
        projected = addmm(self.bias_in, layer_norm(x, width), self.weight_in)
        heard = self.cache.attend(projected, where)
        x = x + self.bias_out
        if heard is not None:
            x = x.addmm_(heard, self.weight_out)
        hidden = silu(addmm(self.bias_mlp_in, layer_norm(x, width), self.weight_mlp_in), inplace=True)
        return (x + self.bias_mlp_out).addmm_(hidden, self.weight_mlp_out)


def _turned(weight: Tensor) -> Tensor:
    """(O, I) to (I, O), contiguous."""
    return weight.T.contiguous()
