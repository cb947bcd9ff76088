"""The table of the drums by style, by tempo, and by whether the models' beats were right."""

import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from jukedrummer.config import EvaluateConfig
from jukedrummer.corpus.manifest import AWAY
from jukedrummer.evaluation.beat_tracking import RIGHT
from jukedrummer.evaluation.home_away import AWAY_TITLE, HOME_TITLE
from jukedrummer.evaluation.known_strokes import describe_known_runs
from jukedrummer.evaluation.measure import MeasuredSong, read_measured_songs
from jukedrummer.evaluation.metrics import Measures, all_metrics
from jukedrummer.evaluation.paired import OPPONENTS
from jukedrummer.evaluation.rungs import GENERATED, GENERATED_TRUE, RUNGS, SCORE, SCORE_TRUE
from jukedrummer.evaluation.statistics import bootstrap_interval
from jukedrummer.report.beat_tracking import song_parts
from jukedrummer.report.comparison import experiment_of
from jukedrummer.report.panels import small_multiples
from jukedrummer.report.song_sets import ABOUT_SETS, SET_LABEL, rows_by_set, set_label
from jukedrummer.report.style_table import style_table
from jukedrummer.report.table_files import write_tables
from jukedrummer.report.tables import (
    INTERVAL_SONGS,
    Column,
    Provenance,
    Row,
    Table,
    Value,
    hash_settings,
)
from jukedrummer.report.tracker_share import tracker_share_table
from jukedrummer.storage.files import read_json

PARTS_NAME = "rhythm_parts"
PART_METRICS = ("beat_f1", "downbeat_f1", "kick_f1", "snare_f1", "hat_f1", "pieces_f1", "pattern")
BESIDE_RUNGS = (*OPPONENTS, SCORE, "click_kit_true", SCORE_TRUE, "real")
Measured = Sequence[tuple[MeasuredSong, Measures]]
TRACKED_RIGHT = "beats and downbeats right"
TRACKED_BEATS = "only beats right"
TRACKED_WRONG = "beats wrong"


def write_rhythm_parts(evaluations: Sequence[Path], folder: Path, command: str) -> None:
    """Write `rhythm_parts`, in all formats of `write_tables`.

    The files have three tables: the parts, the tracker's share in them, and the style of all songs
    together.

    Args:
        evaluations: folders from the stage evaluate, named like the runs. A song's values are
            means over the seeds of an experiment.
        folder: folder of the files.
        command: the shell command that makes results, up to its targets.

    Raises:
        UserError: a file is missing, damaged, or was made before a metric was added.
    """
    runs = _over_seeds({run.name: read_measured_songs(run / "songs.tsv") for run in evaluations})
    provenance = Provenance(
        " ".join([command, *map(str, evaluations)]), hash_settings(resamples=_resamples())
    )
    table = rhythm_parts_table(runs, provenance)
    best = max(runs, key=lambda name: _mean_of(_at_home(runs[name]), "beat_f1"))
    drawn = {best, _on_true_beats(best), *(RUNGS[rung].title for rung in OPPONENTS)}
    styles = {song.style for song, _ in runs[best]} if SET_LABEL in table.labels else set()
    figure = small_multiples(
        replace(table, rows=tuple(_drawn_rows(table, drawn, styles))),
        [column.name for column in table.columns if column.name in ("beat_f1", "pattern")],
    )
    spoken = f"{table.title}, of {best}, drawn from the table below"
    share = share_table(runs, provenance)
    stored = {run.name: read_json(run / "metrics.json") for run in evaluations}
    table = replace(table, caption=f"{table.caption} {describe_known_runs(stored)}".strip())
    tables = [table, share, style_table(stored, provenance)]
    write_tables(tables, folder, PARTS_NAME, figure, spoken)


def _at_home(rows: Measured) -> Measured:
    """The generated drums of home songs: no model is chosen by away songs."""
    return [row for row in _of_rung(rows, GENERATED) if row[0].split != AWAY]


def _drawn_rows(table: Table, drums: set[str], styles: set[str]) -> Iterator[Row]:
    """The rows of some drums, without those of styles, which are many."""
    for row in table.rows:
        *_, part, title = row.labels
        if title in drums and part.rpartition(", ")[0] not in styles:
            yield row


def share_table(runs: Mapping[str, Measured], provenance: Provenance | None = None) -> Table:
    """The tracker's share, over all songs and for the parts of `rhythm_parts_table`."""
    first = next(iter(runs.values()))
    songs = [song for song, _ in _of_rung(first, GENERATED)]
    sets = rows_by_set(songs)
    whole = [("", "all", {song.song for song in songs})] if "" in sets else []
    return tracker_share_table(runs, [*whole, *_parts(sets)], provenance)


def rhythm_parts_table(runs: Mapping[str, Measured], provenance: Provenance) -> Table:
    """One row for each part of the songs and kind of drums: each model's, and the baselines'.

    Args:
        runs: name of a model to the rows of its `songs.tsv`; the baselines are those of the first.
        provenance: source of the table.
    """
    first = next(iter(runs.values()))
    drums = {name: _of_rung(rows, GENERATED) for name, rows in runs.items()}
    on_true = {_on_true_beats(name): _of_rung(rows, GENERATED_TRUE) for name, rows in runs.items()}
    drums |= {title: rows for title, rows in on_true.items() if rows}
    beside = {RUNGS[rung].title: _of_rung(first, rung) for rung in BESIDE_RUNGS}
    drums |= {title: measured for title, measured in beside.items() if measured}
    bounds = {RUNGS[rung].title for rung in BESIDE_RUNGS if RUNGS[rung].knows_truth} | set(on_true)
    shown = _shown(drums.values())
    sets = rows_by_set([song for song, _ in _of_rung(first, GENERATED)])
    rows = []
    for where, part, names in _parts(sets):
        label = f"{part}, {len(names)} song{'s' * (len(names) > 1)}"
        for title, measured in drums.items():
            own = [measures for song, measures in measured if song.song in names]
            values = tuple(_mean([measures[column.name] for measures in own]) for column in shown)
            group = f"{where} {part} {title if title in bounds else ''}"
            rows.append(Row((*set_label(where), label, title), values, group))
    return Table(
        name=PARTS_NAME,
        title="Drums by tracked beats, style and tempo",
        caption=(
            "The same songs by the beats that were tracked on the recording, by their style, if "
            f"known, and by their tempo. Beats are right if their F1 exceeds {RIGHT:g}. Each part "
            "has few songs, so a difference between two parts may be due to chance. Intervals are "
            f"shown for at least {INTERVAL_SONGS} songs. The figure has the model with the highest "
            f"beat F1{f' on home songs. {ABOUT_SETS}' if len(sets) > 1 else '.'}"
        ),
        labels=(*set_label(SET_LABEL if len(sets) > 1 else ""), "Songs", "Drums"),
        columns=shown,
        rows=tuple(rows),
        provenance=provenance,
    )


def _parts(sets: Mapping[str, Sequence[MeasuredSong]]) -> Iterator[tuple[str, str, set[str]]]:
    """Title of each set of songs, and its parts with the names of their songs.

    If there are several sets, their first part is the whole set. Away sources have no other part.
    """
    for title, songs in sets.items():
        parts: dict[str, Callable[[MeasuredSong], bool]] = {}
        if title:
            parts["all"] = lambda _: True
        if title in ("", HOME_TITLE, AWAY_TITLE):
            parts |= {**tracking_parts(songs), **song_parts(songs)}
        for part, belongs in parts.items():
            yield title, part, {song.song for song in songs if belongs(song)}


def _over_seeds(runs: Mapping[str, Measured]) -> dict[str, Measured]:
    """Name of an experiment to its rows: the means of a song's measures over the seeds."""
    rows: dict[str, dict[tuple[str, str], list[tuple[MeasuredSong, Measures]]]] = {}
    for run, measured in runs.items():
        songs = rows.setdefault(experiment_of(run), {})
        for row in measured:
            songs.setdefault((row[0].rung, row[0].song), []).append(row)
    return {
        name: [
            (seeds[0][0], {metric: _mean_of(seeds, metric) for metric in seeds[0][1]})
            for seeds in songs.values()
        ]
        for name, songs in rows.items()
    }


def _mean_of(measured: Measured, metric: str) -> float:
    """The mean of the known values; NaN if there is none."""
    known = [value for _, values in measured if not math.isnan(value := values[metric])]
    return statistics.fmean(known) if known else math.nan


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
    return Value.over_songs(bootstrap_interval(values, _resamples()))
