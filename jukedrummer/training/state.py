"""The state of a training on disk, for resuming a stopped training."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_path
from jukedrummer.storage.weights import ModelInfo
from jukedrummer.training.task import Task

# Keys of `optim` that a training may change when it continues.
HOUSEKEEPING = ("keep", "save_every", "micro_batch")


@dataclass
class State:
    """Everything that a resumed training needs.

    Attributes:
        task: the task, with the weights of all networks.
        optimizers: one for each of the task's optimizer steps.
        micro_batch: examples computed at once, 0 for all. It depends on the machine, so it is not
            stored.
        step: number of finished steps.
        seconds: time of these steps.
        losses: losses of each step since the last validation, by name.
        history: a row for each validation.
        best: step, metrics and weights of the best model.
    """

    task: Task
    optimizers: list[torch.optim.Optimizer]
    micro_batch: int = 0
    step: int = 0
    seconds: float = 0.0
    losses: dict[str, list[float]] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)

    def pack(self) -> dict[str, Any]:
        """The state as plain containers and tensors."""
        names = ("step", "seconds", "losses", "history", "best")
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        values = {name: getattr(self, name) for name in names}
        return {"task": self.task.state_dict(), "optimizers": optimizers, **values}

    def unpack(self, values: dict[str, Any]) -> None:
        """Restore a state that `pack` returned."""
        self.task.load_state_dict(values.pop("task"))
        for optimizer, value in zip(self.optimizers, values.pop("optimizers"), strict=True):
            optimizer.load_state_dict(value)
        for name, value in values.items():
            setattr(self, name, value)


class StateFolder:
    """The last states of one training. Each is written atomically.

    If a state cannot be read, the one before is used. States of another training stay until this
    one saves its first state.

    Args:
        folder: folder of the states.
        owner: the `fingerprint` of the training.
        keep: number of states to keep.
    """

    def __init__(self, folder: Path, owner: str, keep: int) -> None:
        self.folder, self.owner, self.keep = folder, owner, keep
        self._own: list[Path] = []  # the loaded state, and those that were saved since
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder against a second process. The lock ends with the process.

        Raises:
            UserError: another process holds the lock.
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
        """Write a state and remove the oldest ones beyond `keep`."""
        with atomic_path(self.folder / f"step_{state.step:09d}.pt") as temporary:
            torch.save({"fingerprint": self.owner, "state": state.pack()}, temporary)
        self._own = [*self._own, self.folder / f"step_{state.step:09d}.pt"][-self.keep :]
        for old in set(self._files()) - set(self._own):
            old.unlink(missing_ok=True)

    def load(self, state: State) -> str:
        """Load the newest readable state into `state`.

        Returns:
            A line with the step at which the training starts.
        """
        for path in reversed(self._files()):
            try:
                values = torch.load(path, map_location="cpu", weights_only=True)
            except Exception as error:  # a damaged file can raise anything
                tqdm.write(f"{path}: cannot be read ({error}); trying the state before")
                continue
            if values["fingerprint"] == self.owner:
                state.unpack(values["state"])
                self._own = [path]
                return f"resuming at step {state.step}"
        return "starting at step 0"

    def clear(self) -> None:
        """Remove all states after the training is complete and its outputs are written."""
        for path in self._files():
            path.unlink(missing_ok=True)


def fingerprint(info: ModelInfo, devices: int) -> str:
    """A hash of all that determines the weights: settings, data, version, number of processes."""
    optim = info.config.get("optim", {})
    optim = {name: value for name, value in optim.items() if name not in HOUSEKEEPING}
    values = [
        info.kind,
        info.part,
        {**info.config, "optim": optim},
        info.mel,
        info.sizes,
        info.data_sha256,
        info.version,
        devices,
    ]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
