"""The fast form of the VQ-VAE compared with the readable form, and its use of phases."""

import pytest
import torch
from torch.nn.functional import interpolate

from jukedrummer.model.paper.fast import vqvae as fast_vqvae
from jukedrummer.model.paper.fast.convolution import Winograd, in_phases, join
from jukedrummer.model.paper.fast.vqvae import NARROWEST, FastPaperVQVAE, PhasedResampler, pays
from jukedrummer.model.paper.vqvae import PaperVQVAE, PaperVQVAEConfig


@pytest.mark.parametrize("scale", [0.25, 0.5, 1, 2, 4])
def test_rescaling_keeps_the_form(scale: float) -> None:
    x = torch.randn(2, 3, 16)
    expected = interpolate(x, scale_factor=scale)
    torch.testing.assert_close(PhasedResampler.rescale(x, scale), expected)
    assert PhasedResampler.rescale(in_phases(x), scale).dim() == 4
    torch.testing.assert_close(join(PhasedResampler.rescale(in_phases(x), scale)), expected)


def test_phases_pay_for_wide_groups_in_single_precision() -> None:
    x = torch.zeros(1, 1, 1)
    assert pays(x, NARROWEST)
    assert not pays(x, NARROWEST - 1)
    assert not pays(x.to("meta"), 512)
    with torch.autocast("cpu", torch.bfloat16):
        assert not pays(x, 512)


@pytest.mark.parametrize("frames_per_code", [2, 4, 8])
@pytest.mark.parametrize(("frames", "phases"), [(64, True), (104, False)])
def test_the_whole_network_is_the_same_in_both_forms(
    frames_per_code: int, frames: int, phases: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 13 times 8 frames and 8 frames for each code, a scale is odd, so phases are not used."""
    config = PaperVQVAEConfig(width=16, groups=4, codebook_size=8, code_dim=4, crop_frames=frames)
    torch.manual_seed(0)
    mel = torch.randn(2, 10, frames)
    results, calls = [], []
    plain = Winograd.apply
    monkeypatch.setattr(Winograd, "apply", lambda *inputs: calls.append(1) or plain(*inputs))
    for family, narrowest in ((PaperVQVAE, 1), (FastPaperVQVAE, 10_000), (FastPaperVQVAE, 1)):
        monkeypatch.setattr(fast_vqvae, "NARROWEST", narrowest)
        torch.manual_seed(1)
        model = family(config, 10, frames_per_code)
        model.quantizer.codebook.normal_()
        model.quantizer.started.fill_(True)
        result = model(mel)
        (result.mel - result.target).square().mean().backward()
        gradients = {name: value.grad for name, value in model.named_parameters()}
        results.append((result.mel, result.codes, gradients))
        assert bool(calls) == (
            narrowest == 1 and family is FastPaperVQVAE and (phases or frames_per_code < 8)
        )
    torch.testing.assert_close(results[1], results[0], atol=0, rtol=0)
    torch.testing.assert_close(results[2], results[0], atol=1e-5, rtol=1e-3)
