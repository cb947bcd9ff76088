"""A training task: a model, its batches, its losses and the steps of its optimizers."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

Batch = tuple[Tensor, ...]
Metrics = dict[str, Any]


class OptimizerStep(NamedTuple):
    """One update of one network.

    Attributes:
        network: the network whose weights are updated.
        method: method of the task that takes a batch and returns scalar losses by name.
        loss: the loss that is minimised.
    """

    network: nn.Module
    method: str = "forward"
    loss: str = "loss"


class Task(nn.Module):
    """A model, its batches and its losses.

    `forward` takes the tensors of a batch and returns scalar losses by name; "loss" is minimised.

    Attributes:
        model: the network that is trained.
        betas: betas of Adam.
        example_width: numbers in the largest activation of one example; 0 computes a batch at once.
    """

    model: nn.Module
    forward: Callable[..., dict[str, Tensor]]
    betas = (0.9, 0.98)
    example_width = 0

    def optimizer_steps(self) -> list[OptimizerStep]:
        """The updates of one training step, in order."""
        return [OptimizerStep(self.model)]

    def exported(self) -> nn.Module:
        """The model in the form in which it is saved."""
        return self.model

    def batch(self, step: int, part: slice) -> Batch:
        """The examples of a training step.

        Args:
            step: number of the step. The next batch is read in a thread while one is computed.
            part: the examples to read, if several processes share a batch.
        """
        raise NotImplementedError

    def before_backward(self) -> None:
        """Prepare an optimizer step; called again if it is repeated in smaller parts."""

    def after_step(self) -> None:
        """Update the parts that are not trained by gradients, after each optimizer step."""

    def validate(self) -> Metrics:
        """Metrics of the validation split. The model with the lowest "loss" is kept."""
        raise NotImplementedError


def add_up(losses: Iterable[Tensor]) -> Tensor:
    """The sum of one or more scalars, added in their order."""
    return reduce(torch.add, losses)
