"""The inputs of a bundle's page and model card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.config import MelConfig
from jukedrummer.corpus.manifest import HOME
from jukedrummer.evaluation.measure import MeasuredSong
from jukedrummer.evaluation.metrics import Measures
from jukedrummer.model.drum_score import Strokes


@dataclass(frozen=True, eq=False)
class DrawnStrokes:
    """The strokes of a drum track, and their source in a few words."""

    strokes: Strokes
    source: str


@dataclass(frozen=True, eq=False)
class Clip:
    """A held-out song to listen to. The four files have the same length and start together.

    Attributes:
        song: its id.
        about: style and tempo in a few words, or empty.
        drumless: file of the recording without drums, the model's input.
        generated: file of the model's drums.
        mix: file of both together.
        real: file of the song's real drums.
        beats: (n, 2) seconds, bar position, tracked on the recording; the lines in the picture.
        split: test (home), or away.
        strokes: those of the drums `generated` and `real`; empty if no strokes were measured.
    """

    song: str
    about: str
    drumless: Path
    generated: Path
    mix: Path
    real: Path
    beats: np.ndarray
    split: str = HOME
    strokes: Mapping[str, DrawnStrokes] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedModel:
    """A model of the bundle: its title, its `history.csv` and the content of its `model.json`."""

    title: str
    history: Path
    info: Mapping[str, Any]


@dataclass(frozen=True)
class Licence:
    """The licence of a part of the bundle, or of data that it was made with."""

    what: str
    licence: str
    note: str = ""


@dataclass(frozen=True)
class ReportInputs:
    """The content of the page and the model card.

    Attributes:
        name: name of the bundle, such as lm_beat_high.
        beats: the beat representation that the language model receives: none, low, mid or high.
        metrics: the evaluation's `metrics.json`.
        songs: the rows of the evaluation's `songs.tsv`.
        models: both VQ-VAEs, language model, vocoder.
        clips: held-out songs to listen to.
        settings: the config, as plain nested mappings.
        data: a sentence or two on the training data.
        licences: licences of data, models and sounds.
        commands: shell commands that make the bundle again.
        mel: settings of the mel of all models.
    """

    name: str
    beats: str
    metrics: Mapping[str, Any]
    songs: Sequence[tuple[MeasuredSong, Measures]]
    models: tuple[TrainedModel, ...]
    clips: tuple[Clip, ...]
    settings: Mapping[str, Any]
    data: str
    licences: tuple[Licence, ...]
    commands: tuple[str, ...]
    mel: MelConfig
