"""Content of both the page and the model card: inputs, headlines, baselines, use of the input."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from jukedrummer.beats.representations import representation
from jukedrummer.evaluation.home_away import AWAY_TITLE, HOME_TITLE, song_sets
from jukedrummer.evaluation.known_strokes import describe_known
from jukedrummer.evaluation.likelihood import CONDITIONS, TRUE_INPUT
from jukedrummer.evaluation.measure import check_measured, measured_metrics
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.reference import describe_beats
from jukedrummer.evaluation.rungs import GENERATED, RUNGS
from jukedrummer.report.inputs import ReportInputs
from jukedrummer.report.song_sets import (
    about_sets,
    columns_by_set,
    count_over_sets,
    describe_sets,
)
from jukedrummer.report.style_table import style_metrics, style_value
from jukedrummer.report.table_view import number, transposed_view, view
from jukedrummer.report.tables import MISSING, Column, Row, Table, Value
from jukedrummer.storage.files import read_json


def report_contents(inputs: ReportInputs) -> dict[str, Any]:
    """The variables of the templates of the page and of the model card."""
    return {
        "inputs": inputs,
        "received": received(inputs),
        "headlines": headlines(inputs.metrics),
        "ladder": transposed_view(ladder_table(inputs.metrics), "Metric"),
        "metrics": (*measured_metrics(inputs.metrics["rungs"]), *style_metrics(inputs.metrics)),
        "rungs": RUNGS,
        "copied": copied(inputs.metrics),
        "away": away_parts(inputs.metrics),
        "listening": view(listening_table(inputs.metrics)),
        "reference": reference(inputs.metrics),
    }


def read_metrics(path: Path) -> Mapping[str, Any]:
    """Read an evaluation's `metrics.json`, which must have all metrics.

    Raises:
        UserError: the file is missing or not JSON, or was made before a metric was added.
    """
    metrics: Mapping[str, Any] = read_json(path)
    check_measured(path, metrics["rungs"][GENERATED], (metric.name for metric in all_metrics()))
    check_measured(path, metrics.get("style", {}).get(GENERATED, {}), ("adherence",))
    return metrics


def received(inputs: ReportInputs) -> str:
    """The language model's input in words."""
    has_recording = inputs.metrics["listening"]["listens_to_drumless"] is not None
    recording = "the recording" if has_recording else "nothing of the recording itself, by design,"
    return f"{recording} and {representation(inputs.beats).title}"


def headlines(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """The first few numbers: value, name, and values to compare it with."""
    means = {
        rung: {name: number(value["mean"], 2) for name, value in values.items()}
        for rung, values in metrics["rungs"].items()
    }
    own = means[GENERATED]

    sets = song_sets(metrics)

    def beside(name: str) -> str:
        others = [f"{RUNGS[rung].phrase} {means[rung][name]}" for rung in ("click_kit", "codec")]
        if AWAY_TITLE in sets:
            mean = sets[AWAY_TITLE]["rungs"][GENERATED][name]["mean"]
            others.append(f"on away songs {number(mean, 2)}")
        return ", ".join(others)

    rows: tuple[tuple[str, str, str], ...] = (
        (own["beat_f1"], "beat F1", beside("beat_f1")),
        (own["downbeat_f1"], "downbeat F1", beside("downbeat_f1")),
        (
            own["grid_share"],
            "of its onsets on the grid",
            f"by chance {own['grid_chance']}, {RUNGS['real'].phrase} {means['real']['grid_share']}",
        ),
        (
            number(metrics["listening"]["bits"][TRUE_INPUT]["mean"], 2),
            "bits a code",
            "cross-entropy of the real drums' codes on held-out songs",
        ),
    )
    if "pattern" in {metric.name for metric in measured_metrics(metrics["rungs"])}:
        pattern = (own["pattern"], "similarity of the bars' patterns", beside("pattern"))
        rows = (*rows[:2], pattern, *rows[2:])
    return [{"value": value, "title": title, "beside": text} for value, title, text in rows]


def copied(metrics: Mapping[str, Any]) -> str:
    """A sentence about the longest copied runs of codes, or nothing if they were not measured."""
    copies = metrics.get("copying")
    if not copies:
        return ""
    own, real = (number(copies[name]["mean"], 1) for name in ("generated", "real"))
    return (
        f"The longest run of codes that also stands in the training set lasts {own} s in its drums "
        f"(mean over songs), and {real} s in the real drums of the same songs."
    )


def ladder_table(metrics: Mapping[str, Any]) -> Table:
    """A row for each rung, a column for each metric that was measured, of style last.

    Bold print marks the best rung that is made without the song's real drums.
    """
    shown, of_style = measured_metrics(metrics["rungs"]), style_metrics(metrics)
    columns = map(Column.of_metric, shown), map(Column.of_metric, of_style)
    return Table(
        name="ladder",
        title="Table of metrics",
        caption="",
        labels=("Drums",),
        columns=tuple(chain(*columns)),
        rows=tuple(
            Row(
                (RUNGS[name].title,),
                (
                    *(Value.from_json(values[metric.name]) for metric in shown),
                    *(style_value(metrics, name, metric.name) for metric in of_style),
                ),
                group=name if RUNGS[name].knows_truth else "",
                highlighted=name == GENERATED,
            )
            for name, values in metrics["rungs"].items()
        ),
        n=metrics["songs"],
    )


def away_parts(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The results of the away songs, and of each away source if there are several.

    Returns:
        For each its `title`, its results `metrics`, their `ladder` and a sentence `copied`.
        `whole` is true for all away songs together. Without away songs, there are none.
    """
    return [
        {
            "title": title.replace(AWAY_TITLE, "Away songs", 1),
            "whole": title == AWAY_TITLE,
            "metrics": results,
            "ladder": transposed_view(ladder_table(results), "Metric"),
            "copied": copied(results),
        }
        for title, results in song_sets(metrics).items()
        if title != HOME_TITLE
    ]


def listening_table(metrics: Mapping[str, Any]) -> Table:
    """The listening gate: input, bits a code, and cost compared with the true input."""
    sets = {title: results["listening"] for title, results in song_sets(metrics).items()}
    shown = {
        "bits": Column("bits", "bits a code"),
        "cost": Column("cost", "cost, 95 % interval", signed=True),
    }
    columns = columns_by_set(metrics, shown)
    return Table(
        name="listening",
        title="Table of the listening gate",
        caption="",
        labels=("Input",),
        columns=tuple(columns.values()),
        rows=tuple(
            Row(
                (CONDITIONS[name].title,),
                tuple(_listening_value(sets[title], place, name) for title, place in columns),
            )
            for name in metrics["listening"]["bits"]
        ),
    )


def _listening_value(listening: Mapping[str, Any], place: str, condition: str) -> Value:
    if place == "bits":
        bits = Value.from_json(listening["bits"][condition])
        return Value(bits.mean, n=bits.n)
    costs = listening["costs"]
    return Value.from_json(costs[condition]) if condition in costs else MISSING


def reference(metrics: Mapping[str, Any]) -> str:
    """A sentence or two about the reference of the numbers."""
    beats = describe_beats(count_over_sets(metrics, "reference"))
    return (
        f"{describe_sets(metrics)} that no model was trained on.{about_sets(metrics)} {beats}"
        f"{_stroke_reference(metrics)}"
    )


def _stroke_reference(metrics: Mapping[str, Any]) -> str:
    if not metrics.get("transcriber"):
        return ""
    counts = count_over_sets(metrics, "strokes")
    score, transcribed = counts["score"], counts["transcribed"]
    return (
        f" Strokes are compared with the drum score in {score} songs, and in {transcribed} with "
        f"the transcribed real drums. {describe_known(metrics['known_strokes'])} With a score, "
        "the numbers of the real drums show the errors of the transcriber."
    )
