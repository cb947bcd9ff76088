"""The evaluation of one experiment: its drums, the baselines, and the listening gate."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.factory import JUDGE, make_judge
from jukedrummer.config import EvaluateConfig, plain
from jukedrummer.errors import UserError
from jukedrummer.evaluation.events import downbeats
from jukedrummer.evaluation.likelihood import TRUE_INPUT, Predictions
from jukedrummer.evaluation.listening import listening
from jukedrummer.evaluation.measure import measure_songs, metrics_json, read_measured, write_songs
from jukedrummer.evaluation.metrics import Measures
from jukedrummer.evaluation.metrics.beats import beat_f1
from jukedrummer.evaluation.reference import Reference, references
from jukedrummer.evaluation.rungs import GENERATED, LADDER
from jukedrummer.evaluation.statistics import interval_json
from jukedrummer.storage.files import read_json, write_json


def write_evaluation(
    pairs: Sequence[Path],
    generated: Path,
    baselines: Path,
    predictions: Predictions,
    folder: Path,
    evaluate: EvaluateConfig,
) -> None:
    """Measure the generated drums of each held-out song and compare them with the baselines.

    Args:
        pairs: folders of the shards.
        generated: folder with `{song}/drums.flac` and `{song}/beats.tsv`, the model's input.
        baselines: folder that `write_baselines` filled.
        predictions: results of the language model, under all conditions that concern it.
        folder: `metrics.json` and `songs.tsv` are written here.
        evaluate: tolerance and resamples. The tolerance must be that of the baselines.

    Raises:
        UserError: a file is missing, or the baselines have other songs, another tolerance or
            another judge.
    """
    judge = make_judge()
    held_out = references(pairs, judge)
    ladder = _read_ladder(baselines, held_out, evaluate)
    files = {song.song: generated / song.song / "drums.flac" for song in held_out}
    own = measure_songs(files, held_out, judge, evaluate.tolerance_ms)
    measured = {rung.name: ladder[rung.name] if rung.make else own for rung in LADDER}
    write_songs(folder / "songs.tsv", measured, held_out)
    write_json(
        folder / "metrics.json",
        {
            **metrics_json(held_out, measured, evaluate),
            "comparisons": comparisons(measured, evaluate.bootstrap),
            "input_beats": input_beats(generated, held_out, evaluate.bootstrap),
            "accuracy": _accuracy(predictions, evaluate.bootstrap),
            "listening": listening(predictions.bits, evaluate.bootstrap),
        },
    )


def _accuracy(predictions: Predictions, resamples: int) -> dict[str, Any]:
    return interval_json(list(predictions.accuracy[TRUE_INPUT].values()), resamples)


def _read_ladder(
    folder: Path, held_out: Sequence[Reference], config: EvaluateConfig
) -> dict[str, dict[str, Measures]]:
    ladder, stored = read_measured(folder / "songs.tsv"), read_json(folder / "metrics.json")
    if stored.get("tolerance_ms") != config.tolerance_ms:
        raise UserError(
            f"{folder}: measured with evaluate.tolerance_ms {stored.get('tolerance_ms')}, "
            f"here it is {config.tolerance_ms}; make the baselines again"
        )
    if stored.get("judge") != plain(JUDGE):
        raise UserError(
            f"{folder}: measured by a tracker with other settings than now; "
            "make the baselines again"
        )
    songs = {reference.song for reference in held_out}
    for rung in LADDER:
        if rung.make and set(ladder.get(rung.name, {})) != songs:
            raise UserError(
                f"{folder}: rung {rung.name} has {len(ladder.get(rung.name, {}))} songs, and not "
                f"the {len(songs)} that are held out now; make the baselines again"
            )
    return ladder


def comparisons(measured: Mapping[str, Mapping[str, Measures]], resamples: int) -> dict[str, Any]:
    """The generated drums compared with the rungs, song by song.

    Returns:
        `beat_f1_minus_other_song`: interval of the difference; `beat_f1_of_codec`: ratio of the
        means, None if the divisor is 0; `grid_share_of_chance` and, as its upper bound,
        `grid_share_of_chance_real`: intervals of the songs' ratios.
    """
    generated, other = measured[GENERATED], measured["other_song"]
    differences = [generated[song]["beat_f1"] - other[song]["beat_f1"] for song in generated]
    return {
        "beat_f1_minus_other_song": interval_json(differences, resamples),
        "beat_f1_of_codec": _ratio(
            _column(generated, "beat_f1"), _column(measured["codec"], "beat_f1")
        ),
        "grid_share_of_chance": interval_json(_of_chance(generated), resamples),
        "grid_share_of_chance_real": interval_json(_of_chance(measured["real"]), resamples),
    }


def _of_chance(songs: Mapping[str, Measures]) -> list[float]:
    """Each song's grid share divided by its chance (it depends on the tempo); 0 without onsets."""
    return [
        float(np.nan_to_num(song["grid_share"])) / song["grid_chance"] for song in songs.values()
    ]


def _column(songs: Mapping[str, Measures], name: str) -> np.ndarray:
    return np.array([values[name] for values in songs.values()])


def _ratio(values: np.ndarray, divisors: np.ndarray) -> float | None:
    return float(values.sum() / divisors.sum()) if divisors.sum() > 0 else None


def input_beats(generated: Path, held_out: Sequence[Reference], resamples: int) -> dict[str, Any]:
    """F1 of the beats that the model received: an upper limit of the F1 of its drums.

    Raises:
        UserError: a song's `beats.tsv` is missing or damaged.
    """
    received = [read_beats(generated / song.song / "beats.tsv") for song in held_out]
    pairs = list(zip((song.beats for song in held_out), received, strict=True))
    beats = [beat_f1(true[:, 0], tracked[:, 0]) for true, tracked in pairs]
    bars = [beat_f1(downbeats(true), downbeats(tracked)) for true, tracked in pairs]
    return {
        "beat_f1": interval_json(beats, resamples),
        "downbeat_f1": interval_json(bars, resamples),
    }
