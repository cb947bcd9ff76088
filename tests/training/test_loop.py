"""The loop: a killed and resumed run ends in the same bits, broken states fall back, others are not taken."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from jukedrummer.config import OptimConfig
from jukedrummer.errors import UserError
from jukedrummer.model.quantizer import VectorQuantizer
from jukedrummer.training.lm import train_lm
from jukedrummer.training.loop import StateFolder, learning_rate
from jukedrummer.training.vqvae import train_vqvae
from tests.training import synthetic

FILES = {"weights.safetensors", "model.json", "history.csv", "tensorboard", "state"}


def train(features: Path, output: Path, steps: int = 12, **changes: object) -> None:
    optim = replace(synthetic.OPTIM, steps=steps, **changes)
    config = replace(synthetic.VQVAE, optim=optim)
    train_vqvae("drums", [features], output, mel=synthetic.MEL, clip=synthetic.CLIP, vqvae=config)


SCRIPT = """
import sys, time
from pathlib import Path
from jukedrummer.training import loop
from tests.training.test_loop import train

plain = loop._step
def slow(*arguments):
    plain(*arguments)
    print("step", flush=True)
    time.sleep(0.05)
loop._step = slow
train(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_features(tmp_path_factory.mktemp("shards") / "0.h5")


def test_killed_and_resumed_ends_in_the_same_bits(features: Path, tmp_path: Path) -> None:
    train(features, tmp_path / "whole")
    command = [sys.executable, "-c", SCRIPT, str(features), str(tmp_path / "killed")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."}
    )
    for _ in range(8):  # past the saves at 3 and 6 and the validation at 4, before the end
        while "step" not in process.stdout.readline():
            assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    states = sorted(path.name for path in (tmp_path / "killed" / "state").glob("step_*.pt"))
    assert states
    assert not (tmp_path / "killed" / "weights.safetensors").exists()
    train(features, tmp_path / "killed")
    for name in ("weights.safetensors", "model.json"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    killed, whole = (synthetic.read_history(tmp_path / run) for run in ("killed", "whole"))
    assert killed | {"seconds": None} == whole | {"seconds": None}


def test_a_complete_run_leaves_its_files_and_no_state(features: Path, tmp_path: Path) -> None:
    train(features, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert not list((tmp_path / "state").glob("step_*"))
    history = synthetic.read_history(tmp_path)
    assert history["step"] == [4, 8, 12]
    assert {"train_loss", "valid_loss", "valid_perplexity"} <= set(history)


def interrupt_at(features: Path, output: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run until Ctrl-C at a step."""
    from jukedrummer.training import loop

    plain, taken = loop._step, []

    def counted(*arguments: object) -> None:
        if len(taken) == step:
            raise KeyboardInterrupt
        taken.append(1)
        plain(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_step", counted)
        with pytest.raises(KeyboardInterrupt):
            train(features, output)


def test_a_broken_state_falls_back_to_the_one_before(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    interrupt_at(features, tmp_path, 8, monkeypatch)
    states = sorted((tmp_path / "state").glob("step_*.pt"))
    assert [path.name for path in states] == ["step_000000003.pt", "step_000000006.pt"]
    states[-1].write_bytes(states[-1].read_bytes()[:100])
    train(features, tmp_path)
    told = capsys.readouterr()
    assert "resuming at step 3" in told.out + told.err
    train(features, tmp_path / "whole")
    assert (tmp_path / "weights.safetensors").read_bytes() == (
        tmp_path / "whole/weights.safetensors"
    ).read_bytes()


def test_a_state_of_another_config_is_not_taken(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    interrupt_at(features, tmp_path, 8, monkeypatch)
    train(features, tmp_path, learning_rate=5e-4)
    told = capsys.readouterr()
    assert "starting at step 0" in told.out + told.err


def test_a_second_run_of_the_same_training_is_refused(features: Path, tmp_path: Path) -> None:
    states = StateFolder(tmp_path / "state", "", 2)
    with states.locked(), pytest.raises(UserError, match="another process is training here"):
        train(features, tmp_path)
    train(features, tmp_path)


def test_a_loss_that_is_not_finite_is_said(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jukedrummer.training.vqvae import VQVAETask

    plain = VQVAETask.forward
    monkeypatch.setattr(
        VQVAETask,
        "forward",
        lambda *a: {name: value * torch.nan for name, value in plain(*a).items()},
    )
    with pytest.raises(UserError, match=r"the loss is nan at step 0: .*learning_rate"):
        train(features, tmp_path)


def test_learning_rate_warms_up_and_falls_to_a_tenth() -> None:
    config = OptimConfig(steps=100, warmup=10, learning_rate=1.0)
    rates = [learning_rate(config, step) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert max(rates) == pytest.approx(1.0)
    assert rates[11:] == sorted(rates[11:], reverse=True)
    assert rates[-1] == pytest.approx(0.1, abs=0.01)


@pytest.mark.slow
def test_two_processes_share_a_batch(features: Path, tmp_path: Path) -> None:
    """DDP on the CPU: the same examples a step, so nearly the same weights as one process."""
    config = (
        '{"mel": {}, "clip": {"frames": 128}, "vqvae": {"width": 16, "blocks": 1, "codebook": 8, '
    )
    config += (
        '"code_dim": 8, "crop_frames": 64, "optim": {"steps": 6, "batch": 4, "validate_every": 3}}}'
    )
    for devices in (1, 2):
        command = [
            sys.executable,
            "-m",
            "jukedrummer",
            "train_vqvae",
            "--part",
            "drums",
            "--features",
            features,
            "--output",
            tmp_path / str(devices),
            "--devices",
            devices,
            "--config",
            config,
        ]
        start = time.monotonic()
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        assert time.monotonic() - start < 300
    one, two = (synthetic.read_history(tmp_path / name) for name in ("1", "2"))
    assert two["train_reconstruction"] == pytest.approx(one["train_reconstruction"], rel=0.2)


def test_micro_batches_give_the_gradients_of_the_whole_batch(
    features: Path, tmp_path: Path
) -> None:
    codes = synthetic.write_codes(tmp_path / "codes.h5", features)
    for name, micro_batch in (("whole", 0), ("micro", 3)):
        optim = replace(synthetic.OPTIM, steps=4, batch=4, micro_batch=micro_batch)
        lm = replace(synthetic.LM, optim=optim, dropout=0.0)
        train_lm(
            [features], [codes], tmp_path / name, mel=synthetic.MEL, clip=synthetic.CLIP, lm=lm
        )
    whole, micro = (
        safetensors.torch.load_file(tmp_path / name / "weights.safetensors")
        for name in ("whole", "micro")
    )
    for key, value in whole.items():
        torch.testing.assert_close(micro[key], value, atol=2e-4, rtol=1e-3)


def test_a_vqvae_learns_the_same_in_micro_batches(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(self: VectorQuantizer, _: torch.Tensor) -> None:
        """The same codes for both; the plain way draws them from the first part of the first batch."""
        drawn = torch.randn(self.codebook.shape, generator=torch.Generator().manual_seed(0))
        values = {"codebook": drawn, "count": torch.ones(len(drawn)), "total": drawn}
        self.load_state_dict({**values, "started": torch.tensor(True)})

    monkeypatch.setattr(VectorQuantizer, "_start", start)
    learned = []
    for micro_batch in (0, 1, 3):
        vqvae = replace(
            synthetic.VQVAE, optim=replace(synthetic.OPTIM, steps=4, micro_batch=micro_batch)
        )
        folder = tmp_path / str(micro_batch)
        train_vqvae("drums", [features], folder, synthetic.MEL, synthetic.CLIP, vqvae)
        learned.append(safetensors.torch.load_file(folder / "weights.safetensors"))
    for other in learned[1:]:
        torch.testing.assert_close(other, learned[0], atol=2e-4, rtol=1e-3)


def test_on_a_processor_as_many_examples_are_computed_at_once_as_its_cache_holds() -> None:
    from jukedrummer.training.loop import CACHE, Task, _micro_batch

    task, optim = Task(), replace(synthetic.OPTIM, batch=8)
    assert _micro_batch(task, optim, "cpu") == 0  # not said how large an example is
    for share, expected in ((20, 8), (3, 3), (1, 1), (0.1, 1)):
        task.example_width = int(CACHE / 4 / share)
        assert _micro_batch(task, optim, "cpu") == expected
        assert _micro_batch(task, optim, "cuda") == 0
        assert _micro_batch(task, replace(optim, micro_batch=2), "cpu") == 2


def test_a_full_memory_halves_the_micro_batch_and_loses_nothing(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    from jukedrummer.training.lm import LMTask

    codes, plain, sizes = synthetic.write_codes(tmp_path / "codes.h5", features), LMTask.forward, []

    def small_memory(self: LMTask, codes: torch.Tensor, *others: torch.Tensor) -> dict:
        if self.training:
            sizes.append(len(codes))
            if len(codes) > 2:
                raise torch.cuda.OutOfMemoryError("full")
        return plain(self, codes, *others)

    monkeypatch.setattr(LMTask, "forward", small_memory)
    lm = replace(synthetic.LM, optim=replace(synthetic.OPTIM, steps=2, batch=7))
    train_lm([features], [codes], tmp_path / "lm", mel=synthetic.MEL, clip=synthetic.CLIP, lm=lm)
    assert sizes == [7, 4, 2, 2, 2, 1, 2, 2, 2, 1]
    assert "memory is full: computing 2 examples at once" in capsys.readouterr().out
    assert synthetic.read_history(tmp_path / "lm")["step"][-1] == 2
