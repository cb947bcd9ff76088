"""What a drummer makes of a recording, and what it makes it from."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from jukedrummer.audio.io import peak_gain
from jukedrummer.config import GenerateConfig
from jukedrummer.model.conditions import Conditions
from jukedrummer.model.drum_score import Strokes


@dataclass(frozen=True)
class EncodedRecording:
    """A recording as the models receive it.

    Attributes:
        conditions: conditions of the language model, B = 1.
        beats: (n, 2) seconds, bar position (1 = downbeat).
        confidence: confidence of the beat tracker, 0 to 1.
        tracker: its name; `given` if the beats were supplied.
        gain: factor that brought the recording to the level of the training data.
        samples: N, the number of samples at 44,100 Hz.
    """

    conditions: Conditions
    beats: np.ndarray
    confidence: float
    tracker: str
    gain: float
    samples: int


@dataclass(frozen=True)
class Accompaniment:
    """A drum track and what it was made from.

    Attributes:
        drums: (N,) float32, at the recording's sample rate.
        mix: (N, channels) float32, recording plus drums, turned down if it would clip.
        sample_rate: samples a second.
        beats: (n, 2) seconds, bar position (1 = downbeat).
        confidence: confidence of the beat tracker, 0 to 1.
        tracker: its name; `given` if the beats were supplied.
        codes: (L,) drum codes.
        settings: settings of the sampling.
        mix_gain: factor by which the mix was turned down.
        note: which mono signal the models received if it is not the mean of the channels, or "".
    """

    drums: np.ndarray
    mix: np.ndarray
    sample_rate: int
    beats: np.ndarray
    confidence: float
    tracker: str
    codes: np.ndarray
    settings: GenerateConfig
    mix_gain: float
    note: str = ""


@dataclass(frozen=True)
class WrittenScore:
    """A drum score and what it was made from.

    Attributes:
        strokes: the score.
        beats: (n, 2) seconds, bar position (1 = downbeat).
        confidence: confidence of the beat tracker, 0 to 1.
        tracker: its name; `given` if the beats were supplied.
        note: which mono signal the model received if it is not the mean of the channels, or "".
    """

    strokes: Strokes
    beats: np.ndarray
    confidence: float
    tracker: str
    note: str


def fit_accompaniment(
    channels: np.ndarray,
    sample_rate: int,
    drums: np.ndarray,
    recording: EncodedRecording,
    codes: Tensor,
    settings: GenerateConfig,
) -> Accompaniment:
    """Fit the drums to the recording's length and mix both."""
    drums = np.pad(drums, (0, max(0, len(channels) - len(drums))))[: len(channels)]
    drums = drums * peak_gain(drums)
    mix = channels + drums[:, None]
    mix_gain = peak_gain(mix)
    return Accompaniment(
        drums=drums,
        mix=mix * mix_gain,
        sample_rate=sample_rate,
        beats=recording.beats,
        confidence=recording.confidence,
        tracker=recording.tracker,
        codes=codes.cpu().numpy(),
        settings=settings,
        mix_gain=mix_gain,
    )
