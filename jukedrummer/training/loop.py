"""The one training loop: Lightning Fabric, progress with time left, and a state that survives kill -9.

Everything that happens at a step is a function of (seed, step): the batch, the dropout, the restarts of
codes. So a run that is killed and resumed ends in the same weights as one that is not (on a CPU, bit by bit),
and no generator's state has to be kept.
"""

import csv
import fcntl
import hashlib
import json
import math
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import lightning_fabric
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from jukedrummer.config import OptimConfig
from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_path
from jukedrummer.storage.weights import ModelInfo, save_model

CACHE = 2**23  # bytes of activation that a processor's cache holds beside all else
TIMED_STEPS = 10  # after which the time that the rest takes can be told

Batch = tuple[Tensor, ...]
Metrics = dict[str, Any]


class Turn(NamedTuple):
    """Whose weights a step moves, and by what."""

    network: nn.Module
    method: str = "forward"  # of the task: scalar losses of a batch
    loss: str = "loss"  # the one of them that is minimised


class Task(nn.Module):
    """A model and what training it means. `forward` gives the losses of a batch; "loss" is minimised."""

    model: nn.Module
    betas = (0.9, 0.98)  # of Adam
    example_width = 0  # numbers in an example's largest activation; 0: a batch is computed at once

    def turns(self) -> list[Turn]:
        """What a step does, in order; a GAN's adversary has a turn of its own, before the model's."""
        return [Turn(self.model)]

    def exported(self) -> nn.Module:
        """The model as it is written; another one where training needs its weights in another form."""
        return self.model

    def batch(self, step: int, part: slice) -> Batch:
        """The examples of a step, `part` of them (one process of several); called ahead, in a thread."""
        raise NotImplementedError

    def forward(self, *batch: Tensor) -> dict[str, Tensor]:
        """Scalar losses of a batch."""
        raise NotImplementedError

    def begin_turn(self) -> None:
        """Before a turn's first example, also where it begins again in smaller parts."""

    def end_turn(self) -> None:
        """After the weights have moved: what learns otherwise than by gradients."""

    def validate(self) -> Metrics:
        """Metrics on the validation split; the model of the lowest "loss" is kept."""
        raise NotImplementedError


@dataclass
class State:
    """All that a resumed run needs."""

    task: Task
    optimizers: list[torch.optim.Optimizer]  # one a turn
    micro_batch: int = (
        0  # examples computed at once, 0 all; not kept: another machine has another memory
    )
    step: int = 0
    seconds: float = 0.0
    losses: dict[str, list[float]] = field(default_factory=dict)  # since the last validation
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)

    def pack(self) -> dict[str, Any]:
        """As plain containers and tensors."""
        plain = {
            name: getattr(self, name) for name in ("step", "seconds", "losses", "history", "best")
        }
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        return {"task": self.task.state_dict(), "optimizers": optimizers, **plain}

    def unpack(self, values: dict[str, Any]) -> None:
        """From what `pack` gave."""
        self.task.load_state_dict(values.pop("task"))
        for optimizer, value in zip(self.optimizers, values.pop("optimizers"), strict=True):
            optimizer.load_state_dict(value)
        for name, value in values.items():
            setattr(self, name, value)


class StateFolder:
    """The last few states of a run, each written whole; a broken one falls back to the one before.

    States of another config or of other data are not this run's and are removed.
    """

    def __init__(self, folder: Path, fingerprint: str, keep: int) -> None:
        self.folder, self.fingerprint, self.keep = folder, fingerprint, keep
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against a second run of the same training; the lock ends with the process.

        Raises:
            UserError: another process holds it.
        """
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(
                    f"{self.folder}: another process is training here; wait for it or end it"
                ) from error
            yield

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("step_*.pt"))

    def save(self, state: State) -> None:
        """Write a state and remove those beyond the last `keep`."""
        with atomic_path(self.folder / f"step_{state.step:09d}.pt") as temporary:
            torch.save({"fingerprint": self.fingerprint, "state": state.pack()}, temporary)
        for old in self._files()[: -self.keep]:
            old.unlink()

    def load(self, state: State) -> str:
        """Bring `state` to the newest readable one; returns a line that says what was found."""
        for path in reversed(self._files()):
            try:
                values = torch.load(path, map_location="cpu", weights_only=True)
            except (
                Exception
            ) as error:  # whatever is wrong with the file, the one before may be whole
                tqdm.write(f"{path}: cannot be read ({error}); trying the state before")
                continue
            if values["fingerprint"] == self.fingerprint:
                state.unpack(values["state"])
                return f"resuming at step {state.step}"
            path.unlink()
        return "starting at step 0"

    def clear(self) -> None:
        """Remove all states: the training is complete and its outputs are written."""
        for path in self._files():
            path.unlink()


def fingerprint(info: ModelInfo, devices: int) -> str:
    """Of all that decides the weights: config, data, version of the package, number of processes."""
    values = [
        info.kind,
        info.part,
        info.config,
        info.mel,
        info.sizes,
        info.data_sha256,
        info.version,
        devices,
    ]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def random_for(seed: int, step: int) -> np.random.Generator:
    """The generator that draws the examples of a step."""
    return np.random.default_rng([seed, step])


def learning_rate(config: OptimConfig, step: int) -> float:
    """Linear warm-up, then a cosine to a tenth of the peak at the last step."""
    warm = min(1.0, (step + 1) / (config.warmup + 1))
    done = max(0.0, (step - config.warmup) / max(1, config.steps - config.warmup))
    return config.learning_rate * warm * (0.55 + 0.45 * math.cos(math.pi * min(1.0, done)))


def train(
    task: Task, output: Path, info: ModelInfo, config: OptimConfig, devices: int = 1
) -> ModelInfo:
    """Train `task.model`, going on where a former run was stopped; write the best model to `output`.

    Writes `weights.safetensors`, `model.json` and `history.csv`; TensorBoard's log in `output/tensorboard`;
    the resumable state in `output/state` until the end.

    Args:
        task: model, batches, losses, validation.
        output: folder of the model.
        info: describes the model; step, metrics and parameters are filled in here.
        config: steps, batch, optimiser.
        devices: processes (DDP), each with its share of every batch.

    Returns:
        The description of the best model.

    Raises:
        UserError: the loss is not finite.
    """
    fabric = lightning_fabric.Fabric(
        devices=devices, precision=_precision(config), strategy="ddp" if devices > 1 else "auto"
    )
    fabric.launch()
    turns = task.turns()
    adams = [_adam(turn.network, task.betas, config, fabric.device.type) for turn in turns]
    model, *optimizers = fabric.setup(task, *adams)
    for turn in turns:
        if turn.method != "forward":
            model.mark_forward_method(turn.method)
    state = State(task, optimizers, _micro_batch(task, config, fabric.device.type))
    states = StateFolder(output / "state", fingerprint(info, devices), config.keep)
    parameters = _count(task.exported())
    memory = 16 * sum(_count(turn.network) for turn in turns) / 1e9
    name = " ".join(filter(None, (info.part, info.kind)))
    with states.locked() if fabric.is_global_zero else nullcontext():
        found = states.load(state)
        if fabric.is_global_zero:
            tqdm.write(
                f"{name}: {parameters:,} parameters on {fabric.device}, {_precision(config)}; "
                f"{memory:.2g} GB with gradients and Adam; {found}"
            )
        with _Log(output, state, name, config.steps, fabric.is_global_zero) as log:
            for _ in _steps(fabric, task, model, state, config):
                log.update()
                if fabric.is_global_zero and state.step % config.save_every == 0:
                    states.save(state)
        info = replace(
            info, step=state.best["step"], metrics=state.best["metrics"], parameters=parameters
        )
        if fabric.is_global_zero:
            best = task.exported()
            best.load_state_dict(state.best["weights"])
            save_model(output, best, info)
            states.clear()
    fabric.barrier()
    return info


def _precision(config: OptimConfig) -> str:
    if config.precision != "auto":
        return config.precision
    return (
        "bf16-mixed" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "32-true"
    )


def _micro_batch(task: Task, config: OptimConfig, device: str) -> int:
    """How many examples are computed at once: as configured, else on a processor what its cache holds.

    A clip whose activations lie in the cache takes less time than its share of a batch that does not.
    """
    if config.micro_batch or device != "cpu" or not task.example_width:
        return config.micro_batch
    return min(config.batch, max(1, CACHE // (4 * task.example_width)))


def _count(network: nn.Module) -> int:
    return sum(value.numel() for value in network.parameters())


def _adam(
    network: nn.Module, betas: tuple[float, float], config: OptimConfig, device: str
) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        network.parameters(),
        lr=config.learning_rate,
        betas=betas,
        weight_decay=config.weight_decay,
        fused=device in ("cpu", "cuda"),
    )


def _steps(
    fabric: lightning_fabric.Fabric, task: Task, model: nn.Module, state: State, config: OptimConfig
) -> Iterator[None]:
    """Run the steps that are left; the next batch is read while this one is computed."""
    part = slice(fabric.global_rank, None, fabric.world_size)
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(task.batch, state.step, part)
        while state.step < config.steps:
            start = time.monotonic()
            batch = fabric.to_device(coming.result())
            coming = ahead.submit(task.batch, state.step + 1, part)
            torch.manual_seed(hash((config.seed, state.step, fabric.global_rank)))
            _step(fabric, task, model, state, config, batch)
            state.step += 1
            if state.step % config.validate_every == 0 or state.step == config.steps:
                _validate(fabric, task, state)
            state.seconds += time.monotonic() - start
            yield


def _step(
    fabric: lightning_fabric.Fabric,
    task: Task,
    model: nn.Module,
    state: State,
    config: OptimConfig,
    batch: Batch,
) -> None:
    task.train()
    for turn, optimizer in zip(task.turns(), state.optimizers, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config, state.step)
        values = _gradients(fabric, task, model, turn, optimizer, state, batch)
        if not math.isfinite(values[turn.loss]):
            raise UserError(
                f"the {turn.loss} is {values[turn.loss]} at step {state.step}: "
                f"is optim.learning_rate {config.learning_rate} too high?"
            )
        fabric.clip_gradients(turn.network, optimizer, max_norm=config.clip_norm)
        optimizer.step()
        task.end_turn()
        for name, value in values.items():
            state.losses.setdefault(name, []).append(value)


def _gradients(
    fabric: lightning_fabric.Fabric,
    task: Task,
    model: nn.Module,
    turn: Turn,
    optimizer: torch.optim.Optimizer,
    state: State,
    batch: Batch,
) -> dict[str, float]:
    """Gradients and mean losses of a batch, computed in micro-batches; these halve where memory is full."""
    size = len(batch[0])
    while True:
        optimizer.zero_grad()
        task.begin_turn()
        try:
            values: dict[str, float] = {}
            for start in range(0, size, state.micro_batch or size):
                part = tuple(value[start : start + (state.micro_batch or size)] for value in batch)
                share = len(part[0]) / size
                last = start + len(part[0]) == size
                with fabric.no_backward_sync(model, enabled=not last):
                    losses = getattr(model, turn.method)(*part)
                    fabric.backward(losses[turn.loss] * share)
                for name, value in losses.items():
                    values[name] = values.get(name, 0.0) + value.item() * share
            return values
        except torch.cuda.OutOfMemoryError:
            if state.micro_batch == 1:
                raise
            state.micro_batch = math.ceil((state.micro_batch or size) / 2)
            torch.cuda.empty_cache()
            tqdm.write(
                f"memory is full: computing {state.micro_batch} examples at once from here on"
            )


def _validate(fabric: lightning_fabric.Fabric, task: Task, state: State) -> None:
    task.eval()
    with torch.no_grad(), fabric.autocast():
        metrics = task.validate()
    row = {"step": state.step, "seconds": round(state.seconds, 1)}
    row |= {f"train_{name}": float(np.mean(values)) for name, values in state.losses.items()}
    row |= {f"valid_{name}": value for name, value in metrics.items() if isinstance(value, float)}
    state.history.append(row)
    state.losses = {}
    if not state.best or metrics["loss"] < state.best["metrics"]["loss"]:
        weights = {
            name: value.detach().cpu().clone()
            for name, value in task.exported().state_dict().items()
        }
        state.best = {"step": state.step, "metrics": metrics, "weights": weights}


def _peak_memory(device: torch.device) -> float:
    """GB: of the GPU where there is one, else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


class _Log:
    """Progress bar, `history.csv` and TensorBoard, from a state's history."""

    def __init__(self, output: Path, state: State, name: str, steps: int, active: bool) -> None:
        self.output, self.state, self.active = output, state, active
        self.bar = tqdm(total=steps, initial=state.step, desc=name, unit="step", disable=not active)
        self.written = len(state.history)
        self.board = (
            SummaryWriter(output / "tensorboard", purge_step=state.step) if active else None
        )

    def __enter__(self) -> "_Log":
        return self

    def update(self) -> None:
        """After a step: move the bar, and write what a validation added."""
        if not self.active:
            return
        self.bar.update()
        if self.bar.n - self.bar.initial == TIMED_STEPS:
            seconds = self.bar.format_dict["elapsed"] / TIMED_STEPS
            minutes = seconds * (self.bar.total - self.bar.n) / 60
            peak = _peak_memory(next(self.state.task.parameters()).device)
            tqdm.write(
                f"{seconds:.2g} s a step: about {minutes:.0f} min without validation; {peak:.1f} GB at most"
            )
        for row in self.state.history[self.written :]:
            for name, value in row.items():
                self.board.add_scalar(name, value, row["step"])
            self.bar.set_postfix(train=f"{row['train_loss']:.3f}", valid=f"{row['valid_loss']:.3f}")
            self._write_csv()
            self.written += 1

    def _write_csv(self) -> None:
        with atomic_path(self.output / "history.csv") as path, path.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.state.history[0]))
            writer.writeheader()
            writer.writerows(self.state.history)

    def __exit__(self, *_: object) -> None:
        self.bar.close()
        if self.board:
            self.board.close()
