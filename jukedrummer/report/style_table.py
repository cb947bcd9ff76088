"""The measures of all songs together in tables: style distance and prompt adherence."""

from collections.abc import Mapping
from typing import Any

from jukedrummer.evaluation.home_away import song_sets
from jukedrummer.evaluation.rungs import GENERATED, GENERATED_TRUE, RUNGS
from jukedrummer.evaluation.style import STYLE_METRICS, StyleMetric
from jukedrummer.report.song_sets import about_sets, columns_by_set, describe_sets
from jukedrummer.report.tables import MISSING, Column, Provenance, Row, Table, Value

STYLE_NAME = "style"
ABOUT_STYLE = (
    "Style distance is a kernel distance between the drums and the real drums, on features of the "
    "transcriber: 0 is the same kit, sound and kinds of strokes. It compares all songs together, "
    "so the real drums of other songs are near 0. Prompt adherence is 1 for drums whose onsets "
    "agree with those of the recordings as well as the real drums' do, and 0 for the real drums of "
    "other songs. By definition, the real drums have 0 and 1."
)


def style_metrics(metrics: Mapping[str, Any]) -> tuple[StyleMetric, ...]:
    """The measures of all songs together that `metrics.json` has, in the order of the tables."""
    return tuple(metric for metric in STYLE_METRICS if metric.name in metrics["style"]["real"])


def style_value(metrics: Mapping[str, Any], rung: str, name: str) -> Value:
    """A measure of a rung in a set of songs; missing if it was not measured."""
    stored = metrics["style"].get(rung, {}).get(name)
    return Value.from_json(stored) if stored else MISSING


def style_table(runs: Mapping[str, Mapping[str, Any]], provenance: Provenance) -> Table:
    """One row for the drums of each run, and for each baseline.

    Args:
        runs: name of a run to the content of its `metrics.json`; the baselines are those of the
            first.
        provenance: source of the table.
    """
    first = next(iter(runs.values()))
    shown = {metric.name: Column.of_metric(metric) for metric in style_metrics(first)}
    columns = columns_by_set(first, shown)
    drums = [(name, metrics, GENERATED, False) for name, metrics in runs.items()]
    drums += [(f"{name}, true beats", run, GENERATED_TRUE, True) for name, run in runs.items()]
    drums += [
        (rung.title, first, rung.name, rung.knows_truth)
        for rung in RUNGS.values()
        if rung.is_baseline
    ]
    drums.sort(key=lambda row: row[-1])  # those that use the truth come last
    rows = []
    for title, metrics, rung, knows_truth in drums:
        sets = song_sets(metrics)
        values = tuple(style_value(sets[own], rung, name) for own, name in columns)
        if rung in metrics["style"]:
            rows.append(Row((title,), values, title if knows_truth else ""))
    return Table(
        name=STYLE_NAME,
        title="Style and prompt adherence",
        caption=f"Drums for {describe_sets(first)}. {ABOUT_STYLE}{about_sets(first)}",
        labels=("Drums",),
        columns=tuple(columns.values()),
        rows=tuple(rows),
        provenance=provenance,
    )
