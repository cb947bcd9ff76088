"""Drum tracks whose strokes are exactly known: a drum score lies beside their audio.

Drum machines and models that write scores know what they play. Their strokes are not transcribed.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.errors import UserError
from jukedrummer.evaluation.rungs import GENERATED, RUNGS
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.model.drum_score import Strokes, read_strokes


def score_of(audio: Path) -> Path:
    """The file of the drum score of a drum track, if its strokes are known."""
    return audio.with_suffix(".tsv")


def strokes_are_known(files: Sequence[Path]) -> bool:
    """Whether the drum tracks of a rung have their drum scores beside them.

    Raises:
        UserError: some have one and some do not.
    """
    missing = [file for file in files if not score_of(file).is_file()]
    if missing and len(missing) < len(files):
        raise UserError(
            f"{score_of(missing[0])}: no such file, but {len(files) - len(missing)} of the other "
            "drum tracks have a drum score beside them; make all drum tracks again"
        )
    return not missing


def played_strokes(file: Path, audio: np.ndarray, reader: StrokeReader | None) -> Strokes | None:
    """The strokes of a drum track: those of its drum score, or transcribed.

    Args:
        file: its audio file.
        audio: (N,) the content of the file.
        reader: the transcriber. Without it, strokes are not measured.

    Raises:
        UserError: the drum score is damaged.
    """
    if reader is None:
        return None
    score = score_of(file)
    return read_strokes(score) if score.is_file() else reader.transcribe(audio)


def describe_known(rungs: Collection[str], runs: Sequence[str] = ()) -> str:
    """Sentences on the source of the strokes, which are known for some drums.

    Args:
        rungs: the rungs whose strokes are known.
        runs: the runs whose models write scores.
    """
    phrases = [RUNGS[rung].phrase for rung in RUNGS if rung in rungs] + list(runs)
    if not phrases:
        return "A transcriber finds the strokes of all drums."
    listed = " and ".join(filter(None, (", ".join(phrases[:-1]), phrases[-1])))
    return f"The strokes of {listed} are known. A transcriber finds those of all other drums."


def describe_known_runs(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """`describe_known` for several runs, or "" if no strokes were measured.

    Args:
        runs: name of a run to the content of its `metrics.json`.
    """
    first = next(iter(runs.values()))
    if not first["transcriber"]:
        return ""
    baselines = [rung for rung in first["known_strokes"] if RUNGS[rung].is_baseline]
    scored = [name for name, metrics in runs.items() if GENERATED in metrics["known_strokes"]]
    return describe_known(baselines, scored)
