"""Convolutions of three taps with two thirds of the multiplications, for a processor.

The paper's VQ-VAE spends nearly all its training time in them. Winograd's F(2, 3) (Lavin and Gray
2015, arXiv 1509.09308) computes two neighbouring outputs from four products instead of six. Each
product is a matrix product. This needs separate even and odd frames: the phases. A network splits
its input into phases, (B, D, T) to (B, D, 2, T / 2), works on them throughout, and joins them at
its end. GPUs have their own fast convolutions and use the plain form.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d

Products = tuple[Tensor, Tensor, Tensor, Tensor]


def in_phases(x: Tensor) -> Tensor:
    """Even and odd frames: (B, D, T) to (B, D, 2, T / 2)."""
    return torch.unflatten(x, -1, (-1, 2)).transpose(-1, -2).contiguous()


def join(x: Tensor) -> Tensor:
    """(B, D, T) of either form."""
    return x if x.dim() == 3 else x.transpose(-1, -2).flatten(-2)


class PhasedConvolution(nn.Module):
    """A convolution of three taps that keeps the length, for both forms of the input.

    Args:
        convolution: the convolution whose weights it uses.
    """

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias
        self.groups = convolution.groups

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T) or (B, inputs, 2, T / 2) to the same form of the outputs."""
        if x.dim() == 3:
            return conv1d(x, self.weight, self.bias, padding=1, groups=self.groups)
        result: Tensor = Winograd.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.bias, self.groups
        )
        return result


def _taps(weight: Tensor, groups: int) -> Products:
    """The matrices of the four products, (G, outputs, inputs) each."""
    first, middle, last = torch.unflatten(weight, 0, (groups, -1)).unbind(-1)
    ends, middle = (first + last) / 2, middle / 2
    return first.contiguous(), ends + middle, ends - middle, last.contiguous()


def _untaps(gradients: list[Tensor]) -> Tensor:
    """Gradient of the weight from those of the four matrices."""
    first, plus, minus, last = gradients
    ends = (plus + minus) / 2
    return torch.stack([first + ends, (plus - minus) / 2, last + ends], -1).flatten(0, 1)


def _frames(x: Tensor) -> Products:
    """The factors of the matrices: (G, D, 2, N) to (G, D, N) each, with zeros around the clip."""
    even, odd = x.unbind(2)
    before, after = even.new_empty(even.shape), even.new_empty(even.shape)
    torch.neg(odd[..., 0], out=before[..., 0])
    torch.sub(odd[..., :-1], odd[..., 1:], out=before[..., 1:])
    torch.sub(even[..., :-1], even[..., 1:], out=after[..., :-1])
    after[..., -1] = even[..., -1]
    return before, even + odd, odd - even, after


class Winograd(torch.autograd.Function):
    """The convolution of phases: x (B, inputs, 2, N), weight, bias, groups to (B, outputs, 2, N).

    It computes one clip after the other, because the data of one fits into the cache. The gradient
    is implemented here, because autograd would store the products' inputs, which take twice the
    memory of x.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int) -> Tensor:
        """The outputs."""
        ctx.save_for_backward(x, weight)
        ctx.groups = groups
        taps = _taps(weight, groups)
        y = x.new_empty(len(x), len(weight), *x.shape[2:])
        column = bias.view(groups, -1, 1)
        for clip, result in zip(_grouped(x, groups), _grouped(y, groups), strict=True):
            frames = _frames(clip)
            even, odd = result.unbind(2)
            plus = torch.baddbmm(column, taps[1], frames[1])
            minus = torch.bmm(taps[2], frames[2])
            torch.add(plus, minus, out=even).baddbmm_(taps[0], frames[0])
            torch.sub(plus, minus, out=odd).baddbmm_(taps[3], frames[3], alpha=-1)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None]:
        """The gradients of x, weight and bias from that of the outputs."""
        x, weight = ctx.saved_tensors
        taps = _taps(weight, ctx.groups)
        of_taps = [torch.zeros_like(tap) for tap in taps]
        of_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        gradient = gradient.contiguous()
        for index, (clip, of_clip) in enumerate(
            zip(_grouped(x, ctx.groups), _grouped(gradient, ctx.groups), strict=True)
        ):
            even, odd = of_clip.unbind(2)
            products = (even, even + odd, even - odd, odd)
            for total, product, frames, sign in zip(
                of_taps, products, _frames(clip), (1, 1, 1, -1), strict=True
            ):
                total.baddbmm_(product, frames.mT, alpha=sign)
            if of_x is not None:
                _back(taps, products, _grouped(of_x, ctx.groups)[index])
        return of_x, _untaps(of_taps), gradient.sum((0, 2, 3)), None


def _grouped(x: Tensor, groups: int) -> Tensor:
    """(B, D, 2, N) to (B, G, D / G, 2, N)."""
    return torch.unflatten(x, 1, (groups, -1))


def _back(taps: Products, products: Products, result: Tensor) -> None:
    """Write the gradient of a clip's phases, (G, D, 2, N), from those of the products."""
    before, plus, minus, after = (
        torch.bmm(tap.mT, product) for tap, product in zip(taps, products, strict=True)
    )
    even, odd = result.unbind(2)
    torch.sub(plus, minus, out=even).sub_(after)
    even[..., 1:] += after[..., :-1]
    torch.add(plus, minus, out=odd).sub_(before)
    odd[..., :-1] += before[..., 1:]
