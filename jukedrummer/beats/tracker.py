"""The interface of all beat trackers: audio in; beats, activations and embeddings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

FPS = 100  # frames a second
CLASSES = ("none", "beat", "downbeat")  # columns of `Tracked.activations`
DOUBTFUL = 0.15  # below this confidence, beats may be wrong; usual songs have 0.3 and more


@dataclass(frozen=True)
class Tracked:
    """A tracker's result for one song. Frame t is centred at t / 100 seconds.

    Attributes:
        beats: (n, 2) float64, ascending: seconds, position in the bar (1 = downbeat). n may be 0.
        activations: (T, 3) float32, probabilities of `CLASSES`; None if the beats were supplied.
        embeddings: (T, 50) float32, the last hidden layer; None if the beats were supplied, or if
            the tracker has none.
        confidence: 0 to 1; 0 without beats. See `beat_confidence`.
        tracker: name of the tracker.
        version: version of the tracker and its weights.
    """

    beats: np.ndarray
    activations: np.ndarray | None
    embeddings: np.ndarray | None
    confidence: float
    tracker: str
    version: str


class Tracker(Protocol):
    """Audio to beats. Silence, and audio of a second or less, is valid and has no beats.

    Attributes:
        name: name of the tracker.
        version: version of the tracker and its weights.
    """

    name: str
    version: str

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        """Track one song, (N,) float32, mono, finite."""

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track several songs as batches. This is faster than one by one, with equal results."""


def beat_confidence(beats: np.ndarray, activations: np.ndarray) -> float:
    """How much larger the activations are on the beats than half-way between beats.

    An activation is that of beat or downbeat, whichever is larger, at its highest within 30 ms. The
    confidence is the mean on the beats minus the mean half-way between them, or 0 if that is
    negative. The common errors lower it. At twice the tempo, half of the beats have no activation.
    At half the tempo and off the beat, the points between the beats have an activation.

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
    """A warning if a tracker's beats (n, 2) may be wrong, else None."""
    if len(beats) == 0:
        return "no beat was found"
    if confidence < DOUBTFUL:
        return f"the beat is doubtful (confidence {confidence:.2f}, usually 0.3); listen"
    return None


def _highest_near(activations: np.ndarray, seconds: np.ndarray, reach: int = 3) -> float:
    # Mean over points of time of the highest activation within `reach` frames.
    active = np.pad(activations[:, 1:].max(axis=1), reach)
    frames = np.clip(np.rint(seconds * FPS).astype(int), 0, len(activations) - 1)
    return float(active[frames[:, None] + np.arange(2 * reach + 1)].max(axis=1).mean())
