"""Content of both the page and the model card: inputs, headlines, baselines, use of the input."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jukedrummer.beats.representations import representation
from jukedrummer.evaluation.likelihood import CONDITIONS, TRUE_INPUT
from jukedrummer.evaluation.measure import check_measured, measured_metrics
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.reference import ANNOTATED, TRACKED, describe_stems
from jukedrummer.evaluation.rungs import GENERATED, RUNGS
from jukedrummer.report.inputs import ReportInputs
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
        "metrics": measured_metrics(inputs.metrics["rungs"]),
        "rungs": RUNGS,
        "copied": copied(inputs.metrics),
        "listening": view(listening_table(inputs.metrics["listening"])),
        "reference": reference(inputs.metrics),
    }


def read_metrics(path: Path) -> Mapping[str, Any]:
    """Read an evaluation's `metrics.json`, which must have all metrics.

    Raises:
        UserError: the file is missing or not JSON, or was made before a metric was added.
    """
    metrics: Mapping[str, Any] = read_json(path)
    check_measured(path, metrics["rungs"][GENERATED], (metric.name for metric in all_metrics()))
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

    def beside(name: str) -> str:
        return ", ".join(
            f"{RUNGS[rung].phrase} {means[rung][name]}" for rung in ("click_kit", "codec")
        )

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
    """A row for each rung, a column for each metric that was measured.

    Bold print marks the best rung that is made without the song's real drums.
    """
    shown = measured_metrics(metrics["rungs"])
    return Table(
        name="ladder",
        title="Table of metrics",
        caption="",
        labels=("Drums",),
        columns=tuple(Column.of_metric(metric) for metric in shown),
        rows=tuple(
            Row(
                (RUNGS[name].title,),
                tuple(Value.from_json(values[metric.name]) for metric in shown),
                group=name if RUNGS[name].knows_truth else "",
                highlighted=name == GENERATED,
            )
            for name, values in metrics["rungs"].items()
        ),
        n=metrics["songs"],
    )


def listening_table(listening: Mapping[str, Any]) -> Table:
    """The listening gate: input, bits a code, and cost compared with the true input."""
    costs = listening["costs"]
    return Table(
        name="listening",
        title="Table of the listening gate",
        caption="",
        labels=("Input",),
        columns=(Column("bits", "bits a code"), Column("cost", "cost, 95 % interval", signed=True)),
        rows=tuple(
            Row(
                (CONDITIONS[name].title,),
                (
                    Value(bits["mean"], n=bits["n"]),
                    Value.from_json(costs[name]) if name in costs else MISSING,
                ),
            )
            for name, bits in listening["bits"].items()
        ),
    )


def reference(metrics: Mapping[str, Any]) -> str:
    """A sentence or two about the reference of the numbers."""
    annotated, tracked = metrics["reference"][ANNOTATED], metrics["reference"][TRACKED]
    songs = f"{metrics['songs']} held-out songs{describe_stems(metrics['stems'])}"
    text = f"{songs} that no model was trained on. "
    if tracked:
        text += (
            f"Beats are compared with annotations in {annotated} of them, and in {tracked} with "
            "the beats tracked on the full mix. Errors of the tracker are errors of these numbers."
        )
    else:
        text += "Beats are compared with the songs' annotations."
    return text + _stroke_reference(metrics)


def _stroke_reference(metrics: Mapping[str, Any]) -> str:
    if not metrics.get("transcriber"):
        return ""
    score, transcribed = metrics["strokes"]["score"], metrics["strokes"]["transcribed"]
    return (
        " A transcriber finds the strokes of all drums. They are compared with the drum score in "
        f"{score} songs, and in {transcribed} with the transcribed real drums. With a score, the "
        "numbers of the real drums show the errors of the transcriber."
    )
