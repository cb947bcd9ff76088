"""The interface of all beat trackers: audio in; beats, activations and embeddings out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from jukedrummer.config import BeatsConfig
from jukedrummer.errors import UserError

if TYPE_CHECKING:
    from torch import nn

    from jukedrummer.storage.weights import ModelInfo

FPS = 100
# Columns of `Tracked.activations`.
CLASSES = ("none", "beat", "downbeat")
DOUBTFUL = 0.15  # confidence below which the beat may be wrong; clear songs have 0.3 and more


@dataclass(frozen=True)
class Tracked:
    """What a tracker heard in one song. Frame t is centred at t / 100 seconds.

    Attributes:
        beats: (n, 2) float64, ascending: seconds, position in the bar (1 = downbeat). n may be 0.
        activations: (T, 3) float32, probabilities of `CLASSES`, or None where beats were given.
        embeddings: (T, 50) float32, the tracker's last hidden layer, or None where beats were given.
        confidence: 0 (none, and where there are no beats) to 1; see `beat_confidence`.
        tracker: name of the tracker.
        version: of the tracker and its weights.
    """

    beats: np.ndarray
    activations: np.ndarray | None
    embeddings: np.ndarray | None
    confidence: float
    tracker: str
    version: str


class Tracker(Protocol):
    """Audio to beats. Silence, or audio of a second or less, is valid and has no beats."""

    name: str
    version: str

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        """Track one song, (N,) float32, mono, finite."""

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track several songs as batches; the same results as one by one, faster."""


def make_tracker(
    config: BeatsConfig, device: str = "cpu", network: "tuple[nn.Module, ModelInfo] | None" = None
) -> Tracker:
    """The tracker that the config names.

    Args:
        device: a PyTorch device, e.g. "cpu" or "cuda".
        network: drum_aware: model and description; by default those of the folder `beats.weights`.

    Raises:
        UserError: drum_aware without a network, or a folder that holds none.
    """
    if config.tracker == "drum_aware":
        from jukedrummer.beats.trackers.drum_aware import DrumAwareTracker
        from jukedrummer.storage.weights import load_model

        return DrumAwareTracker(
            config, network or load_model(network_folder(config), "tracker"), device
        )
    if config.tracker == "beat_this":
        from jukedrummer.beats.trackers.beat_this import BeatThisTracker

        return BeatThisTracker(config, device)
    from jukedrummer.beats.trackers.madmom import MadmomTracker

    return MadmomTracker(config, device)


def network_folder(config: BeatsConfig) -> Path:
    """Where the network of the drum-aware tracker lies.

    Raises:
        UserError: the config does not say.
    """
    if config.weights is None:
        raise UserError(
            "beats.tracker is drum_aware, which needs a trained network (the stage train_tracker makes one): "
            "give its folder as beats.weights; for the command beats, as --weights"
        )
    return Path(config.weights)


def make_judge(config: BeatsConfig) -> Tracker:
    """The tracker that measures drum tracks: madmom's whatever the model's is, so that numbers compare."""
    return make_tracker(replace(config, tracker="madmom"))


def beat_confidence(beats: np.ndarray, activations: np.ndarray) -> float:
    """How much more the tracker's network believes in the beats than in the points half-way between.

    The mean activation (beat or downbeat, whichever is larger, at its highest within 30 ms) on the beats,
    minus the same half-way between them; negative values count as 0. Each known failure lowers it: at
    twice the tempo half of the beats have no activation, at half the tempo and off the beat the points
    between are active.

    Args:
        beats: (n, 2) seconds, position.
        activations: (T, 3) probabilities of `CLASSES`.

    Returns:
        0 to 1; 0 for fewer than two beats.
    """
    if len(beats) < 2:
        return 0.0
    seconds = beats[:, 0]
    on = _highest_near(activations, seconds)
    between = _highest_near(activations, (seconds[:-1] + seconds[1:]) / 2)
    return float(max(0.0, on - between))


def doubt(beats: np.ndarray, confidence: float) -> str | None:
    """Why a tracker's beats (n, 2) should not be relied on, or None."""
    if len(beats) == 0:
        return "no beat was found"
    if confidence < DOUBTFUL:
        return f"the beat is doubtful (confidence {confidence:.2f}, usually 0.3); listen"
    return None


def _highest_near(activations: np.ndarray, seconds: np.ndarray, reach: int = 3) -> float:
    active = np.pad(activations[:, 1:].max(axis=1), reach)
    frames = np.clip(np.rint(seconds * FPS).astype(int), 0, len(activations) - 1)
    return float(active[frames[:, None] + np.arange(2 * reach + 1)].max(axis=1).mean())
