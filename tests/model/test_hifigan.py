"""HiFi-GAN: the paper's sizes, exact lengths, the margin; the input of the discriminators."""

import pytest
import torch

from jukedrummer.config import MelConfig, changed, load
from jukedrummer.errors import UserError
from jukedrummer.model.discriminators import PERIODS, Discriminators, PeriodDiscriminator
from jukedrummer.model.vocoders.hifigan import HiFiGAN, HiFiGANConfig
from jukedrummer.model.weight_norm import plain_weights, with_weight_norm

SMALL = HiFiGANConfig(width=16)
MEL = MelConfig()


def count(network: torch.nn.Module) -> int:
    return sum(value.numel() for value in network.parameters())


def test_sizes_are_the_papers() -> None:
    """13.92 M weights in the paper's table 1; 41.1 and 29.6 M in its code's two discriminators."""
    with torch.device("meta"):
        generator, discriminators = HiFiGAN(changed(SMALL, width=512), MEL), Discriminators(1_024)
    assert count(generator) == pytest.approx(13.92e6, rel=1e-3)
    assert count(discriminators.periods) == pytest.approx(41.1e6, rel=1e-3)
    assert count(discriminators.scales) == pytest.approx(29.6e6, rel=1e-3)


@pytest.mark.parametrize("upsample", [(8, 8, 2, 2), (16, 16), (5, 3, 2), (2, 3, 3)])
def test_every_frame_gives_hop_samples(upsample: tuple[int, ...]) -> None:
    hop = int(torch.tensor(upsample).prod())
    audio = HiFiGAN(changed(SMALL, upsample=upsample), MelConfig(hop=hop))(torch.randn(2, 80, 11))
    assert audio.shape == (2, 11 * hop)
    assert audio.abs().max() <= 1


@pytest.mark.parametrize(("upsample", "kernels"), [((8, 8, 2, 2), (3, 7, 11)), ((2, 3, 3), (5,))])
def test_samples_depend_on_the_frames_within_the_margin(
    upsample: tuple[int, ...], kernels: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    hop = int(torch.tensor(upsample).prod())
    config = changed(SMALL, upsample=upsample, kernels=kernels)
    vocoder = HiFiGAN(config, MelConfig(hop=hop)).double()
    centre, frames = 70, 141
    mel = torch.randn(1, 80, frames, dtype=torch.double, requires_grad=True)
    vocoder(mel)[0, centre * hop : (centre + 1) * hop].abs().sum().backward()
    reached = mel.grad[0].abs().sum(0).nonzero()[:, 0] - centre
    assert vocoder.margin - 3 <= reached.abs().max() <= vocoder.margin


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"upsample": (8, 8, 2)}, r"vocoder.upsample is \[8, 8, 2\]; .* product is mel.hop 256"),
        ({"upsample": (-16, -16)}, r"vocoder.upsample is \[-16, -16\]"),
        ({"upsample": ()}, r"vocoder.upsample is \[\]"),
        ({"width": 24}, r"vocoder.width is 24; .* a multiple of 16"),
        ({"kernels": (3, 4)}, r"vocoder.kernels is \[3, 4\]: expected odd"),
    ],
)
def test_sizes_that_do_not_fit_are_rejected(change: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        HiFiGAN(changed(SMALL, **change), MEL)


def test_a_config_whose_vocoder_does_not_fit_its_mel_is_rejected() -> None:
    load({"vocoder": {"kind": "istft"}})
    with pytest.raises(UserError, match=r"product is mel.hop 256"):
        load({"vocoder": {"kind": "hifigan", "upsample": [8, 8]}})


def test_weight_norm_comes_and_goes() -> None:
    torch.manual_seed(0)
    mel, generator = torch.randn(1, 80, 8), HiFiGAN(SMALL, MEL)
    before = generator(mel)
    normed = with_weight_norm(generator)
    torch.testing.assert_close(normed(mel), before)
    normed.embed.parametrizations.weight.original0.data *= 2
    plain = HiFiGAN(SMALL, MEL)
    plain.load_state_dict(plain_weights(normed))
    torch.testing.assert_close(plain(mel), normed(mel))
    assert not torch.allclose(plain(mel), before)


def test_a_column_of_a_period_is_every_pth_sample() -> None:
    discriminator, audio = PeriodDiscriminator(3, 32), torch.randn(1, 600, requires_grad=True)
    discriminator(audio)[-1][..., 1].square().sum().backward()
    reached = audio.grad[0].nonzero()[:, 0]
    assert len(reached) > 150
    assert (reached % 3 == 1).all()


def test_all_discriminators_work_at_their_own_rate_and_learn() -> None:
    discriminators, audio = Discriminators(32), torch.randn(2, 2_050)
    results = discriminators(audio)
    assert [outputs[-1].shape[-1] for outputs in results[: len(PERIODS)]] == list(PERIODS)
    lengths = [outputs[0].shape[-1] for outputs in results[len(PERIODS) :]]
    assert lengths == [2_050, 1_026, 514]
    sum(outputs[-1].square().sum() for outputs in results).backward()
    assert all(
        value.grad.isfinite().all() and value.grad.any() for value in discriminators.parameters()
    )


def test_the_first_scale_is_spectrally_normalised() -> None:
    discriminators = Discriminators(64)
    for _ in range(30):  # every forward pass continues its power iteration
        discriminators(torch.randn(1, 512))
    layer = discriminators.scales[0].layers[-1]
    largest = torch.linalg.svdvals(layer.weight.detach().flatten(1))[0]
    assert largest == pytest.approx(1, abs=0.1)
