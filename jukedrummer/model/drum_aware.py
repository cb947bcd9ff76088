"""The drum-aware beat and downbeat network (arXiv 2106.08685), and the single BLSTM that it is compared with.

A mix is unmixed on the tracker's features into drumless and drums; one beat network hears each of the three,
and a fourth BLSTM fuses what they found. Each beat network can also be given the real thing: where there
is a drumless recording, nothing has to be unmixed.

Letters beyond the package's: H units a direction, S second stage. Logits are of three classes, in the order
of `ModelInfo.sizes`.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from jukedrummer.beats.downbeat_features import WIDTH
from jukedrummer.config import TrackerConfig

Heard = Literal["drumless", "mix", "drums"]
CLASS_COUNT = 3


class BLSTM(nn.LSTM):
    """Bidirectional layers: (B, T, D) to (B, T, 2 H)."""

    def __init__(self, width: int, hidden: int, layers: int) -> None:
        super().__init__(width, hidden, layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """Run all layers, from zeros at both ends."""
        return super().forward(x)[0]


@dataclass(frozen=True)
class BeatFindings:
    """What one beat network found.

    Attributes:
        embedding: (B, T, 2 H), the BLSTM's output.
        features: (B, T, S), the second stage; the embedding where there is none.
        logits: (B, T, 3).
    """

    embedding: Tensor
    features: Tensor
    logits: Tensor


class BeatNetwork(nn.Module):
    """A BLSTM over features, a linear second stage (or none), three classes."""

    def __init__(self, config: TrackerConfig) -> None:
        super().__init__()
        width = 2 * config.hidden
        self.blstm = BLSTM(WIDTH, config.hidden, config.layers)
        self.second_stage = (
            nn.Linear(width, config.second_stage) if config.second_stage else nn.Identity()
        )
        self.classes = nn.Linear(config.second_stage or width, CLASS_COUNT)

    def forward(self, features: Tensor) -> BeatFindings:
        """Features (B, T, 314), as `DownbeatFeatures` makes them."""
        embedding = self.blstm(features)
        second = self.second_stage(embedding)
        return BeatFindings(embedding, second, self.classes(second))

    def hear(self, features: Tensor, heard: Heard) -> tuple[Tensor, Tensor]:
        """As `DrumAware.hear`; one network for all that may be heard."""
        found = self(features)
        return found.embedding, found.logits


class Unmix(nn.Module):
    """Estimates one part's features from a mix's: a mask from a BLSTM with a skip connection (Open-Unmix)."""

    def __init__(self, config: TrackerConfig) -> None:
        super().__init__()
        width = config.unmix_hidden
        self.register_buffer("input_shift", torch.zeros(WIDTH))
        self.register_buffer("input_scale", torch.ones(WIDTH))
        self.encode = nn.Linear(WIDTH, width, bias=False)
        self.encode_norm = nn.BatchNorm1d(width)
        self.blstm = BLSTM(width, width // 2, config.unmix_layers)
        self.decode = nn.Linear(2 * width, width, bias=False)
        self.decode_norm = nn.BatchNorm1d(width)
        self.mask = nn.Linear(width, WIDTH, bias=False)
        self.mask_norm = nn.BatchNorm1d(WIDTH)
        self.mask_scale = nn.Parameter(torch.ones(WIDTH))
        self.mask_shift = nn.Parameter(torch.ones(WIDTH))

    def forward(self, mix: Tensor) -> Tensor:
        """Features of a mix (B, T, 314) to those of the part, of the same shape."""
        x = (mix + self.input_shift) * self.input_scale
        x = torch.tanh(_each_frame(self.encode_norm, self.encode(x)))
        x = torch.cat([x, self.blstm(x)], dim=-1)
        x = torch.relu(_each_frame(self.decode_norm, self.decode(x)))
        x = _each_frame(self.mask_norm, self.mask(x))
        return torch.relu(x * self.mask_scale + self.mask_shift) * mix


def _each_frame(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    return norm(x.flatten(0, 1)).view_as(x)


class Fuser(nn.Module):
    """A BLSTM over what three beat networks found."""

    def __init__(self, config: TrackerConfig) -> None:
        super().__init__()
        width = 3 * ((config.second_stage or 2 * config.hidden) + CLASS_COUNT)
        self.blstm = BLSTM(width, config.hidden, config.layers)
        self.classes = nn.Linear(2 * config.hidden, CLASS_COUNT)

    def forward(self, found: list[BeatFindings]) -> tuple[Tensor, Tensor]:
        """Embedding (B, T, 2 H) and logits (B, T, 3) of what was found in mix, drumless and drums."""
        parts = [each.features for each in found] + [each.logits for each in found]
        embedding = self.blstm(torch.cat(parts, dim=-1))
        return embedding, self.classes(embedding)


@dataclass(frozen=True)
class MixFindings:
    """What `DrumAware` found in a mix.

    Attributes:
        embedding: (B, T, 2 H), the fuser's.
        logits: (B, T, 3), the fuser's.
        mix, drumless, drums: of the three beat networks.
        drumless_features, drums_features: (B, T, 314), as unmixed.
    """

    embedding: Tensor
    logits: Tensor
    mix: BeatFindings
    drumless: BeatFindings
    drums: BeatFindings
    drumless_features: Tensor
    drums_features: Tensor


class DrumAware(nn.Module):
    """The whole network: 314 features at 100 frames a second to logits of three classes."""

    def __init__(self, config: TrackerConfig) -> None:
        super().__init__()
        self.unmix_drumless, self.unmix_drums = Unmix(config), Unmix(config)
        self.mix, self.drumless, self.drums = (BeatNetwork(config) for _ in range(3))
        self.fuser = Fuser(config)

    def forward(self, mix: Tensor) -> MixFindings:
        """Everything that there is to know of a mix, features (B, T, 314)."""
        drumless, drums = self.unmix_drumless(mix), self.unmix_drums(mix)
        found = [self.mix(mix), self.drumless(drumless), self.drums(drums)]
        return MixFindings(*self.fuser(found), *found, drumless, drums)

    def hear(self, features: Tensor, heard: Heard) -> tuple[Tensor, Tensor]:
        """Embedding (B, T, 2 H) and logits (B, T, 3) by the path that suits what is heard.

        Args:
            features: (B, T, 314).
            heard: a mix takes the whole network; drumless and drums go straight to their beat network.
        """
        if heard == "mix":
            found = self(features)
            return found.embedding, found.logits
        return getattr(self, heard).hear(features, heard)


def make_tracker_network(config: TrackerConfig) -> DrumAware | BeatNetwork:
    """The untrained network that the config names."""
    return DrumAware(config) if config.kind == "drum_aware" else BeatNetwork(config)
