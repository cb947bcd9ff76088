"""The training loop: Lightning Fabric, and a state to resume a killed training.

All random choices of a step depend on seed and step only: the batch, the dropout, the codes that
restart. So no state of a random generator is stored. A training that was killed and resumed gives
the same weights as an uninterrupted one. On a CPU they are bit-identical.
"""

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn
from tqdm import tqdm

from jukedrummer.config import OptimConfig
from jukedrummer.errors import UserError
from jukedrummer.storage.weights import ModelInfo, save_model
from jukedrummer.training.log import TrainingLog
from jukedrummer.training.random import step_seed
from jukedrummer.training.state import State, StateFolder, fingerprint
from jukedrummer.training.task import Batch, OptimizerStep, Task

CACHE = 2**23  # bytes of activations that fit into a processor's cache, with all other data

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


def learning_rate(config: OptimConfig, step: int) -> float:
    """Linear warm-up, then a cosine to a tenth of the peak at the last step."""
    warm = min(1.0, (step + 1) / (config.warmup + 1))
    done = max(0.0, (step - config.warmup) / max(1, config.steps - config.warmup))
    return config.learning_rate * warm * (0.55 + 0.45 * math.cos(math.pi * min(1.0, done)))


def examples_at_once(task: Task, config: OptimConfig, device: str) -> int:
    """The number of examples of a batch that are computed at once; 0 for all.

    On a processor, examples are faster if their activations fit into the cache. So the default
    there is the number that fits.
    """
    if config.micro_batch or device != "cpu" or not task.example_width:
        return config.micro_batch
    return min(config.batch_size, max(1, CACHE // (4 * task.example_width)))


def train(
    task: Task, output: Path, info: ModelInfo, config: OptimConfig, devices: int = 1
) -> ModelInfo:
    """Train `task.model` and write the best model to `output`. Resume a stopped training.

    Writes `weights.safetensors`, `model.json` and `history.csv`; TensorBoard's log in
    `output/tensorboard`; the resumable state in `output/state` until the end.

    Args:
        task: model, batches, losses, validation.
        output: folder of the model.
        info: description of the model. Step, metrics and parameters are added here.
        config: steps, batch, optimizer.
        devices: number of processes (DDP), each with a share of every batch.

    Returns:
        The description of the best model.

    Raises:
        UserError: a loss is not finite, or another process trains in `output`.
    """
    if config.batch_size < devices:
        raise UserError(
            f"optim.batch_size is {config.batch_size}; "
            f"--devices {devices} needs an example for each device"
        )
    precision, strategy = precision_of(config), "ddp" if devices > 1 else "auto"
    fabric = Fabric(devices=devices, precision=precision, strategy=strategy)
    fabric.launch()
    run = _set_up(fabric, task, config)
    states = StateFolder(output / "state", fingerprint(info, devices), config.keep)
    info = replace(info, parameters=_count(task.exported()))
    with states.locked() if fabric.is_global_zero else nullcontext():
        run.complete(states, output, info)
        info = replace(info, step=run.state.best["step"], metrics=run.state.best["metrics"])
        if fabric.is_global_zero:
            model = task.exported()
            model.load_state_dict(run.state.best["weights"])
            save_model(output, model, info)
            states.clear()
    fabric.barrier()
    return info


def precision_of(config: OptimConfig) -> Precision:
    """The precision of Fabric; `auto` is resolved for this machine."""
    if config.precision != "auto":
        return config.precision
    has_bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return "bf16-mixed" if has_bf16 else "32-true"


def _set_up(fabric: Fabric, task: Task, config: OptimConfig) -> "_Run":
    device, steps = fabric.device.type, task.optimizer_steps()
    adams = [_adam(step.network, task.betas, config, device) for step in steps]
    model, *optimizers = fabric.setup(task, *adams)
    for step in steps:
        if step.method != "forward":
            model.mark_forward_method(step.method)
    state = State(task, optimizers, examples_at_once(task, config, device))
    return _Run(fabric, task, model, state, config)


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


@dataclass(frozen=True)
class _Run:
    """One process of a training."""

    fabric: Fabric
    task: Task
    model: Any  # the task, wrapped by Fabric
    state: State
    config: OptimConfig

    def complete(self, states: StateFolder, output: Path, info: ModelInfo) -> None:
        """Continue from the last state to the last step; save states and report on the way."""
        first, name = self.fabric.is_global_zero, " ".join(filter(None, (info.part, info.kind)))
        start = states.load(self.state)
        weights = sum(_count(step.network) for step in self.task.optimizer_steps())
        if first:
            tqdm.write(
                f"{name}: {info.parameters:,} parameters on {self.fabric.device}, "
                f"{precision_of(self.config)}; "
                f"{16 * weights / 1e9:.2g} GB with gradients and Adam; {start}"
            )
        with TrainingLog(output, self.state, name, self.config.steps, active=first) as log:
            for _ in self.steps():
                log.update()
                if first and self.state.step % self.config.save_every == 0:
                    states.save(self.state)

    def steps(self) -> Iterator[None]:
        """Run the remaining steps. The next batch is read while one is computed."""
        fabric, task, state, config = self.fabric, self.task, self.state, self.config
        part = slice(fabric.global_rank, None, fabric.world_size)
        with ThreadPoolExecutor(1) as reader:
            upcoming = reader.submit(task.batch, state.step, part)
            while state.step < config.steps:
                start = time.monotonic()
                batch = fabric.to_device(upcoming.result())
                upcoming = reader.submit(task.batch, state.step + 1, part)
                torch.manual_seed(step_seed(config.seed, state.step, fabric.global_rank))
                self._step(batch)
                state.step += 1
                if state.step % config.validate_every == 0 or state.step == config.steps:
                    self._validate()
                state.seconds += time.monotonic() - start
                yield

    def _step(self, batch: Batch) -> None:
        state, config = self.state, self.config
        self.task.train()
        for step, optimizer in zip(self.task.optimizer_steps(), state.optimizers, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(config, state.step)
            losses = self._gradients(step, optimizer, batch)
            if not math.isfinite(losses[step.loss]):
                raise UserError(
                    f"the {step.loss} is {losses[step.loss]} at step {state.step}: "
                    f"is optim.learning_rate {config.learning_rate} too high?"
                )
            self.fabric.clip_gradients(step.network, optimizer, max_norm=config.max_grad_norm)
            optimizer.step()
            self.task.after_step()
            for name, value in losses.items():
                state.losses.setdefault(name, []).append(value)

    def _gradients(
        self, step: OptimizerStep, optimizer: torch.optim.Optimizer, batch: Batch
    ) -> dict[str, float]:
        """Compute the gradients of a batch in micro-batches, which are halved if memory is full.

        Returns:
            The mean losses of the batch.
        """
        size, state = len(batch[0]), self.state
        while True:
            optimizer.zero_grad()
            self.task.before_backward()
            try:
                return self._backward(step, batch, state.micro_batch or size)
            except torch.cuda.OutOfMemoryError:
                if state.micro_batch == 1:
                    raise
                state.micro_batch = math.ceil((state.micro_batch or size) / 2)
                torch.cuda.empty_cache()
                tqdm.write(
                    f"memory is full: computing {state.micro_batch} examples at once from here on"
                )

    def _backward(self, step: OptimizerStep, batch: Batch, at_once: int) -> dict[str, float]:
        size, means = len(batch[0]), dict[str, float]()
        for start in range(0, size, at_once):
            part = tuple(value[start : start + at_once] for value in batch)
            share = len(part[0]) / size
            last = start + len(part[0]) == size
            with self.fabric.no_backward_sync(self.model, enabled=not last):
                losses = getattr(self.model, step.method)(*part)
                self.fabric.backward(losses[step.loss] * share)
            for name, value in losses.items():
                means[name] = means.get(name, 0.0) + value.item() * share
        return means

    def _validate(self) -> None:
        task, state = self.task, self.state
        task.eval()
        with torch.no_grad(), self.fabric.autocast():
            metrics = task.validate()
        row = {"step": state.step, "seconds": round(state.seconds, 1)}
        row |= {f"train_{name}": float(np.mean(values)) for name, values in state.losses.items()}
        row |= {
            f"valid_{name}": value for name, value in metrics.items() if isinstance(value, float)
        }
        state.history.append(row)
        state.losses = {}
        if not state.best or metrics["loss"] < state.best["metrics"]["loss"]:
            model = task.exported().state_dict()
            weights = {name: value.detach().cpu().clone() for name, value in model.items()}
            state.best = {"step": state.step, "metrics": metrics, "weights": weights}
