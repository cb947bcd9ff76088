"""Winograd's convolution on phases against PyTorch's on frames: values, gradients, and where it is used."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv1d, interpolate

from jukedrummer.config import VQVAEConfig
from jukedrummer.model.paper.fast import convolution
from jukedrummer.model.paper.fast.convolution import Convolution, join, pays, rescale, split
from jukedrummer.model.paper.vqvae import PaperVQVAE


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
    layer = Convolution(inputs * groups, outputs * groups, groups).double()
    x = torch.randn(clips, inputs * groups, 2 * pairs, dtype=torch.double)
    expected = conv1d(x, layer.weight, layer.bias, padding=1, groups=groups)
    torch.testing.assert_close(join(layer(split(x))), expected)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("groups", [1, 2])
def test_gradients_are_those_of_finite_differences(groups: int) -> None:
    torch.manual_seed(0)
    layer = Convolution(4, 6, groups).double()
    x = torch.randn(2, 4, 2, 5, dtype=torch.double, requires_grad=True)
    apply = lambda x, weight, bias: convolution._Winograd.apply(x, weight, bias, groups)  # noqa: E731
    assert torch.autograd.gradcheck(apply, (x, layer.weight, layer.bias))


def test_the_first_layers_input_needs_no_gradient() -> None:
    layer, x = Convolution(4, 4), torch.randn(2, 4, 2, 5)
    layer(x).sum().backward()
    assert layer.weight.grad.abs().sum() > 0
    assert x.grad is None


def test_in_single_precision_it_is_as_exact_as_sound_needs() -> None:
    torch.manual_seed(0)
    layer, x = Convolution(512, 512), torch.randn(1, 512, 64)
    exact = conv1d(x.double(), layer.weight.double(), layer.bias.double(), padding=1)
    assert (join(layer(split(x))) - exact).abs().max() < 1e-5


@pytest.mark.parametrize("scale", [0.25, 0.5, 1, 2, 4])
def test_rescaling_keeps_the_form(scale: float) -> None:
    x = torch.randn(2, 3, 16)
    expected = interpolate(x, scale_factor=scale)
    torch.testing.assert_close(rescale(x, scale), expected)
    assert rescale(split(x), scale).dim() == 4
    torch.testing.assert_close(join(rescale(split(x), scale)), expected)


def test_joining_undoes_splitting() -> None:
    x = torch.randn(2, 3, 8)
    torch.testing.assert_close(split(x)[:, :, 1], x[..., 1::2])
    assert torch.equal(join(split(x)), x)


def test_it_pays_for_wide_groups_in_single_precision() -> None:
    x = torch.zeros(1, 1, 1)
    assert pays(x, convolution.NARROWEST)
    assert not pays(x, convolution.NARROWEST - 1)
    assert not pays(x.to("meta"), 512)
    with torch.autocast("cpu", torch.bfloat16):
        assert not pays(x, 512)


@pytest.mark.parametrize("frames_per_code", [2, 4, 8])
@pytest.mark.parametrize(("frames", "phases"), [(64, True), (104, False)])
def test_the_whole_network_is_the_same_in_both_forms(
    frames_per_code: int, frames: int, phases: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """13 times 8 frames: with 8 frames a code a scale is odd, and the network keeps the plain form."""
    torch.manual_seed(0)
    config = VQVAEConfig(
        family="paper", width=16, groups=4, codebook=8, code_dim=4, crop_frames=frames
    )
    model, mel = PaperVQVAE(config, 10, frames_per_code), torch.randn(2, 10, frames)
    model.quantizer.codebook.normal_()
    model.quantizer.started.fill_(True)
    results, used = [], []
    plain = convolution._Winograd.apply
    monkeypatch.setattr(
        convolution._Winograd, "apply", lambda *inputs: used.append(1) or plain(*inputs)
    )
    for narrowest in (10_000, 1):
        monkeypatch.setattr(convolution, "NARROWEST", narrowest)
        model.zero_grad()
        result = model(mel)
        (result.mel - result.target).square().mean().backward()
        results.append((result.mel, result.codes, [value.grad for value in model.parameters()]))
    assert bool(used) == (phases or frames_per_code < 8)
    torch.testing.assert_close(results[1], results[0], atol=1e-5, rtol=1e-3)
