"""The drum-aware beat and downbeat network (arXiv 2106.08685), and its baseline, a single BLSTM.

Two networks unmix the features of a mix into those of the drumless part and those of the drums. The
mix, the drumless part and the drums have one beat network each. A fuser combines their outputs.
Each beat network also works alone on a recording of its part. So a drumless recording needs no
unmixing.

Letters beyond the package's: H units in each direction, S second stage. Logits are of three
classes, in the order of `ModelInfo.sizes`.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from jukedrummer.config import TrackerConfig

Content = Literal["drumless", "mix", "drums"]  # of a recording
CLASS_COUNT = 3
FEATURE_WIDTH = 314  # values a frame: 157 bands and their rises


class BLSTM(nn.LSTM):
    """Bidirectional layers: (B, T, D) to (B, T, 2 H)."""

    def __init__(self, width: int, hidden: int, layers: int) -> None:
        super().__init__(width, hidden, layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # LSTM returns its state too
        """Run all layers, from zeros at both ends."""
        result: Tensor = super().forward(x)[0]
        return result


@dataclass(frozen=True)
class BeatOutput:
    """The output of one beat network.

    Attributes:
        embedding: (B, T, 2 H), the BLSTM's output.
        features: (B, T, S), output of the second stage, if any; else the embedding.
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
        self.blstm = BLSTM(FEATURE_WIDTH, config.hidden, config.layers)
        self.second_stage = (
            nn.Linear(width, config.second_stage) if config.second_stage else nn.Identity()
        )
        self.classes = nn.Linear(config.second_stage or width, CLASS_COUNT)

    def forward(self, features: Tensor) -> BeatOutput:
        """The output for features (B, T, 314) of `beats.downbeat_features`."""
        embedding = self.blstm(features)
        second = self.second_stage(embedding)
        return BeatOutput(embedding, second, self.classes(second))

    def analyse(self, features: Tensor, content: Content) -> tuple[Tensor, Tensor]:
        """As `DrumAware.analyse`, with the same network for all content."""
        output = self(features)
        return output.embedding, output.logits


class Unmix(nn.Module):
    """Estimates the features of one part of a mix: a mask from a BLSTM with a skip (Open-Unmix)."""

    input_shift: Tensor
    input_scale: Tensor

    def __init__(self, config: TrackerConfig) -> None:
        super().__init__()
        width = config.unmix_hidden
        self.register_buffer("input_shift", torch.zeros(FEATURE_WIDTH))
        self.register_buffer("input_scale", torch.ones(FEATURE_WIDTH))
        self.encode = nn.Linear(FEATURE_WIDTH, width, bias=False)
        self.encode_norm = nn.BatchNorm1d(width)
        self.blstm = BLSTM(width, width // 2, config.unmix_layers)
        self.decode = nn.Linear(2 * width, width, bias=False)
        self.decode_norm = nn.BatchNorm1d(width)
        self.mask = nn.Linear(width, FEATURE_WIDTH, bias=False)
        self.mask_norm = nn.BatchNorm1d(FEATURE_WIDTH)
        self.mask_scale = nn.Parameter(torch.ones(FEATURE_WIDTH))
        self.mask_shift = nn.Parameter(torch.ones(FEATURE_WIDTH))

    def forward(self, mix: Tensor) -> Tensor:
        """Features of a mix (B, T, 314) to those of the part, of the same shape."""
        x = (mix + self.input_shift) * self.input_scale
        x = torch.tanh(_each_frame(self.encode_norm, self.encode(x)))
        x = torch.cat([x, self.blstm(x)], dim=-1)
        x = torch.relu(_each_frame(self.decode_norm, self.decode(x)))
        x = _each_frame(self.mask_norm, self.mask(x))
        return torch.relu(x * self.mask_scale + self.mask_shift) * mix


def _each_frame(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    result: Tensor = norm(x.flatten(0, 1))
    return result.view_as(x)


class Fuser(nn.Module):
    """A BLSTM over the outputs of three beat networks."""

    def __init__(self, config: TrackerConfig) -> None:
        super().__init__()
        width = 3 * ((config.second_stage or 2 * config.hidden) + CLASS_COUNT)
        self.blstm = BLSTM(width, config.hidden, config.layers)
        self.classes = nn.Linear(2 * config.hidden, CLASS_COUNT)

    def forward(self, outputs: list[BeatOutput]) -> tuple[Tensor, Tensor]:
        """Embedding (B, T, 2 H) and logits (B, T, 3) from outputs for mix, drumless and drums."""
        parts = [each.features for each in outputs] + [each.logits for each in outputs]
        embedding = self.blstm(torch.cat(parts, dim=-1))
        return embedding, self.classes(embedding)


@dataclass(frozen=True)
class MixOutput:
    """The output of `DrumAware` for a mix.

    Attributes:
        embedding: (B, T, 2 H), output of the fuser.
        logits: (B, T, 3), output of the fuser.
        mix: output of the beat network for mixes.
        drumless: output of the beat network for drumless recordings.
        drums: output of the beat network for drums.
        drumless_features: (B, T, 314), unmixed features of the drumless part.
        drums_features: (B, T, 314), unmixed features of the drums.
    """

    embedding: Tensor
    logits: Tensor
    mix: BeatOutput
    drumless: BeatOutput
    drums: BeatOutput
    drumless_features: Tensor
    drums_features: Tensor


class DrumAware(nn.Module):
    """The whole network: 314 features at 100 frames a second to logits of three classes."""

    def __init__(self, config: TrackerConfig) -> None:
        super().__init__()
        self.unmix_drumless, self.unmix_drums = Unmix(config), Unmix(config)
        self.mix, self.drumless, self.drums = (BeatNetwork(config) for _ in range(3))
        self.fuser = Fuser(config)

    def forward(self, mix: Tensor) -> MixOutput:
        """All outputs for the features of a mix (B, T, 314)."""
        drumless, drums = self.unmix_drumless(mix), self.unmix_drums(mix)
        of_mix, of_drumless, of_drums = self.mix(mix), self.drumless(drumless), self.drums(drums)
        embedding, logits = self.fuser([of_mix, of_drumless, of_drums])
        return MixOutput(embedding, logits, of_mix, of_drumless, of_drums, drumless, drums)

    def analyse(self, features: Tensor, content: Content) -> tuple[Tensor, Tensor]:
        """Embedding (B, T, 2 H) and logits (B, T, 3) of a recording.

        Args:
            features: (B, T, 314).
            content: content of the recording. A mix goes through the whole network. Drumless
                recordings and drums only go through their own beat network.
        """
        if content == "mix":
            output = self(features)
            return output.embedding, output.logits
        network = self.drumless if content == "drumless" else self.drums
        return network.analyse(features, content)


TrackerNetwork = DrumAware | BeatNetwork


def make_tracker_network(config: TrackerConfig) -> TrackerNetwork:
    """The untrained network of the config's kind."""
    return DrumAware(config) if config.kind == "drum_aware" else BeatNetwork(config)
