"""Measures the drum tracks of rungs: values of each song, means, and the table `songs.tsv`."""

import math
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.factory import JUDGE
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import EvaluateConfig, plain
from jukedrummer.corpus.manifest import HELD_OUT, HOME
from jukedrummer.corpus.pairs import KINDS
from jukedrummer.errors import UserError
from jukedrummer.evaluation.home_away import of_each
from jukedrummer.evaluation.known_strokes import played_strokes
from jukedrummer.evaluation.metrics import Measures, Metric, Track, all_metrics, measure_track
from jukedrummer.evaluation.reference import (
    Reference,
    ReferenceKind,
    count_kinds,
    count_stems,
    count_strokes,
)
from jukedrummer.evaluation.statistics import interval_json
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.evaluation.tracks import track_batches
from jukedrummer.model.drum_score import write_strokes
from jukedrummer.storage.tables import cell, read_frame, write_frame


def measure_songs(
    files: Mapping[str, Path],
    songs: Sequence[Reference],
    judge: Tracker,
    tolerance_ms: float,
    reader: StrokeReader | None = None,
    scores: Path | None = None,
) -> dict[str, Measures]:
    """Measure one drum track for each song.

    Args:
        files: song to audio file; one for each of `songs`. A drum score beside it has its strokes.
        songs: the held-out songs.
        judge: tracks the beats of the drums.
        tolerance_ms: tolerance of the grid, milliseconds.
        reader: the transcriber. Without it, the metrics of strokes are NaN.
        scores: folder to write the strokes of each song to, as `{song}.tsv`; None writes none.

    Returns:
        Song to measures, in the order of `songs`.

    Raises:
        UserError: a file is missing or not audio, or a drum score is damaged.
    """
    measured = {}
    tracks = track_batches(songs, lambda reference: read_audio(files[reference.song]), judge)
    for reference, audio, beats in tracks:
        strokes = played_strokes(files[reference.song], audio, reader)
        if scores and strokes is not None:
            write_strokes(scores / f"{reference.song}.tsv", strokes)
        track = Track(audio, beats, reference, tolerance_ms / 1_000, strokes)
        measured[reference.song] = measure_track(track)
    return measured


def summarise(measured: Mapping[str, Measures], resamples: int) -> dict[str, dict[str, Any]]:
    """Mean and 95 % interval over songs of each metric: `{metric: {mean, low, high, n}}`."""
    return {
        metric.name: interval_json([song[metric.name] for song in measured.values()], resamples)
        for metric in all_metrics()
    }


def measured_of(
    rungs: Mapping[str, Mapping[str, Measures]], songs: Sequence[Reference]
) -> dict[str, dict[str, Measures]]:
    """The measures of some songs, of each rung that has a value of one of them."""
    own = of_each(rungs, songs)
    return {
        rung: measures
        for rung, measures in own.items()
        if not all(math.isnan(value) for song in measures.values() for value in song.values())
    }


def measured_metrics(rungs: Mapping[str, Mapping[str, Any]]) -> tuple[Metric, ...]:
    """The metrics to show: all, without those of strokes that no rung has a value of.

    Args:
        rungs: rung to metric to interval, as in `metrics.json`.
    """
    return tuple(
        metric
        for metric in all_metrics()
        if not metric.of_strokes or any(values[metric.name]["n"] for values in rungs.values())
    )


def metrics_json(
    songs: Sequence[Reference],
    rungs: Mapping[str, Mapping[str, Measures]],
    evaluate: EvaluateConfig,
    reader: StrokeReader | None = None,
    known_strokes: Collection[str] = (),
) -> dict[str, Any]:
    """The content of `metrics.json` on rungs, and the settings of the measurement.

    Args:
        songs: the held-out songs.
        rungs: rung to song to measures.
        evaluate: tolerance and resamples.
        reader: the transcriber, if strokes were measured.
        known_strokes: the rungs whose strokes are not transcribed.
    """
    return {
        "songs": len(songs),
        "reference": count_kinds(songs),
        "stems": count_stems(songs),
        "strokes": count_strokes(songs),
        "transcriber": reader.sha256 if reader else None,
        "known_strokes": sorted(known_strokes) if reader else [],
        "tolerance_ms": evaluate.tolerance_ms,
        "judge": plain(JUDGE),
        "rungs": {rung: summarise(tracks, evaluate.bootstrap) for rung, tracks in rungs.items()},
    }


@dataclass(frozen=True)
class MeasuredSong:
    """A row of `songs.tsv`. A column for each metric follows; an empty cell is NaN."""

    rung: str = cell("the rung of the drum track")
    song: str = cell("id, as in the table of pairs")
    reference: ReferenceKind = cell("source of the song's beats", check=get_args(ReferenceKind))
    stems: str = cell("true, or separated from a mix", check=KINDS)
    split: str = cell("test (home), or away", check=HELD_OUT, default=HOME)
    source: str = cell("as in the table of pairs", default="")
    style: str = cell("as in the table of pairs", default="")
    bpm: float = cell("median tempo of the song's beats", unit="beats a minute", default=math.nan)
    input_beat_f1: float = cell("F1 of the beats that a model received", default=math.nan)
    input_downbeat_f1: float = cell("F1 of the downbeats that a model received", default=math.nan)


def check_measured(path: Path, measured: Container[str], names: Iterable[str]) -> None:
    """Check that stored results have all metrics that are needed.

    Args:
        path: file of the results, for the message.
        measured: names of the metrics in it.
        names: names of the metrics that are needed.

    Raises:
        UserError: a metric is missing.
    """
    for name in names:
        if name not in measured:
            raise UserError(
                f"{path}: was made before the metric {name} was added; "
                "run: snakemake --forcerun baselines -- <targets>"
            )


def write_songs(
    path: Path,
    rungs: Mapping[str, Mapping[str, Measures]],
    songs: Sequence[Reference],
    received: Mapping[str, tuple[float, float]] | None = None,
) -> None:
    """Write `songs.tsv`: a row for each rung and song.

    Args:
        path: file of the table.
        rungs: rung to song to measures.
        songs: the songs, for what is known of them.
        received: song to F1 of the beats and of the downbeats that the models received, if known.
    """
    import pandas as pd

    received = received or {}
    about = {
        song.song: (
            *(song.kind, song.stems, song.split, song.source, song.style, song.bpm),
            *received.get(song.song, (math.nan, math.nan)),
        )
        for song in songs
    }
    rows = [
        {**asdict(MeasuredSong(rung, song, *about[song])), **measures}
        for rung, measured in rungs.items()
        for song, measures in measured.items()
    ]
    write_frame(path, MeasuredSong, pd.DataFrame(rows), digits=".6g")


def read_measured(path: Path) -> dict[str, dict[str, Measures]]:
    """Read `songs.tsv`: rung to song to measures.

    Raises:
        UserError: the file is missing, is not such a table, or has no column for a metric.
    """
    rungs: dict[str, dict[str, Measures]] = {}
    for song, measures in read_measured_songs(path):
        rungs.setdefault(song.rung, {})[song.song] = measures
    return rungs


def read_measured_songs(path: Path) -> list[tuple[MeasuredSong, Measures]]:
    """Read `songs.tsv`: each row with its measures.

    Raises:
        UserError: the file is missing, is not such a table, or has no column for a metric.
    """
    own = [item.name for item in fields(MeasuredSong)]
    names = [metric.name for metric in all_metrics()]
    frame = read_frame(path, MeasuredSong, hint="make the baselines first")
    check_measured(path, frame.columns, names)
    return [
        (MeasuredSong(**{name: row[name] for name in own}), {name: row[name] for name in names})
        for row in frame.to_dict("records")
    ]
