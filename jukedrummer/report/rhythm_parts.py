"""The table of the drums by style, by tempo, and by whether the models' beats were right."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from jukedrummer.config import EvaluateConfig
from jukedrummer.evaluation.beat_tracking import RIGHT
from jukedrummer.evaluation.measure import MeasuredSong, read_measured_songs
from jukedrummer.evaluation.metrics import Measures, all_metrics
from jukedrummer.evaluation.paired import OPPONENTS
from jukedrummer.evaluation.rungs import GENERATED, GENERATED_TRUE, RUNGS
from jukedrummer.evaluation.statistics import bootstrap_interval
from jukedrummer.report.beat_tracking import INTERVAL_SONGS, song_parts
from jukedrummer.report.panels import small_multiples
from jukedrummer.report.table_files import write_tables
from jukedrummer.report.tables import Column, Provenance, Row, Table, Value, hash_settings

PARTS_NAME = "rhythm_parts"
PART_METRICS = ("beat_f1", "downbeat_f1", "kick_f1", "snare_f1", "hat_f1", "pieces_f1", "pattern")
BESIDE_RUNGS = (*OPPONENTS, "click_kit_true", "real")
Measured = Sequence[tuple[MeasuredSong, Measures]]
TRACKED_RIGHT = "beats and downbeats right"
TRACKED_BEATS = "only beats right"
TRACKED_WRONG = "beats wrong"


def write_rhythm_parts(evaluations: Sequence[Path], folder: Path, command: str) -> None:
    """Write `rhythm_parts`, in all formats of `write_tables`.

    Args:
        evaluations: folders from the stage evaluate, named like the runs.
        folder: folder of the files.
        command: the shell command that makes results, up to its targets.

    Raises:
        UserError: a file is missing, damaged, or was made before a metric was added.
    """
    runs = {run.name: read_measured_songs(run / "songs.tsv") for run in evaluations}
    provenance = Provenance(
        " ".join([command, *map(str, evaluations)]), hash_settings(resamples=_resamples())
    )
    table = rhythm_parts_table(runs, provenance)
    first = evaluations[0].name
    drawn = {first, _on_true_beats(first), *(RUNGS[rung].title for rung in OPPONENTS)}
    figure = small_multiples(
        replace(table, rows=tuple(row for row in table.rows if row.labels[-1] in drawn)),
        [column.name for column in table.columns if column.name in ("beat_f1", "pattern")],
    )
    spoken = f"{table.title}, of {first}, drawn from the table below"
    write_tables([table], folder, PARTS_NAME, figure, spoken)


def rhythm_parts_table(runs: Mapping[str, Measured], provenance: Provenance) -> Table:
    """One row for each part of the songs and kind of drums: each run's, and the baselines'.

    Args:
        runs: name of a run to the rows of its `songs.tsv`; the baselines are those of the first.
        provenance: source of the table.
    """
    first = next(iter(runs.values()))
    drums = {name: _of_rung(rows, GENERATED) for name, rows in runs.items()}
    on_true = {_on_true_beats(name): _of_rung(rows, GENERATED_TRUE) for name, rows in runs.items()}
    drums |= {title: rows for title, rows in on_true.items() if rows}
    drums |= {RUNGS[rung].title: _of_rung(first, rung) for rung in BESIDE_RUNGS}
    bounds = {RUNGS[rung].title for rung in BESIDE_RUNGS if RUNGS[rung].knows_truth} | set(on_true)
    shown = _shown(drums.values())
    songs = [song for song, _ in _of_rung(first, GENERATED)]
    rows = []
    for part, belongs in {**tracking_parts(songs), **song_parts(songs)}.items():
        names = {song.song for song in songs if belongs(song)}
        label = f"{part}, {len(names)} song{'s' * (len(names) > 1)}"
        for title, measured in drums.items():
            own = [measures for song, measures in measured if song.song in names]
            values = tuple(_mean([measures[column.name] for measures in own]) for column in shown)
            rows.append(Row((label, title), values, f"{part} {title}" if title in bounds else part))
    return Table(
        name=PARTS_NAME,
        title="Drums by tracked beats, style and tempo",
        caption=(
            "The same songs by the beats that the first model received, by their style, if known, "
            f"and by their tempo. Beats are right if their F1 exceeds {RIGHT:g}. Each part has few "
            "songs, so a difference between two parts may be due to chance. Intervals are shown "
            f"for at least {INTERVAL_SONGS} songs."
        ),
        labels=("Songs", "Drums"),
        columns=shown,
        rows=tuple(rows),
        provenance=provenance,
    )


def _on_true_beats(run: str) -> str:
    return f"{run}, true beats"


def tracking_parts(songs: Sequence[MeasuredSong]) -> dict[str, Callable[[MeasuredSong], bool]]:
    """Name of each part that has songs, and a test whether a song belongs to it.

    Songs whose model received no beats, or of which this is not known, are in none.
    """
    parts: dict[str, Callable[[MeasuredSong], bool]] = {
        title: _is_tracked(title) for title in (TRACKED_RIGHT, TRACKED_BEATS, TRACKED_WRONG)
    }
    return {title: belongs for title, belongs in parts.items() if any(map(belongs, songs))}


def _is_tracked(title: str) -> Callable[[MeasuredSong], bool]:
    return lambda song: title == tracking_of(song)


def tracking_of(song: MeasuredSong) -> str:
    """How the beats of a song were tracked; empty if it is not known."""
    if math.isnan(song.input_beat_f1):
        return ""
    if song.input_beat_f1 <= RIGHT:
        return TRACKED_WRONG
    return TRACKED_RIGHT if song.input_downbeat_f1 > RIGHT else TRACKED_BEATS


def _of_rung(rows: Measured, rung: str) -> Measured:
    return [(song, measures) for song, measures in rows if song.rung == rung]


def _shown(drums: Iterable[Measured]) -> tuple[Column, ...]:
    # Without a transcriber there are no values of strokes.
    rows = [measures for measured in drums for _, measures in measured]
    metrics = {metric.name: metric for metric in all_metrics()}
    return tuple(
        Column.of_metric(metrics[name])
        for name in PART_METRICS
        if not all(math.isnan(measures[name]) for measures in rows)
    )


def _resamples() -> int:
    return EvaluateConfig().bootstrap


def _mean(values: Sequence[float]) -> Value:
    interval = bootstrap_interval(values, _resamples())
    if interval.n < INTERVAL_SONGS:
        return Value(interval.mean, n=interval.n)
    return Value.over_songs(interval)
