"""The evaluation of one experiment: its drums, the baselines, and the listening gate."""

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.factory import JUDGE, make_judge
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import EvaluateConfig, plain
from jukedrummer.errors import UserError
from jukedrummer.evaluation.copying import CopiedRuns
from jukedrummer.evaluation.events import downbeats
from jukedrummer.evaluation.home_away import Results, of_each, of_songs, song_sets, with_away
from jukedrummer.evaluation.known_strokes import strokes_are_known
from jukedrummer.evaluation.likelihood import TRUE_INPUT, Predictions
from jukedrummer.evaluation.listening import listening
from jukedrummer.evaluation.measure import (
    measure_songs,
    measured_of,
    metrics_json,
    read_measured,
    write_songs,
)
from jukedrummer.evaluation.metrics import Measures, all_metrics
from jukedrummer.evaluation.metrics.beats import beat_f1
from jukedrummer.evaluation.paired import paired_comparisons
from jukedrummer.evaluation.reference import Reference, references
from jukedrummer.evaluation.rungs import (
    GENERATED,
    GENERATED_TRUE,
    LADDER,
    SCORE,
    SCORE_TRUE,
    TRUE_BEATS_FILE,
    baseline_rungs,
)
from jukedrummer.evaluation.statistics import interval_json
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.evaluation.style import style_features, style_json, style_windows
from jukedrummer.model.drum_score import write_strokes
from jukedrummer.storage.files import read_json, write_json

STROKES_FOLDER = "strokes"  # of an evaluation: `{rung}/{song}.tsv`


def write_evaluation(
    pairs: Sequence[Path],
    generated: Path,
    baselines: Path,
    predictions: Predictions,
    folder: Path,
    evaluate: EvaluateConfig,
    copies: CopiedRuns | None = None,
    reader: StrokeReader | None = None,
) -> None:
    """Measure the generated drums of each held-out song and compare them with the baselines.

    Args:
        pairs: folders of the shards.
        generated: folder that `play_held_out` filled.
        baselines: folder that `write_baselines` filled.
        predictions: results of the language model, under all conditions that concern it.
        folder: `metrics.json` (see `with_away`), `songs.tsv` and the drum scores
            `strokes/{rung}/{song}.tsv` of the generated and the real drums are written here.
        evaluate: resamples, and the tolerance of the baselines.
        copies: results of `copying`.
        reader: the transcriber of the baselines. Without it, strokes are not measured.

    Raises:
        UserError: a file is missing, or the baselines have other songs or were measured otherwise.
    """
    judge, features = make_judge(), style_features(reader, evaluate.clap)
    held_out = references(pairs, judge, reader)
    ladder, stored = _read_ladder(baselines, held_out, evaluate, reader, features)
    files = generated_files(generated, held_out)
    known = {rung for rung, own in files.items() if strokes_are_known(list(own.values()))}
    known |= set(stored["known_strokes"])
    rungs = ladder | {
        rung: _measure(own, held_out, judge, evaluate, reader, folder / STROKES_FOLDER / rung)
        for rung, own in files.items()
    }
    measured = {rung.name: rungs[rung.name] for rung in LADDER if rung.name in rungs}
    _write_real_strokes(folder / STROKES_FOLDER / "real", held_out)
    received = received_f1(generated, held_out)
    write_songs(folder / "songs.tsv", measured, held_out, received)
    windows = style_windows(files, held_out, features)

    def results(songs: Sequence[Reference]) -> Results:
        own, resamples = measured_of(measured, songs), evaluate.bootstrap
        accuracy = of_songs(predictions.accuracy[TRUE_INPUT], songs)
        return metrics_json(songs, own, evaluate, reader, known) | {
            "style": style_json(windows, songs, resamples),
            "comparisons": comparisons(own, resamples),
            "copying": copies.intervals(songs, resamples) if copies else None,
            "input_beats": input_beats(of_songs(received, songs), resamples),
            "accuracy": interval_json(list(accuracy.values()), resamples),
            "listening": listening(of_each(predictions.bits, songs), resamples),
        }

    whole = with_away(held_out, results)
    for title, own in song_sets(whole).items():
        own["style"].update(song_sets(stored)[title]["style"])
    write_json(folder / "metrics.json", whole)


def generated_files(generated: Path, held_out: Sequence[Reference]) -> dict[str, dict[str, Path]]:
    """Rung to song to audio file: the drums on tracked beats, and those on true beats, if any.

    Songs without annotated beats have no drums on true beats.
    """
    files = {song.song: generated / song.song / "drums.flac" for song in held_out}
    true = {song: path.with_name(TRUE_BEATS_FILE) for song, path in files.items()}
    true = {song: path for song, path in true.items() if path.is_file()}
    return {GENERATED: files} | ({GENERATED_TRUE: true} if true else {})


def _measure(
    files: Mapping[str, Path],
    held_out: Sequence[Reference],
    judge: Tracker,
    evaluate: EvaluateConfig,
    reader: StrokeReader | None,
    scores: Path,
) -> dict[str, Measures]:
    """The measures of a model's drums. NaN for songs without."""
    songs = [song for song in held_out if song.song in files]
    measured = measure_songs(files, songs, judge, evaluate.tolerance_ms, reader, scores)
    nothing = dict.fromkeys((metric.name for metric in all_metrics()), math.nan)
    return {song.song: measured.get(song.song, nothing) for song in held_out}


def _write_real_strokes(folder: Path, held_out: Sequence[Reference]) -> None:
    for song in held_out:
        if song.strokes is not None:
            write_strokes(folder / f"{song.song}.tsv", song.strokes)


def _read_ladder(
    folder: Path,
    held_out: Sequence[Reference],
    config: EvaluateConfig,
    reader: StrokeReader | None,
    style: Collection[str],
) -> tuple[dict[str, dict[str, Measures]], Results]:
    """The measures of the baselines by rung and song, and the content of their `metrics.json`.

    Raises:
        UserError: they have other songs or were measured otherwise.
    """
    ladder, stored = read_measured(folder / "songs.tsv"), read_json(folder / "metrics.json")
    _check_settings(folder, stored, config, reader)
    if set(stored.get("style", {}).get("real", {})) != set(style):
        raise UserError(
            f"{folder}: has other measures of style than {', '.join(style)}, or none; was "
            "evaluate.clap changed? Make the baselines again"
        )
    songs = {reference.song for reference in held_out}
    for rung in baseline_rungs(with_score=SCORE in ladder):
        if set(ladder.get(rung.name, {})) != songs:
            raise UserError(
                f"{folder}: rung {rung.name} has {len(ladder.get(rung.name, {}))} songs, and not "
                f"the {len(songs)} that are held out now; make the baselines again"
            )
    return ladder, stored


def _check_settings(
    folder: Path, stored: Results, config: EvaluateConfig, reader: StrokeReader | None
) -> None:
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


def comparisons(measured: Mapping[str, Mapping[str, Measures]], resamples: int) -> dict[str, Any]:
    """The generated drums compared with the rungs, song by song.

    Returns:
        `beat_f1_minus_other_song`: interval of the difference; `beat_f1_of_codec`: ratio of the
        means, None if the divisor is 0; `grid_share_of_chance` and, as its upper bound,
        `grid_share_of_chance_real`: intervals of the songs' ratios; `strokes`, and `score_strokes`
        and `score_true_strokes` of the score model: see `paired_comparisons`.
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
        "score_strokes": paired_comparisons(measured, resamples, SCORE),
        "score_true_strokes": paired_comparisons(measured, resamples, SCORE_TRUE),
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
