"""The interface of the language models of all families."""

from collections.abc import Iterator
from typing import Protocol, Self

import torch
from torch import Tensor, nn

from jukedrummer.config import LMConfig
from jukedrummer.model.conditions import Conditions


class CodeSteps(Protocol):
    """A window of codes that are drawn one after the other."""

    def next(self, codes: Tensor) -> Tensor:
        """Logits (B, K) of the code after `codes`.

        Args:
            codes: (B, n), the codes that follow those of earlier calls. In the first call, all
                known codes of the window; n may be 0.
        """
        ...


class LanguageModel(Protocol):
    """A network that predicts drum codes, each from those before it and from the conditions."""

    @property
    def config(self) -> LMConfig:
        """Sizes, and which conditions the model receives."""
        ...

    @property
    def compiles(self) -> bool:
        """Whether `steps` can be compiled on the model's current device."""
        ...

    def __call__(
        self, codes: Tensor, conditions: Conditions, audio_mask: Tensor, beat_mask: Tensor
    ) -> Tensor:
        """Logits (B, L, K) of every code, given those before it.

        Args:
            codes: (B, L) drum codes, L <= `config.context`.
            conditions: conditions of the same steps.
            audio_mask: (B,) bool: examples that receive the drumless recording.
            beat_mask: (B,) bool: examples that receive the beats.
        """
        ...

    def prepare(self, piece: Conditions, known: bool) -> Tensor:
        """The conditions of one piece (B = 1, any L), prepared for `steps`: (L, width).

        Args:
            piece: its conditions.
            known: False hides the recording and the beats.
        """
        ...

    def steps(self, prepared: Tensor, compiled: bool = False) -> CodeSteps:
        """Begin a window of several pieces.

        Args:
            prepared: (B, L, width), the window's part of the output of `prepare`; L <=
                `config.context`.
            compiled: compile the steps; allowed only if `compiles` is true.
        """
        ...

    def standardise_input(self, mean: Tensor, deviation: Tensor) -> None:
        """Set the training split's statistics of the drumless mel, (F,) each.

        If the model does not use the mel, this has no effect.
        """
        ...

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        """As in `nn.Module`."""
        ...

    def to(self, device: torch.device | str) -> Self:
        """As in `nn.Module`."""
        ...

    def train(self, mode: bool = True) -> Self:
        """As in `nn.Module`."""
        ...

    def eval(self) -> Self:
        """As in `nn.Module`."""
        ...
