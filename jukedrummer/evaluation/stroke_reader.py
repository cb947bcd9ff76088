"""The transcriber of an evaluation: what is played is measured on the strokes that it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jukedrummer.beats.transcriber import load_transcriber
from jukedrummer.model.drum_score import Strokes
from jukedrummer.storage.files import sha256


@dataclass(frozen=True)
class StrokeReader:
    """A transcriber, and what identifies it in results.

    Attributes:
        transcribe: drums (N,) at 44,100 Hz to strokes.
        embed: drums (N,) to the features (T, D) of its network, 100 frames a second.
        sha256: hash of its weights.
    """

    transcribe: Callable[[np.ndarray], Strokes]
    embed: Callable[[np.ndarray], np.ndarray]
    sha256: str


def load_stroke_reader(folder: Path | None) -> StrokeReader | None:
    """The transcriber of a folder; None without a folder.

    Raises:
        UserError: a file is missing, broken or foreign, or the model is of another kind.
    """
    if folder is None:
        return None
    digest = sha256(folder / "weights.safetensors")
    transcriber = load_transcriber(folder)
    return StrokeReader(transcriber.transcribe, transcriber.embed, digest)
