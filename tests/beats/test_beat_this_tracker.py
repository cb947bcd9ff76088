"""Beat This! as a tracker: its probabilities, and errors if it is not installed.

The package is optional. If it is installed, its own code is run with a small random network.
"""

import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.trackers.beat_this import BeatThisConfig, BeatThisTracker, probabilities
from jukedrummer.config import changed
from jukedrummer.errors import UserError

CONFIG = BeatThisConfig()


class FakeNetwork:
    """Finds a beat every half second, a downbeat every two, at 50 frames a second."""

    def __init__(self, checkpoint: str, device: str) -> None:
        self.checkpoint = checkpoint

    def __call__(self, audio: np.ndarray, sample_rate: int) -> tuple[torch.Tensor, torch.Tensor]:
        frame = torch.arange(len(audio) * 50 // sample_rate)
        return tuple(torch.where(frame % period == 5, 6.0, -6.0) for period in (25, 100))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> BeatThisConfig:
    """A package of that name with the fake network, and a checkpoint of the right form."""
    package, inference = types.ModuleType("beat_this"), types.ModuleType("beat_this.inference")
    package.__spec__ = importlib.util.spec_from_loader("beat_this", None)
    inference.Audio2Frames = FakeNetwork
    monkeypatch.setitem(sys.modules, "beat_this", package)
    monkeypatch.setitem(sys.modules, "beat_this.inference", inference)
    torch.save({"hyper_parameters": {}, "state_dict": {}}, tmp_path / "small.ckpt")
    return changed(CONFIG, weights=str(tmp_path / "small.ckpt"))


def test_its_beats_are_decoded_on_time(installed: BeatThisConfig) -> None:
    tracked = make_tracker(installed).track(np.zeros(12 * 44_100, np.float32), 44_100)
    seconds, positions = tracked.beats.T
    np.testing.assert_allclose(seconds, 0.1 + 0.5 * np.arange(len(seconds)), atol=0.021)
    assert len(seconds) == 24
    assert positions[:5].tolist() == [1, 2, 3, 4, 1]
    assert tracked.embeddings is None
    assert tracked.confidence > 0.9
    assert tracked.tracker == "beat_this"


@pytest.mark.parametrize("samples", [0, 100, 30_000])
def test_a_second_or_less_has_no_beats(installed: BeatThisConfig, samples: int) -> None:
    tracked = BeatThisTracker(installed).track(np.zeros(samples, np.float32), 44_100)
    assert tracked.beats.shape == (0, 2)
    assert tracked.confidence == 0


def test_probabilities_follow_a_slow_reference() -> None:
    beats, downbeats = torch.randn(2, 7, generator=torch.Generator().manual_seed(0)) * 3
    both = probabilities(beats, downbeats)
    assert both.shape == (14, 3)
    for frame in range(7):
        p_beat, p_downbeat = (1 / (1 + np.exp(-float(x[frame]))) for x in (beats, downbeats))
        alone = max(0.0, p_beat - p_downbeat)
        np.testing.assert_allclose(
            both[2 * frame], [1 - alone - p_downbeat, alone, p_downbeat], atol=1e-6
        )
    np.testing.assert_allclose(both[1:-2:2], (both[0:-2:2] + both[2::2]) / 2, atol=1e-6)
    np.testing.assert_allclose(both.sum(1), 1, atol=1e-6)


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "beat_this", None)  # as if it could not be found
    with pytest.raises(UserError, match=r"not installed: pip install '\.\[beat-this\]'"):
        make_tracker(CONFIG)


def test_without_a_checkpoint_it_asks_for_one_and_downloads_none(installed: BeatThisConfig) -> None:
    with pytest.raises(UserError, match=r"beats.weights is not set"):
        make_tracker(changed(installed, weights=None))
    with pytest.raises(UserError, match=r"final0: no such file"):
        make_tracker(changed(installed, weights="final0"))


def test_another_kind_of_checkpoint_is_an_error(installed: BeatThisConfig, tmp_path: Path) -> None:
    torch.save({"model": {}}, tmp_path / "other.ckpt")
    with pytest.raises(UserError, match=r"other.ckpt: is not a checkpoint of Beat This!"):
        make_tracker(changed(installed, weights=str(tmp_path / "other.ckpt")))


@pytest.mark.skipif(
    importlib.util.find_spec("beat_this") is None, reason="beat_this is not installed"
)
def test_the_package_itself_runs_on_a_local_checkpoint(tmp_path: Path) -> None:
    load_torchaudio()
    from beat_this.model.beat_tracker import BeatThis

    sizes = {"transformer_dim": 32, "n_layers": 1, "head_dim": 16, "stem_dim": 16}
    torch.manual_seed(0)
    state = {f"model.{name}": value for name, value in BeatThis(**sizes).state_dict().items()}
    path = tmp_path / "random.ckpt"
    torch.save({"hyper_parameters": sizes | {"lr": 1e-3}, "state_dict": state}, path)
    tracker = BeatThisTracker(changed(CONFIG, weights=str(path)))
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * 44_100).astype(np.float32)
    tracked = tracker.track(noise, 44_100)
    assert tracked.activations.shape == (502, 3)
    assert np.isfinite(tracked.activations).all()
    del state[next(iter(state))]
    torch.save({"hyper_parameters": sizes, "state_dict": state}, path)
    with pytest.raises(UserError, match=r"random.ckpt: does not fit Beat This!"):
        BeatThisTracker(changed(CONFIG, weights=str(path)))
