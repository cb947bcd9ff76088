"""The table of beat trackers: over all songs, and by style and tempo."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Protocol

from jukedrummer.config import TRACKERS, EvaluateConfig
from jukedrummer.evaluation.beat_tracking import RIGHT, VERSIONS, SongResult
from jukedrummer.evaluation.home_away import AWAY_TITLE, HOME_TITLE
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.statistics import bootstrap_interval
from jukedrummer.report.panels import small_multiples
from jukedrummer.report.song_sets import ABOUT_SETS, SET_LABEL, rows_by_set, set_label
from jukedrummer.report.table_files import write_tables
from jukedrummer.report.tables import INTERVAL_SONGS, Column, Provenance, Row, Table, Value
from jukedrummer.storage.tables import write_table

NAME = "beat_tracking"
CONTINUITY = {"cmlt": "CMLt", "amlt": "AMLt"}
TEMPO_BANDS = (0.0, 90.0, 120.0, 150.0, math.inf)  # beats a minute

SHARES = tuple(
    Column(name, title, "%", 0, "higher" if name == "right" else "lower", "Share of songs")
    for name, title in (
        ("right", "right"),
        ("half", "half"),
        ("double", "double"),
        ("off_beat", "off-beat"),
    )
)
CONFIDENCES = (
    Column("confidence_right", "right", group="Mean confidence"),
    Column("confidence_wrong", "wrong", group="Mean confidence"),
)


def f1_columns() -> tuple[Column, ...]:
    """F1 of beats and downbeats, as for drum tracks."""
    metrics = {metric.name: metric for metric in all_metrics()}
    return tuple(Column.of_metric(metrics[name]) for name in ("beat_f1", "downbeat_f1"))


def metric_columns() -> tuple[Column, ...]:
    """The metrics of a tracker."""
    continuity = (Column(name, title, better="higher") for name, title in CONTINUITY.items())
    return (*f1_columns(), *continuity)


def write_beat_tracking(
    results: Sequence[SongResult],
    about: str,
    folder: Path,
    evaluate: EvaluateConfig,
    provenance: Provenance,
) -> None:
    """Write `beat_tracking.*` with its figure, and `beat_tracking_songs.tsv`.

    Args:
        results: results of all songs and trackers.
        about: the songs in words, see `describe_songs`.
        folder: folder of the files.
        evaluate: number of resamples.
        provenance: source of the tables.

    Raises:
        UserError: a file cannot be written.
    """
    overall = overall_table(results, about, evaluate, provenance)
    write_table(folder / f"{NAME}_songs.tsv", SongResult, results)
    names = [column.name for column in (*metric_columns(), *CONFIDENCES)]
    write_tables(
        [overall, parts_table(results, evaluate, provenance)],
        folder,
        NAME,
        small_multiples(overall, names),
        overall.caption,
    )


def overall_table(
    results: Sequence[SongResult], about: str, evaluate: EvaluateConfig, provenance: Provenance
) -> Table:
    """One row for each version of the songs and tracker; `about` names the songs."""
    rows = []
    sets = rows_by_set(results)
    for (songs, own), (version, title) in product(sets.items(), VERSIONS.items()):
        for tracker in _trackers(own):
            chosen = [row for row in own if (row.version, row.tracker) == (version, tracker)]
            labels = (*set_label(songs), title, tracker_title(tracker))
            rows.append(Row(labels, _overall(chosen, evaluate), f"{songs} {version}"))
    caption = (
        f"Beats tracked in {about}: in the full mix, in the recording without its drums, and in "
        "the drums alone, compared with annotated beats. Means over songs, with bootstrap "
        "intervals. F1 is within 70 ms; the first seconds count. CMLt is the share of beats with "
        "the right period and phase. AMLt also accepts half and double tempo and off the beat. A "
        f"song is tracked correctly if its beat F1 exceeds {RIGHT:g}. Songs at half or double "
        "tempo or off the beat are counted; the remaining songs have other errors. The confidence "
        "is the tracker's own. It separates the correct songs of one tracker from the others. It "
        "cannot be compared between trackers. Intervals are shown for at least "
        f"{INTERVAL_SONGS} songs.{f' {ABOUT_SETS}' if len(sets) > 1 else ''}"
    )
    columns = (*metric_columns(), *SHARES, *CONFIDENCES)
    labels = (*set_label(SET_LABEL if len(sets) > 1 else ""), "Version", "Tracker")
    return Table(NAME, "Beat tracking", caption, labels, columns, tuple(rows), provenance)


def tracker_title(name: str) -> str:
    """The title of a tracker in reports: `TITLE` of its module, else its name."""
    title: str = getattr(TRACKERS[name], "TITLE", name) if name in TRACKERS else name
    return title


def _trackers(results: Sequence[SongResult]) -> list[str]:
    return list(dict.fromkeys(result.tracker for result in results))


def _overall(results: Sequence[SongResult], evaluate: EvaluateConfig) -> tuple[Value, ...]:
    confidences = [
        [result.confidence for result in results if (result.outcome == "right") == right]
        for right in (True, False)
    ]
    return (
        *_means(results, metric_columns(), evaluate),
        *(_share([result.outcome == column.name for result in results]) for column in SHARES),
        *(_mean(values, evaluate) for values in confidences),
    )


def _means(
    results: Sequence[SongResult], columns: Sequence[Column], evaluate: EvaluateConfig
) -> list[Value]:
    return [
        _mean([getattr(result, column.name) for result in results], evaluate) for column in columns
    ]


def _mean(values: Sequence[float], evaluate: EvaluateConfig) -> Value:
    return Value.over_songs(bootstrap_interval(values, evaluate.bootstrap))


def _share(hits: Sequence[bool]) -> Value:
    # No interval: without hits, no resample has hits, and the interval would have no width.
    return Value(100 * sum(hits) / len(hits), n=len(hits))


def parts_table(
    results: Sequence[SongResult], evaluate: EvaluateConfig, provenance: Provenance
) -> Table:
    """One row for each tracker and part of the songs: their styles, and bands of their tempo."""
    sets = {
        title: rows
        for title, rows in rows_by_set(results).items()
        if title in ("", HOME_TITLE, AWAY_TITLE)
    }
    rows = []
    for title, part, chosen in _parts(sets):
        songs = len({result.song for result in chosen})
        label = f"{part}, {songs} song{'s' * (songs > 1)}"
        for tracker in _trackers(chosen):
            own = [result for result in chosen if result.tracker == tracker]
            values = [
                value
                for version in VERSIONS
                for value in _means(
                    [result for result in own if result.version == version], f1_columns(), evaluate
                )
            ]
            labels = (*set_label(title), label, tracker_title(tracker))
            rows.append(Row(labels, tuple(values), f"{title} {part}"))
    return Table(
        name=f"{NAME}_parts",
        title="Beat tracking by style and tempo",
        caption=(
            "The same songs by their style, if known, and by the median of their annotated tempo. "
            "Each part has few songs, so a difference between two parts may be due to chance."
        ),
        labels=(*set_label(SET_LABEL if len(sets) > 1 else ""), "Songs", "Tracker"),
        columns=tuple(
            replace(column, group=title) for title in VERSIONS.values() for column in f1_columns()
        ),
        rows=tuple(rows),
        provenance=provenance,
    )


def _parts(
    sets: Mapping[str, Sequence[SongResult]],
) -> Iterator[tuple[str, str, list[SongResult]]]:
    """Title of each set of songs, and its parts with their results."""
    for title, results in sets.items():
        for part, belongs in song_parts(results).items():
            yield title, part, [result for result in results if belongs(result)]


class HasStyle(Protocol):
    """A song's result."""

    @property
    def style(self) -> str:
        """The song's style, or empty."""

    @property
    def bpm(self) -> float:
        """Its tempo, beats a minute; NaN if it is not known."""


def song_parts(results: Sequence[HasStyle]) -> Mapping[str, Callable[[HasStyle], bool]]:
    """Name of each part that has songs, and a test whether a song belongs to it."""
    styles = sorted({result.style for result in results} - {""})
    parts = {style: _has_style(style) for style in styles}
    for low, high in pairwise(TEMPO_BANDS):
        in_band = _has_tempo(low, high)
        if any(map(in_band, results)):
            parts[band_title(low, high)] = in_band
    return parts


def _has_style(style: str) -> Callable[[HasStyle], bool]:
    return lambda result: result.style == style


def _has_tempo(low: float, high: float) -> Callable[[HasStyle], bool]:
    return lambda result: low <= result.bpm < high


def band_title(low: float, high: float) -> str:
    """A band of tempo, from `low` to below `high` beats a minute."""
    if not low:
        return f"below {high:g} BPM"
    return f"{low:g} BPM and more" if math.isinf(high) else f"{low:g} to {high:g} BPM"
