"""Measures the drum tracks of rungs: values of each song, means, and the table `songs.tsv`."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.factory import JUDGE
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import EvaluateConfig, plain
from jukedrummer.corpus.pairs import KINDS
from jukedrummer.errors import UserError
from jukedrummer.evaluation.metrics import Measures, Track, all_metrics, measure_track
from jukedrummer.evaluation.reference import Reference, ReferenceKind, count_kinds, count_stems
from jukedrummer.evaluation.statistics import interval_json
from jukedrummer.evaluation.tracks import track_batches
from jukedrummer.storage.tables import cell, read_frame, write_frame


def measure_songs(
    files: Mapping[str, Path], songs: Sequence[Reference], judge: Tracker, tolerance_ms: float
) -> dict[str, Measures]:
    """Measure one drum track for each song.

    Args:
        files: song to audio file; one for each of `songs`.
        songs: the held-out songs.
        judge: tracks the beats of the drums.
        tolerance_ms: tolerance of the grid, milliseconds.

    Returns:
        Song to measures, in the order of `songs`.

    Raises:
        UserError: a file is missing or not audio.
    """
    tracks = track_batches(songs, lambda reference: read_audio(files[reference.song]), judge)
    return {
        reference.song: measure_track(Track(audio, beats, reference, tolerance_ms / 1_000))
        for reference, audio, beats in tracks
    }


def summarise(measured: Mapping[str, Measures], resamples: int) -> dict[str, dict[str, Any]]:
    """Mean and 95 % interval over songs of each metric: `{metric: {mean, low, high, n}}`."""
    return {
        metric.name: interval_json([song[metric.name] for song in measured.values()], resamples)
        for metric in all_metrics()
    }


def metrics_json(
    songs: Sequence[Reference],
    rungs: Mapping[str, Mapping[str, Measures]],
    evaluate: EvaluateConfig,
) -> dict[str, Any]:
    """The content of `metrics.json` on rungs, and the settings of the measurement.

    Args:
        songs: the held-out songs.
        rungs: rung to song to measures.
        evaluate: tolerance and resamples.
    """
    return {
        "songs": len(songs),
        "reference": count_kinds(songs),
        "stems": count_stems(songs),
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
    path: Path, rungs: Mapping[str, Mapping[str, Measures]], songs: Sequence[Reference]
) -> None:
    """Write `songs.tsv`: a row for each rung and song.

    Args:
        path: file of the table.
        rungs: rung to song to measures.
        songs: the songs, for the kinds of their beats and stems.
    """
    import pandas as pd

    kinds = {reference.song: (reference.kind, reference.stems) for reference in songs}
    rows = [
        {**asdict(MeasuredSong(rung, song, *kinds[song])), **measures}
        for rung, measured in rungs.items()
        for song, measures in measured.items()
    ]
    write_frame(path, MeasuredSong, pd.DataFrame(rows), digits=".6g")


def read_measured(path: Path) -> dict[str, dict[str, Measures]]:
    """Read `songs.tsv`: rung to song to measures.

    Raises:
        UserError: the file is missing, is not such a table, or has no column for a metric.
    """
    names = [metric.name for metric in all_metrics()]
    frame = read_frame(path, MeasuredSong, hint="make the baselines first")
    check_measured(path, frame.columns, names)
    rungs: dict[str, dict[str, Measures]] = {}
    for row in frame.to_dict("records"):
        rungs.setdefault(row["rung"], {})[row["song"]] = {name: row[name] for name in names}
    return rungs
