"""HiFi-GAN's training: two networks in turns, a state that holds both, plain weights in the end."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig, VocoderConfig
from jukedrummer.errors import UserError
from jukedrummer.model.hifigan import HiFiGAN
from jukedrummer.storage.weights import load_model
from jukedrummer.training import loop, vocoder
from jukedrummer.training.hifigan import adversary_loss, feature_distance, fooling_loss, frozen
from jukedrummer.training.vocoder import (
    CONTEXT,
    HiFiGANTask,
    VocoderTask,
    recordings,
    train_vocoder,
)
from tests import tiny
from tests.training import synthetic
from tests.training.synthetic import MEL

OPTIM = replace(
    synthetic.OPTIM, steps=6, batch=2, learning_rate=1e-3, validate_every=3, save_every=2
)
GAN = VocoderConfig(
    kind="hifigan",
    width=16,
    kernels=(3,),
    discriminator_width=32,
    crop_frames=16,
    iterations=2,
    optim=OPTIM,
)
ISTFT = replace(GAN, kind="istft", blocks=1)


@pytest.fixture(scope="module", autouse=True)
def short_validation() -> Iterator[None]:
    """Four crops, for speed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocoder, "VALID_CROPS", 4)
        yield


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_pairs(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return tiny.write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def whole(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    train_vocoder([pairs], folder, mel=MEL, vocoder=GAN)
    return folder


def task(
    pairs: Path, config: VocoderConfig = GAN, kind: type[VocoderTask] = HiFiGANTask
) -> VocoderTask:
    torch.manual_seed(0)
    tracks = recordings([pairs], "train")
    return kind(HiFiGAN(config, MEL), config, MEL, tracks, recordings([pairs], "valid"))


def test_losses_follow_their_definitions() -> None:
    real = [[torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])], [torch.tensor([0.5])]]
    made = [[torch.tensor([0.0, 4.0]), torch.tensor([1.0, 1.0])], [torch.tensor([-1.0])]]
    assert adversary_loss(real, made).item() == pytest.approx((0.5 + 1) + (0.25 + 1))
    assert fooling_loss(made).item() == pytest.approx(0 + 4)
    assert feature_distance(real, made).item() == pytest.approx(1.5 + 0.5 + 1.5)


def test_gradients_pass_through_a_frozen_network() -> None:
    network, x = torch.nn.Linear(3, 1), torch.ones(3, requires_grad=True)
    with frozen(network):
        y = network(x)
    y.sum().backward()
    assert x.grad.any()
    assert network.weight.grad is None
    assert network.weight.requires_grad


def test_each_turn_moves_its_own_network(pairs: Path) -> None:
    training = task(pairs).train()
    batch = training.batch(0, slice(None))
    judge, play = training.turns()
    getattr(training, judge.method)(*batch)[judge.loss].backward()
    assert all(value.grad.any() for value in judge.network.parameters())
    assert all(value.grad is None for value in play.network.parameters())
    training.zero_grad()
    training(*batch)[play.loss].backward()
    assert all(value.grad is None for value in judge.network.parameters())
    assert all(value.grad.any() for value in play.network.parameters())


def test_the_mel_weighs_as_in_natural_logarithms(pairs: Path) -> None:
    training = task(pairs).train()
    (real,) = training.batch(0, slice(None))
    losses = training(real)
    made = training.model(log_mel(real, MEL))
    natural = (log_mel(made, MEL) - log_mel(real, MEL)).mul(torch.tensor(10.0).log()).abs().mean()
    expected = 45 * natural + 2 * losses["features"] + losses["fooling"]
    torch.testing.assert_close(losses["loss"], expected, rtol=1e-4, atol=0)


def test_a_killed_and_resumed_gan_ends_in_the_same_bits(
    pairs: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = loop._step

    def killed(
        fabric: object, task: object, model: object, state: loop.State, *others: object
    ) -> None:
        if state.step == 5:
            raise KeyboardInterrupt
        plain(fabric, task, model, state, *others)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_step", killed)
        with pytest.raises(KeyboardInterrupt):
            train_vocoder([pairs], tmp_path, mel=MEL, vocoder=GAN)
    state = torch.load(tmp_path / "state/step_000000004.pt", weights_only=True)["state"]
    assert any(name.startswith("adversary.") for name in state["task"])
    assert [len(optimizer["state"]) > 0 for optimizer in state["optimizers"]] == [True, True]
    train_vocoder([pairs], tmp_path, mel=MEL, vocoder=GAN)
    for name in ("weights.safetensors", "model.json"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()
    resumed, at_once = synthetic.read_history(tmp_path), synthetic.read_history(whole)
    assert resumed | {"seconds": None} == at_once | {"seconds": None}


def test_what_is_written_has_plain_weights_and_the_vocoders_metrics(whole: Path) -> None:
    model, info = load_model(whole, "vocoder")
    assert set(model.state_dict()) == set(HiFiGAN(GAN, MEL).state_dict())
    assert info.parameters == sum(value.numel() for value in model.parameters())
    assert info.metrics["loss"] == info.metrics["mel"]
    assert {"distance_db", "griffin_lim_distance_db"} <= set(info.metrics)
    history = synthetic.read_history(whole)
    assert {"train_adversary", "train_fooling", "train_features", "train_mel", "valid_loss"} <= set(
        history
    )
    assert min(history["valid_loss"]) == pytest.approx(info.metrics["loss"])


def test_it_learns(pairs: Path, whole: Path, tmp_path: Path) -> None:
    optim = replace(OPTIM, steps=20, learning_rate=2e-3, validate_every=20)
    info = train_vocoder([pairs], tmp_path, mel=MEL, vocoder=replace(GAN, optim=optim))
    assert info.metrics["loss"] < 0.8 * synthetic.read_history(whole)["valid_loss"][0]


def test_a_warm_start_starts_from_its_generator(pairs: Path, whole: Path, tmp_path: Path) -> None:
    optim = replace(OPTIM, steps=1, learning_rate=0.0)
    train_vocoder(
        [pairs],
        tmp_path,
        mel=MEL,
        vocoder=replace(GAN, warm_start=str(whole), optim=optim),
        devices=1,
    )
    for name, value in load_model(tmp_path, "vocoder")[0].state_dict().items():
        torch.testing.assert_close(value, load_model(whole, "vocoder")[0].state_dict()[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocoder": replace(GAN, width=32)}, r"its width is 16, vocoder.width is 32"),
        (
            {"vocoder": replace(GAN, kernels=(3, 5))},
            r"its kernels is \[3\], vocoder.kernels is \[3, 5\]",
        ),
        ({"vocoder": ISTFT}, r"its kind is hifigan, vocoder.kind is istft"),
        ({"mel": MelConfig(bands=40)}, r"made with mel.bands = 80, here it is 40"),
    ],
)
def test_a_warm_start_that_does_not_fit_is_refused(
    pairs: Path, whole: Path, tmp_path: Path, change: dict, message: str
) -> None:
    given = {"mel": MEL, "vocoder": GAN, **change}
    given["vocoder"] = replace(given["vocoder"], warm_start=str(whole))
    with pytest.raises(UserError, match=message):
        train_vocoder([pairs], tmp_path, **given)


def test_what_is_heard_went_through_the_vqvae_with_its_surroundings(
    pairs: Path, models: dict[str, Path]
) -> None:
    drums, _ = load_model(models["drums"], "vqvae")
    training = task(pairs, replace(GAN, crop_frames=30))
    training.drums = drums
    (real,) = training.batch(0, slice(None))
    mel, samples = training.heard(real)
    assert mel.shape[-1] == 32  # whole codes
    assert samples.shape[-1] == 32 * MEL.hop
    edge = CONTEXT * MEL.hop
    assert torch.equal(samples, real[:, edge : edge + 32 * MEL.hop])
    # A neighbourhood twice as long changes nothing: the crop's own was long enough.
    longer = torch.nn.functional.pad(real, (edge, edge))
    expected = drums.decode(drums.encode(log_mel(longer, MEL)))[..., 2 * CONTEXT : 2 * CONTEXT + 32]
    torch.testing.assert_close(mel, expected, rtol=1e-4, atol=1e-4)
    assert (mel - log_mel(samples, MEL)).abs().mean() > 0.1


@pytest.mark.parametrize("config", [GAN, ISTFT])
def test_vocoders_train_on_what_went_through_the_vqvae(
    pairs: Path, models: dict[str, Path], tmp_path: Path, config: VocoderConfig
) -> None:
    config = replace(config, through_vqvae=True, optim=replace(OPTIM, steps=1))
    info = train_vocoder([pairs], tmp_path, mel=MEL, vocoder=config, drums=models["drums"])
    model, _ = load_model(tmp_path, "vocoder")
    assert not any(name.startswith("drums") for name in model.state_dict())
    assert info.metrics["griffin_lim_distance_db"] > 0
    # A state that holds NumPy's numbers could not be read again.
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
        (False, "drums", {}, "through_vqvae is false: nothing goes through it"),
        (True, "drumless", {}, "the part drumless, expected drums"),
        (True, "lm", {}, "holds a lm, expected a vqvae"),
        (True, "drums", {"devices": 2}, "--devices is 2; HiFi-GAN"),
    ],
)
def test_what_does_not_go_together_is_refused(
    pairs: Path,
    models: dict[str, Path],
    tmp_path: Path,
    through: bool,
    part: str,
    others: dict,
    message: str,
) -> None:
    config = replace(GAN, through_vqvae=through)
    with pytest.raises(UserError, match=message):
        train_vocoder(
            [pairs], tmp_path, mel=MEL, vocoder=config, drums=part and models[part], **others
        )
