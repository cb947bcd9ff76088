"""HiFi-GAN's training: two networks, one state for both, plain weights at the end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig, TrainedVocoderConfig, changed
from jukedrummer.errors import UserError
from jukedrummer.model.build import load_model, load_vqvae
from jukedrummer.model.vocoders.hifigan import HiFiGAN, HiFiGANConfig
from jukedrummer.model.vocoders.istft import ISTFTConfig
from jukedrummer.training import vocoder_task
from jukedrummer.training.hifigan import (
    HiFiGANTask,
    discriminator_loss,
    feature_distance,
    frozen,
    generator_loss,
)
from jukedrummer.training.recordings import recordings
from jukedrummer.training.vocoder import fit_vocoder
from jukedrummer.training.vocoder_task import CONTEXT
from tests import tiny
from tests.training import synthetic
from tests.training.synthetic import MEL

OPTIM = changed(
    synthetic.OPTIM, steps=6, batch_size=2, learning_rate=1e-3, validate_every=3, save_every=2
)
GAN = HiFiGANConfig(width=16, kernels=(3,), discriminator_width=32, crop_frames=16, optim=OPTIM)
ISTFT = ISTFTConfig(width=16, blocks=1, crop_frames=16, optim=OPTIM)


@pytest.fixture(scope="module", autouse=True)
def short_validation() -> Iterator[None]:
    """Four crops, for speed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocoder_task, "VALID_CROPS", 4)
        yield


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_pairs(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return tiny.write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def whole(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training without an interruption."""
    folder = tmp_path_factory.mktemp("whole")
    fit_vocoder([pairs], folder, mel=MEL, vocoder=GAN)
    return folder


def task(pairs: Path, config: HiFiGANConfig = GAN) -> HiFiGANTask:
    torch.manual_seed(0)
    tracks = recordings([pairs], "train")
    return HiFiGANTask(HiFiGAN(config, MEL), config, MEL, tracks, recordings([pairs], "valid"))


def test_losses_follow_their_definitions() -> None:
    real = [[torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])], [torch.tensor([0.5])]]
    generated = [[torch.tensor([0.0, 4.0]), torch.tensor([1.0, 1.0])], [torch.tensor([-1.0])]]
    assert discriminator_loss(real, generated).item() == pytest.approx((0.5 + 1) + (0.25 + 1))
    assert generator_loss(generated).item() == pytest.approx(0 + 4)
    assert feature_distance(real, generated).item() == pytest.approx(1.5 + 0.5 + 1.5)


def test_gradients_pass_through_a_frozen_network() -> None:
    network, x = torch.nn.Linear(3, 1), torch.ones(3, requires_grad=True)
    with frozen(network):
        y = network(x)
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.any()
    assert network.weight.grad is None
    assert network.weight.requires_grad


def test_each_optimizer_step_changes_its_own_network(pairs: Path) -> None:
    training = task(pairs).train()
    batch = training.batch(0, slice(None))
    discriminators, generator = training.optimizer_steps()
    getattr(training, discriminators.method)(*batch)[discriminators.loss].backward()
    assert all(has_gradient(value) for value in discriminators.network.parameters())
    assert all(value.grad is None for value in generator.network.parameters())
    training.zero_grad()
    training(*batch)[generator.loss].backward()
    assert all(value.grad is None for value in discriminators.network.parameters())
    assert all(has_gradient(value) for value in generator.network.parameters())


def has_gradient(value: torch.nn.Parameter) -> bool:
    return value.grad is not None and bool(value.grad.any())


def test_the_mel_loss_has_the_weight_of_natural_logarithms(pairs: Path) -> None:
    training = task(pairs).train()
    (real,) = training.batch(0, slice(None))
    losses = training(real)
    distance = log_mel(training.model(log_mel(real, MEL)), MEL) - log_mel(real, MEL)
    natural = distance.mul(torch.tensor(10.0).log()).abs().mean()
    expected = 45 * natural + 2 * losses["features"] + losses["generator_loss"]
    torch.testing.assert_close(losses["loss"], expected, rtol=1e-4, atol=0)


def test_a_killed_and_resumed_gan_ends_in_the_same_bits(
    pairs: Path, whole: Path, tmp_path: Path
) -> None:
    with synthetic.interrupted(HiFiGANTask, 2 * 5):
        fit_vocoder([pairs], tmp_path, mel=MEL, vocoder=GAN)
    state = torch.load(tmp_path / "state/step_000000004.pt", weights_only=True)["state"]
    assert any(name.startswith("discriminators.") for name in state["task"])
    assert [len(optimizer["state"]) > 0 for optimizer in state["optimizers"]] == [True, True]
    fit_vocoder([pairs], tmp_path, mel=MEL, vocoder=GAN)
    for name in ("weights.safetensors", "model.json"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()
    resumed, at_once = synthetic.read_history(tmp_path), synthetic.read_history(whole)
    assert resumed | {"seconds": None} == at_once | {"seconds": None}


def test_the_saved_model_has_plain_weights_and_the_vocoders_metrics(whole: Path) -> None:
    model, info = load_model(whole, "vocoder")
    assert set(model.state_dict()) == set(HiFiGAN(GAN, MEL).state_dict())
    assert info.parameters == sum(value.numel() for value in model.parameters())
    assert info.metrics["loss"] == info.metrics["mel"]
    assert {"distance_db", "griffin_lim_distance_db"} <= set(info.metrics)
    history = synthetic.read_history(whole)
    losses = {"discriminator_loss", "generator_loss", "features", "mel"}
    assert {"valid_loss", *(f"train_{name}" for name in losses)} <= set(history)
    assert min(history["valid_loss"]) == pytest.approx(info.metrics["loss"])


def test_it_learns(pairs: Path, whole: Path, tmp_path: Path) -> None:
    optim = changed(OPTIM, steps=20, learning_rate=2e-3, validate_every=20)
    info = fit_vocoder([pairs], tmp_path, mel=MEL, vocoder=changed(GAN, optim=optim))
    assert info.metrics["loss"] < 0.8 * synthetic.read_history(whole)["valid_loss"][0]


def test_a_warm_start_starts_from_its_generator(pairs: Path, whole: Path, tmp_path: Path) -> None:
    optim = changed(OPTIM, steps=1, learning_rate=0.0)
    vocoder = changed(GAN, warm_start=str(whole), optim=optim)
    fit_vocoder([pairs], tmp_path, mel=MEL, vocoder=vocoder, devices=1)
    for name, value in load_model(tmp_path, "vocoder")[0].state_dict().items():
        torch.testing.assert_close(value, load_model(whole, "vocoder")[0].state_dict()[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocoder": changed(GAN, width=32)}, r"its width is 16, vocoder.width is 32"),
        (
            {"vocoder": changed(GAN, kernels=(3, 5))},
            r"its kernels is \[3\], vocoder.kernels is \[3, 5\]",
        ),
        ({"vocoder": ISTFT}, r"its kind is hifigan, vocoder.kind is istft"),
        ({"mel": MelConfig(bands=40)}, r"made with mel.bands = 80, here it is 40"),
    ],
)
def test_a_warm_start_that_does_not_fit_is_rejected(
    pairs: Path, whole: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    sections = {"mel": MEL, "vocoder": GAN, **change}
    sections["vocoder"] = changed(sections["vocoder"], warm_start=str(whole))
    with pytest.raises(UserError, match=message):
        fit_vocoder([pairs], tmp_path, **sections)


def test_the_input_went_through_the_vqvae_with_its_surroundings(
    pairs: Path, models: dict[str, Path]
) -> None:
    drums, _ = load_vqvae(models["drums"])
    training = task(pairs, changed(GAN, crop_frames=30))
    training.drums = drums
    (real,) = training.batch(0, slice(None))
    mel, samples = training.input_and_target(real)
    assert mel.shape[-1] == 32  # whole codes
    assert samples.shape[-1] == 32 * MEL.hop
    edge = CONTEXT * MEL.hop
    assert torch.equal(samples, real[:, edge : edge + 32 * MEL.hop])
    # Twice the context changes nothing, so the crop's context was long enough.
    longer = torch.nn.functional.pad(real, (edge, edge))
    expected = drums.decode(drums.encode(log_mel(longer, MEL)))[..., 2 * CONTEXT : 2 * CONTEXT + 32]
    torch.testing.assert_close(mel, expected, rtol=1e-4, atol=1e-4)
    assert (mel - log_mel(samples, MEL)).abs().mean() > 0.1


@pytest.mark.parametrize("config", [GAN, ISTFT])
def test_vocoders_train_on_what_went_through_the_vqvae(
    pairs: Path, models: dict[str, Path], tmp_path: Path, config: TrainedVocoderConfig
) -> None:
    config = changed(config, through_vqvae=True, optim=changed(OPTIM, steps=1))
    info = fit_vocoder([pairs], tmp_path, mel=MEL, vocoder=config, drums=models["drums"])
    model, _ = load_model(tmp_path, "vocoder")
    assert not any(name.startswith("drums") for name in model.state_dict())
    assert info.metrics["griffin_lim_distance_db"] > 0
    # A state with NumPy's numbers could not be read again.
    assert {type(value) for value in info.metrics.values()} == {float}


@pytest.mark.parametrize(
    ("through", "part", "others", "message"),
    [
        (
            True,
            None,
            {},
            "through_vqvae is true; name the folder of the drums' VQ-VAE with --drums",
        ),
        (False, "drums", {}, "through_vqvae is false: it would not be used"),
        (True, "drumless", {}, "the part drumless, expected drums"),
        (True, "lm", {}, "holds a lm, expected a vqvae"),
        (True, "drums", {"devices": 2}, "--devices is 2; HiFi-GAN"),
    ],
)
def test_options_that_do_not_go_together_are_rejected(
    pairs: Path,
    models: dict[str, Path],
    tmp_path: Path,
    through: bool,
    part: str | None,
    others: dict[str, Any],
    message: str,
) -> None:
    config, drums = changed(GAN, through_vqvae=through), models[part] if part else None
    with pytest.raises(UserError, match=message):
        fit_vocoder([pairs], tmp_path, mel=MEL, vocoder=config, drums=drums, **others)
