"""The evaluation of one experiment: its drums, the baselines, and the listening gate."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.factory import JUDGE, make_judge
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import EvaluateConfig, plain
from jukedrummer.errors import UserError
from jukedrummer.evaluation.events import downbeats
from jukedrummer.evaluation.likelihood import TRUE_INPUT, Predictions
from jukedrummer.evaluation.listening import listening
from jukedrummer.evaluation.measure import measure_songs, metrics_json, read_measured, write_songs
from jukedrummer.evaluation.metrics import Measures, all_metrics
from jukedrummer.evaluation.metrics.beats import beat_f1
from jukedrummer.evaluation.paired import paired_comparisons
from jukedrummer.evaluation.reference import Reference, references
from jukedrummer.evaluation.rungs import (
    GENERATED,
    GENERATED_TRUE,
    LADDER,
    TRUE_BEATS_FILE,
)
from jukedrummer.evaluation.statistics import interval_json
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.storage.files import read_json, write_json


def write_evaluation(
    pairs: Sequence[Path],
    generated: Path,
    baselines: Path,
    predictions: Predictions,
    folder: Path,
    evaluate: EvaluateConfig,
    copies: Mapping[str, Any] | None = None,
    reader: StrokeReader | None = None,
) -> None:
    """Measure the generated drums of each held-out song and compare them with the baselines.

    Args:
        pairs: folders of the shards.
        generated: folder that `play_held_out` filled.
        baselines: folder that `write_baselines` filled.
        predictions: results of the language model, under all conditions that concern it.
        folder: `metrics.json` and `songs.tsv` are written here.
        evaluate: resamples, and the tolerance of the baselines.
        copies: results of `copying`.
        reader: the transcriber of the baselines. Without it, strokes are not measured.

    Raises:
        UserError: a file is missing, or the baselines have other songs or were measured otherwise.
    """
    judge = make_judge()
    held_out = references(pairs, judge, reader)
    rungs = _read_ladder(baselines, held_out, evaluate, reader)
    for rung, file in ((GENERATED, "drums.flac"), (GENERATED_TRUE, TRUE_BEATS_FILE)):
        rungs[rung] = _measure(generated, file, held_out, judge, evaluate, reader)
    measured = {rung.name: rungs[rung.name] for rung in LADDER if rungs[rung.name]}
    received = received_f1(generated, held_out)
    write_songs(folder / "songs.tsv", measured, held_out, received)
    results = metrics_json(held_out, measured, evaluate, reader)
    results["comparisons"] = comparisons(measured, evaluate.bootstrap)
    results["copying"] = copies
    results["input_beats"] = input_beats(received, evaluate.bootstrap)
    results["accuracy"] = _accuracy(predictions, evaluate.bootstrap)
    results["listening"] = listening(predictions.bits, evaluate.bootstrap)
    write_json(folder / "metrics.json", results)


def _measure(
    generated: Path,
    file: str,
    held_out: Sequence[Reference],
    judge: Tracker,
    evaluate: EvaluateConfig,
    reader: StrokeReader | None,
) -> dict[str, Measures]:
    """The measures of a model's drums; empty if no song has such a file. NaN for songs without."""
    files = {song.song: generated / song.song / file for song in held_out}
    if file == TRUE_BEATS_FILE:
        files = {song: path for song, path in files.items() if path.is_file()}
    songs = [song for song in held_out if song.song in files]
    measured = measure_songs(files, songs, judge, evaluate.tolerance_ms, reader)
    nothing = dict.fromkeys((metric.name for metric in all_metrics()), math.nan)
    return {song.song: measured.get(song.song, nothing) for song in held_out} if measured else {}


def _accuracy(predictions: Predictions, resamples: int) -> dict[str, Any]:
    return interval_json(list(predictions.accuracy[TRUE_INPUT].values()), resamples)


def _read_ladder(
    folder: Path,
    held_out: Sequence[Reference],
    config: EvaluateConfig,
    reader: StrokeReader | None,
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
    if stored.get("transcriber") != (reader.sha256 if reader else None):
        raise UserError(
            f"{folder}: measured with another transcriber than now, or only one of both has one; "
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
        `grid_share_of_chance_real`: intervals of the songs' ratios; `strokes`: see
        `paired_comparisons`.
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
        "strokes": paired_comparisons(measured, resamples),
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


def received_f1(generated: Path, held_out: Sequence[Reference]) -> dict[str, tuple[float, float]]:
    """Song to F1 of the beats and of the downbeats that the model received.

    Raises:
        UserError: a song's `beats.tsv` is missing or damaged.
    """
    result = {}
    for song in held_out:
        beats = read_beats(generated / song.song / "beats.tsv")
        result[song.song] = (
            beat_f1(song.beats[:, 0], beats[:, 0]),
            beat_f1(downbeats(song.beats), downbeats(beats)),
        )
    return result


def input_beats(received: Mapping[str, tuple[float, float]], resamples: int) -> dict[str, Any]:
    """F1 of the beats that the model received: an upper limit of the F1 of its drums.

    Args:
        received: song to F1 of its beats and downbeats.
        resamples: number of resamples for the intervals.
    """
    names = ("beat_f1", "downbeat_f1")
    return {
        name: interval_json([scores[place] for scores in received.values()], resamples)
        for place, name in enumerate(names)
    }
