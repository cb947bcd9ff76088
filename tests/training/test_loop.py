"""The loop: a killed and resumed run gives the same bits; states that do not fit are not used."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor

from jukedrummer.config import OptimConfig, changed, plain
from jukedrummer.errors import UserError
from jukedrummer.model.build import make_vqvae
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.training import vqvae
from jukedrummer.training.lm import LMTask, fit_lm
from jukedrummer.training.loop import CACHE, examples_at_once, learning_rate
from jukedrummer.training.state import StateFolder
from jukedrummer.training.task import Task
from jukedrummer.training.vqvae import VQVAETask, fit_vqvae
from tests.training import synthetic
from tests.training.synthetic import CLIP, LM, MEL, OPTIM, VQVAE, train_vqvae

FILES = {"weights.safetensors", "model.json", "history.csv", "tensorboard", "state"}
SCRIPT = """
import sys, time
from pathlib import Path
from jukedrummer.training.vqvae import VQVAETask
from tests.training.synthetic import train_vqvae

former = VQVAETask.after_step
def slow(self):
    former(self)
    print("step", flush=True)
    time.sleep(0.05)
VQVAETask.after_step = slow
train_vqvae(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_features(tmp_path_factory.mktemp("shards") / "0.h5")


def test_killed_and_resumed_ends_in_the_same_bits(features: Path, tmp_path: Path) -> None:
    train_vqvae(features, tmp_path / "whole")
    command = [sys.executable, "-c", SCRIPT, str(features), str(tmp_path / "killed")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."}
    )
    assert process.stdout is not None
    for _ in range(8):  # past the saves at 3 and 6 and the validation at 4, before the end
        while "step" not in process.stdout.readline():
            assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    states = sorted(path.name for path in (tmp_path / "killed" / "state").glob("step_*.pt"))
    assert states
    assert not (tmp_path / "killed" / "weights.safetensors").exists()
    train_vqvae(features, tmp_path / "killed")
    for name in ("weights.safetensors", "model.json"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    killed, whole = (synthetic.read_history(tmp_path / run) for run in ("killed", "whole"))
    assert killed | {"seconds": None} == whole | {"seconds": None}


def test_a_complete_run_leaves_its_files_and_no_state(features: Path, tmp_path: Path) -> None:
    train_vqvae(features, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert not list((tmp_path / "state").glob("step_*"))
    history = synthetic.read_history(tmp_path)
    assert history["step"] == [4, 8, 12]
    assert {"train_loss", "valid_loss", "valid_perplexity"} <= set(history)


def test_tensorboard_shows_every_validation_once(features: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing import event_accumulator  # type: ignore[import-untyped]

    with synthetic.interrupted(VQVAETask, 5):
        train_vqvae(features, tmp_path)
    train_vqvae(features, tmp_path)  # resumes at step 3; the validation at 4 is repeated
    board = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    history = synthetic.read_history(tmp_path)
    assert set(board.Tags()["scalars"]) == set(history)
    events = board.Scalars("valid_loss")
    assert [event.step for event in events] == history["step"]
    assert [event.value for event in events] == pytest.approx(history["valid_loss"])


def test_a_broken_state_falls_back_to_the_one_before(
    features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with synthetic.interrupted(VQVAETask, 8):
        train_vqvae(features, tmp_path)
    states = sorted((tmp_path / "state").glob("step_*.pt"))
    assert [path.name for path in states] == ["step_000000003.pt", "step_000000006.pt"]
    states[-1].write_bytes(states[-1].read_bytes()[:100])
    train_vqvae(features, tmp_path)
    printed = capsys.readouterr()
    assert "resuming at step 3" in printed.out + printed.err
    train_vqvae(features, tmp_path / "whole")
    assert (tmp_path / "weights.safetensors").read_bytes() == (
        tmp_path / "whole/weights.safetensors"
    ).read_bytes()


def test_a_state_of_another_config_is_not_used(
    features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with synthetic.interrupted(VQVAETask, 8):
        train_vqvae(features, tmp_path)
    train_vqvae(features, tmp_path, learning_rate=5e-4)
    printed = capsys.readouterr()
    assert "starting at step 0" in printed.out + printed.err


def test_what_does_not_change_the_weights_may_change_when_a_training_continues(
    features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with synthetic.interrupted(VQVAETask, 8):
        train_vqvae(features, tmp_path)
    train_vqvae(features, tmp_path, keep=3, save_every=2, micro_batch=1)
    printed = capsys.readouterr()
    assert "resuming at step 6" in printed.out + printed.err


def test_a_state_of_another_config_stays_until_a_state_is_saved(
    features: Path, tmp_path: Path
) -> None:
    def states() -> list[str]:
        return sorted(path.name for path in (tmp_path / "state").glob("step_*.pt"))

    with synthetic.interrupted(VQVAETask, 8):
        train_vqvae(features, tmp_path)
    before = states()
    with synthetic.interrupted(VQVAETask, 2):
        train_vqvae(features, tmp_path, learning_rate=5e-4)
    assert states() == before
    with synthetic.interrupted(VQVAETask, 5):
        train_vqvae(features, tmp_path, learning_rate=5e-4)
    assert states() == ["step_000000003.pt"]


def test_a_batch_has_an_example_for_each_device(features: Path, tmp_path: Path) -> None:
    config = changed(VQVAE, optim=plain(OPTIM) | {"batch_size": 1})
    with pytest.raises(UserError, match=r"optim\.batch_size is 1; --devices 2 needs an example"):
        fit_vqvae("drums", [features], tmp_path, mel=MEL, clip=CLIP, vqvae=config, devices=2)


def test_a_second_run_of_the_same_training_is_rejected(features: Path, tmp_path: Path) -> None:
    states = StateFolder(tmp_path / "state", "", 2)
    with states.locked(), pytest.raises(UserError, match="another process is training here"):
        train_vqvae(features, tmp_path)
    train_vqvae(features, tmp_path)


def test_a_loss_that_is_not_finite_is_an_error(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = VQVAETask.forward
    monkeypatch.setattr(
        VQVAETask,
        "forward",
        lambda *a: {name: value * torch.nan for name, value in former(*a).items()},
    )
    with pytest.raises(UserError, match=r"the loss is nan at step 0: .*learning_rate"):
        train_vqvae(features, tmp_path)


def test_learning_rate_warms_up_and_falls_to_a_tenth() -> None:
    config = OptimConfig(steps=100, warmup=10, learning_rate=1.0)
    rates = [learning_rate(config, step) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert max(rates) == pytest.approx(1.0)
    assert rates[11:] == sorted(rates[11:], reverse=True)
    assert rates[-1] == pytest.approx(0.1, abs=0.01)


@pytest.mark.slow
def test_two_processes_share_a_batch(features: Path, tmp_path: Path) -> None:
    """DDP on the CPU: steps have the same examples, so weights nearly equal one process'."""
    optim = changed(OPTIM, steps=6, validate_every=3)
    vqvae = plain(changed(VQVAE, optim=optim))
    config = {"mel": plain(MEL), "clip": plain(CLIP), "vqvae": {"drums": vqvae, "drumless": vqvae}}
    command = [sys.executable, "-m", "jukedrummer", "train_vqvae", "--part", "drums"]
    command += ["--features", str(features), "--config", json.dumps(config)]
    for devices in ("1", "2"):
        options = ["--output", str(tmp_path / devices), "--devices", devices]
        start = time.monotonic()
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        assert time.monotonic() - start < 300
    one, two = (synthetic.read_history(tmp_path / name) for name in ("1", "2"))
    assert two["train_reconstruction"] == pytest.approx(one["train_reconstruction"], rel=0.2)


def test_micro_batches_give_the_gradients_of_the_whole_batch(
    features: Path, tmp_path: Path
) -> None:
    codes = synthetic.write_codes(tmp_path / "codes.h5", features)
    for name, micro_batch in (("whole", 0), ("micro", 3)):
        optim = changed(OPTIM, steps=4, batch_size=4, micro_batch=micro_batch)
        lm = changed(LM, optim=optim, dropout=0.0)
        fit_lm([features], [codes], tmp_path / name, mel=MEL, clip=CLIP, lm=lm)
    whole, micro = (
        safetensors.torch.load_file(tmp_path / name / "weights.safetensors")
        for name in ("whole", "micro")
    )
    for key, value in whole.items():
        torch.testing.assert_close(micro[key], value, atol=2e-4, rtol=1e-3)


def test_a_vqvae_learns_the_same_in_micro_batches(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_codes(*arguments: Any) -> Autoencoder:
        """All start with the same codes. By default, codes depend on the batch's first part."""
        model = make_vqvae(*arguments)
        shape = model.quantizer.codebook.shape
        drawn = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        values = {"codebook": drawn, "count": torch.ones(len(drawn)), "total": drawn}
        model.quantizer.load_state_dict({**values, "started": torch.tensor(True)})
        return model

    monkeypatch.setattr(vqvae, "make_vqvae", with_codes)
    learned = []
    for micro_batch in (0, 1, 3):
        config = changed(VQVAE, optim=changed(OPTIM, steps=4, micro_batch=micro_batch))
        folder = tmp_path / str(micro_batch)
        fit_vqvae("drums", [features], folder, mel=MEL, clip=CLIP, vqvae=config)
        learned.append(safetensors.torch.load_file(folder / "weights.safetensors"))
    for other in learned[1:]:
        torch.testing.assert_close(other, learned[0], atol=2e-4, rtol=1e-3)


def test_on_a_processor_as_many_examples_are_computed_at_once_as_its_cache_holds() -> None:
    task, optim = Task(), changed(OPTIM, batch_size=8)
    assert examples_at_once(task, optim, "cpu") == 0  # the size of an example is not known
    for share, expected in ((20, 8), (3, 3), (1, 1), (0.1, 1)):
        task.example_width = int(CACHE / 4 / share)
        assert examples_at_once(task, optim, "cpu") == expected
        assert examples_at_once(task, optim, "cuda") == 0
        assert examples_at_once(task, changed(optim, micro_batch=2), "cpu") == 2


def test_a_full_memory_halves_the_micro_batch_and_loses_nothing(
    features: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    codes, former = synthetic.write_codes(tmp_path / "codes.h5", features), LMTask.forward
    sizes: list[int] = []

    def small_memory(self: LMTask, codes: Tensor, *others: Tensor) -> dict[str, Tensor]:
        if self.training:
            sizes.append(len(codes))
            if len(codes) > 2:
                raise torch.cuda.OutOfMemoryError("full")
        return former(self, codes, *others)

    monkeypatch.setattr(LMTask, "forward", small_memory)
    lm = changed(LM, optim=changed(OPTIM, steps=2, batch_size=7))
    fit_lm([features], [codes], tmp_path / "lm", mel=MEL, clip=CLIP, lm=lm)
    assert sizes == [7, 4, 2, 2, 2, 1, 2, 2, 2, 1]
    assert "memory is full: computing 2 examples at once" in capsys.readouterr().out
    assert synthetic.read_history(tmp_path / "lm")["step"][-1] == 2
