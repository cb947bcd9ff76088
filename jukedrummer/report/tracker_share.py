"""The table of the tracker's share: drums on tracked beats beside drums on true beats."""

import math
from collections.abc import Iterable, Mapping, Sequence

from jukedrummer.config import EvaluateConfig
from jukedrummer.evaluation.measure import MeasuredSong
from jukedrummer.evaluation.metrics import Measures, all_metrics
from jukedrummer.evaluation.rungs import GENERATED, GENERATED_TRUE
from jukedrummer.evaluation.statistics import bootstrap_interval
from jukedrummer.report.song_sets import SET_LABEL, set_label
from jukedrummer.report.tables import Column, Provenance, Row, Table, Value

SHARE_NAME = "tracker_share"
SHARE_METRICS = ("beat_f1", "downbeat_f1", "pattern")
MACHINE = "Drum machine"
Rows = Sequence[tuple[MeasuredSong, Measures]]
SongPart = tuple[str, str, set[str]]  # title of a set of songs, name of a part of it, its songs
Versions = Mapping[str, tuple[Measures, Measures | None]]  # song to drums on tracked, on true beats


def tracker_share_table(
    runs: Mapping[str, Rows], parts: Iterable[SongPart], provenance: Provenance | None = None
) -> Table:
    """Rows of each part of the songs: each model's drums, and those of the drum machine.

    Args:
        runs: name of a model to the rows of its `songs.tsv`; the drum machine is that of the first.
        parts: the parts of the songs.
        provenance: source of the table; None if it is stated elsewhere.
    """
    first, parts = next(iter(runs.values())), list(parts)
    drums = {name: _versions(rows, GENERATED, GENERATED_TRUE) for name, rows in runs.items()}
    drums[MACHINE] = _versions(first, "click_kit", "click_kit_true")
    metrics = _known_metrics(drums.values())
    received = {song.song: song.input_beat_f1 for song, _ in first if song.rung == GENERATED}
    rows = []
    for title, part, names in parts:
        label = (*set_label(title), f"{part}, {len(names)} song{'s' * (len(names) > 1)}")
        tracked = _bare_mean([received[name] for name in sorted(names)])
        for name, own in drums.items():
            versions = [own[song] for song in sorted(names) if song in own]
            values = (value for metric in metrics for value in _values(versions, metric))
            rows.append(Row((*label, name), (tracked, *values), " ".join(label)))
    several = any(title for title, *_ in parts)
    return Table(
        name=SHARE_NAME,
        title="The tracker's share of the error, by style and tempo",
        caption=(
            "Drums on the beats that were tracked on the recording, and drums on the true beats. "
            "The gain is the mean difference over the songs that have both: the share of the error "
            "that is the tracker's. The first column is the F1 of the tracked beats themselves."
        ),
        labels=(*set_label(SET_LABEL if several else ""), "Songs", "Drums"),
        columns=(Column("input_beat_f1", "Tracked beats"), *_columns(metrics)),
        rows=tuple(rows),
        provenance=provenance,
    )


def _versions(rows: Rows, tracked: str, true: str) -> Versions:
    on_true = {song.song: measures for song, measures in rows if song.rung == true}
    return {
        song.song: (measures, on_true.get(song.song))
        for song, measures in rows
        if song.rung == tracked
    }


def _known_metrics(drums: Iterable[Versions]) -> list[str]:
    # Without a transcriber there are no values of strokes.
    songs = [measures for own in drums for measures, _ in own.values()]
    return [
        name for name in SHARE_METRICS if not all(math.isnan(measures[name]) for measures in songs)
    ]


def _columns(names: Sequence[str]) -> list[Column]:
    metrics = {metric.name: metric for metric in all_metrics()}
    return [
        Column(f"{name}_{title}", title, group=metrics[name].title, signed=title == "gain")
        for name in names
        for title in ("tracked", "true", "gain")
    ]


def _values(
    versions: Sequence[tuple[Measures, Measures | None]], metric: str
) -> tuple[Value, Value, Value]:
    tracked = [measures[metric] for measures, _ in versions]
    true = [measures[metric] if measures else math.nan for _, measures in versions]
    gains = [after - before for before, after in zip(tracked, true, strict=True)]
    return _bare_mean(tracked), _bare_mean(true), _mean(gains)


def _mean(values: Sequence[float]) -> Value:
    return Value.over_songs(bootstrap_interval(values, EvaluateConfig().bootstrap))


def _bare_mean(values: Sequence[float]) -> Value:
    # Only gains have an interval: more of them would make the table too wide.
    mean = _mean(values)
    return Value(mean.mean, n=mean.n)
