"""Winograd's convolution on phases against PyTorch's on frames: values and gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv1d

from jukedrummer.model.paper.fast.convolution import PhasedConvolution, Winograd, in_phases, join
from jukedrummer.model.paper.vqvae import convolution


def make(inputs: int, outputs: int, groups: int = 1) -> PhasedConvolution:
    return PhasedConvolution(convolution(inputs, outputs, groups))


@settings(deadline=None, max_examples=30)
@given(
    clips=st.integers(1, 3),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 4),
    pairs=st.integers(1, 9),
    groups=st.sampled_from([1, 2, 4]),
)
def test_values_are_those_of_the_plain_convolution(
    clips: int, inputs: int, outputs: int, pairs: int, groups: int
) -> None:
    layer = make(inputs * groups, outputs * groups, groups).double()
    x = torch.randn(clips, inputs * groups, 2 * pairs, dtype=torch.double)
    expected = conv1d(x, layer.weight, layer.bias, padding=1, groups=groups)
    torch.testing.assert_close(join(layer(in_phases(x))), expected)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("groups", [1, 2])
def test_gradients_are_those_of_finite_differences(groups: int) -> None:
    torch.manual_seed(0)
    layer = make(4, 6, groups).double()
    x = torch.randn(2, 4, 2, 5, dtype=torch.double, requires_grad=True)
    apply = lambda x, weight, bias: Winograd.apply(x, weight, bias, groups)  # noqa: E731
    assert torch.autograd.gradcheck(apply, (x, layer.weight, layer.bias))


def test_the_first_layers_input_needs_no_gradient() -> None:
    layer, x = make(4, 4), torch.randn(2, 4, 2, 5)
    layer(x).sum().backward()
    assert layer.weight.grad.abs().sum() > 0
    assert x.grad is None


def test_in_single_precision_it_is_as_exact_as_sound_needs() -> None:
    torch.manual_seed(0)
    layer, x = make(512, 512), torch.randn(1, 512, 64)
    exact = conv1d(x.double(), layer.weight.double(), layer.bias.double(), padding=1)
    assert (join(layer(in_phases(x))) - exact).abs().max() < 1e-5


def test_joining_undoes_splitting() -> None:
    x = torch.randn(2, 3, 8)
    torch.testing.assert_close(in_phases(x)[:, :, 1], x[..., 1::2])
    assert torch.equal(join(in_phases(x)), x)
