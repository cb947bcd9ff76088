"""The conditions of a language model: the drumless recording and the beats."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from jukedrummer.config import REPRESENTATIONS

# Multiples of beat and bar phase. The fourth distinguishes 16ths in a beat, and beats in a 4/4 bar.
HARMONICS = 4


class Conditions(NamedTuple):
    """The conditions of L codes. B and L are those of the drum codes."""

    drumless_mel: Tensor  # (B, F, L * frames_per_code) log10
    drumless_codes: Tensor  # (B, L)
    beats: dict[str, Tensor]  # arrays of beat representations, by name: (B, L) or (B, L, width)

    def crop(self, start: int, stop: int, frames_per_code: int) -> "Conditions":
        """The codes [start, stop) of all fields."""
        return Conditions(
            self.drumless_mel[..., start * frames_per_code : stop * frames_per_code],
            self.drumless_codes[:, start:stop],
            {name: value[:, start:stop] for name, value in self.beats.items()},
        )


class BeatArray(Protocol):
    """The attributes of an array that an embedding needs; see `beats.representations.Array`."""

    @property
    def name(self) -> str:
        """Its key in `Conditions.beats`."""
        ...

    @property
    def width(self) -> int:
        """Numbers for each code; 0 for a class."""
        ...

    @property
    def classes(self) -> int:
        """Number of classes; 0 for numbers."""
        ...

    @property
    def harmonics(self) -> bool:
        """Whether its numbers are sines and cosines of phases."""
        ...


def beat_arrays(representation: str) -> tuple[BeatArray, ...]:
    """The arrays of a beat representation."""
    arrays: tuple[BeatArray, ...] = REPRESENTATIONS[representation].REPRESENTATION.arrays
    return arrays


def harmonics(phase: Tensor) -> Tensor:
    """Sines and cosines of multiples 1 to 4 of phases: (B, L, 2 n) to (B, L, 8 n); 0 stays 0."""
    parts = []
    for pair in torch.split(phase.float(), 2, dim=-1):
        known = (pair.square().sum(-1, keepdim=True) > 0.25).float()
        multiples = torch.arange(1, HARMONICS + 1, device=phase.device)
        angle = torch.atan2(pair[..., :1], pair[..., 1:]) * multiples
        parts += [angle.sin() * known, angle.cos() * known]
    return torch.cat(parts, -1)


def embedding(array: BeatArray, width: int) -> nn.Module:
    """A layer that embeds an array: classes by a table, numbers by a linear map."""
    if array.classes:
        return nn.Embedding(array.classes, width)
    return nn.Linear(array.width * (HARMONICS if array.harmonics else 1), width)


def as_input(array: BeatArray, values: Tensor) -> Tensor:
    """The values of an array, converted for its `embedding`."""
    if array.classes:
        return values.long()
    return harmonics(values) if array.harmonics else values.float()


class BeatEmbedding(nn.ModuleDict):
    """The sum of the arrays of one beat representation, each embedded to width D."""

    def __init__(self, arrays: Sequence[BeatArray], width: int) -> None:
        super().__init__({array.name: embedding(array, width) for array in arrays})
        self.arrays = tuple(arrays)

    def forward(self, conditions: Conditions) -> Tensor:
        """(B, L, D)."""
        parts: list[Tensor] = [
            self[array.name](as_input(array, conditions.beats[array.name])) for array in self.arrays
        ]
        return sum(parts[1:], parts[0])
