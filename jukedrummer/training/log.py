"""Reports of a running training: a progress bar, `history.csv` and TensorBoard's log."""

import resource
from pathlib import Path

import torch
from lightning_fabric.loggers.tensorboard import TensorBoardLogger
from tqdm import tqdm

from jukedrummer.storage.tables import HistoryRow, write_frame
from jukedrummer.training.state import State

TIMED_STEPS = 10  # steps to measure before the remaining time is printed


class TrainingLog:
    """Reports a training as its state changes. Use it in a `with` statement.

    Args:
        output: folder of the model, for `history.csv` and `tensorboard`.
        state: state of the training.
        name: name of the model, for the progress bar.
        steps: number of steps of the whole training.
        active: true in the first process only. The other processes report nothing.
    """

    def __init__(self, output: Path, state: State, name: str, steps: int, active: bool) -> None:
        self.output, self.state, self.steps, self.active = output, state, steps, active
        self.bar = tqdm(total=steps, initial=state.step, desc=name, unit="step", disable=not active)
        self.written = len(state.history)
        # Entries from `purge_step` on are newer than the resumed state. They are removed.
        self.board = TensorBoardLogger(output, "tensorboard", version="", purge_step=state.step)

    def __enter__(self) -> "TrainingLog":
        return self

    def update(self) -> None:
        """Report one step, and the validation after it, if any."""
        if not self.active:
            return
        self.bar.update()
        if self.bar.n - self.bar.initial == TIMED_STEPS:
            self._report_time()
        for row in self.state.history[self.written :]:
            self.board.log_metrics(row, int(row["step"]))
            self.bar.set_postfix(train=f"{row['train_loss']:.3f}", valid=f"{row['valid_loss']:.3f}")
            self._write_history()
            self.written += 1

    def _report_time(self) -> None:
        seconds = self.bar.format_dict["elapsed"] / TIMED_STEPS
        minutes = seconds * (self.steps - self.bar.n) / 60
        peak = peak_memory(next(self.state.task.parameters()).device)
        tqdm.write(
            f"{seconds:.2g} s a step: about {minutes:.0f} min without validation; "
            f"{peak:.1f} GB at most"
        )

    def _write_history(self) -> None:
        import pandas as pd

        write_frame(self.output / "history.csv", HistoryRow, pd.DataFrame(self.state.history))

    def __exit__(self, *_: object) -> None:
        self.bar.close()
        self.board.finalize("success")


def peak_memory(device: torch.device) -> float:
    """Peak memory so far, GB: of the GPU if there is one, else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
