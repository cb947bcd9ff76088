"""Content of both page and card: bold print, directions, references, inputs."""

import dataclasses
import math
from pathlib import Path

import pytest

from jukedrummer.errors import UserError
from jukedrummer.evaluation import metrics as families
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.reference import ANNOTATED, TRACKED
from jukedrummer.evaluation.rungs import LADDER, RUNGS
from jukedrummer.registry import Registry
from jukedrummer.report import page
from jukedrummer.report.comparison import rhythm_columns
from jukedrummer.report.inputs import ReportInputs
from jukedrummer.report.model_card import model_card
from jukedrummer.report.style_table import style_metrics
from jukedrummer.report.summary import (
    headlines,
    ladder_table,
    listening_table,
    read_metrics,
    reference,
)
from jukedrummer.report.table_view import transposed_view, view
from jukedrummer.storage.files import write_json
from tests.report.helpers.inputs import BUILT_IN, STYLE_NAMES


def test_bold_is_the_best_rung_made_without_the_real_drums(inputs: ReportInputs) -> None:
    rungs = list(inputs.metrics["rungs"])
    table = ladder_table(inputs.metrics)
    blind = [rung.name for rung in LADDER if not rung.knows_truth]
    of_score = ["score", "score_deaf"]
    assert blind == ["silence", "other_song", "click_kit", "nearest_tempo", *of_score, "generated"]
    for place, metric in enumerate(all_metrics()):
        best = [rungs[row] for row, column in sorted(table.best()) if column == place]
        if metric.better is None:
            assert best == []
        else:
            means = {rung: inputs.metrics["rungs"][rung][metric.name]["mean"] for rung in blind}
            means = {rung: mean for rung, mean in means.items() if mean is not None}
            choose = max if metric.better == "higher" else min
            assert best == [choose(means, key=means.get)]


def test_a_metric_has_one_direction_in_all_tables(inputs: ReportInputs) -> None:
    """The deviation of the tempo has no good direction, because real drums are not at 0."""
    directions = {metric.name: metric.better for metric in all_metrics()}
    assert directions["tempo_deviation"] is None
    assert {name for name in BUILT_IN if directions[name] is None} == {
        "grid_chance",
        "tempo_deviation",
        "density",
    }
    ladder = ladder_table(inputs.metrics).columns[: -len(STYLE_NAMES)]
    for columns in (ladder, rhythm_columns().values()):
        for column in columns:
            assert column.better == directions[column.name]
            title = {metric.name: metric.title for metric in all_metrics()}[column.name]
            assert column.title == title


def test_the_table_of_rhythm_leaves_out_chance_and_spectra() -> None:
    others = {"grid_chance", "stft_distance", "mel_distance"}
    shown = [column.name for column in rhythm_columns().values() if column.name in BUILT_IN]
    assert shown == [name for name in BUILT_IN if name not in others]


def test_the_ladder_is_shown_with_rungs_as_columns(inputs: ReportInputs) -> None:
    style = style_metrics(inputs.metrics)
    assert tuple(metric.name for metric in style) == STYLE_NAMES
    shown = transposed_view(ladder_table(inputs.metrics), "Metric")
    assert shown.labels == ("Metric",)
    assert [heading.text for heading in shown.headings] == [
        RUNGS[name].title for name in inputs.metrics["rungs"]
    ]
    assert [heading.highlighted for heading in shown.headings] == [
        name == "generated" for name in inputs.metrics["rungs"]
    ]
    for line, metric in zip(shown.lines, (*all_metrics(), *style), strict=True):
        assert line.labels[0].about == metric.about
        for cell, rung in zip(line.cells, inputs.metrics["rungs"], strict=True):
            stored = inputs.metrics["rungs"][rung] | inputs.metrics["style"][rung]
            value = stored[metric.name]
            if value["mean"] is None:
                assert (cell.text, cell.spread, cell.n) == ("–", "", "n = 0")
            else:
                assert cell.text == f"{value['mean']:.{metric.digits}f}"
                bounds = [f"{value[bound]:.{metric.digits}f}" for bound in ("low", "high")]
                assert cell.spread == " to ".join(bounds)
                assert cell.n == ""


def test_the_listening_gate_has_a_signed_cost_and_its_interval(inputs: ReportInputs) -> None:
    listening = inputs.metrics["listening"]
    table = listening_table(inputs.metrics)
    assert [row.labels[0] for row in table.rows] == [
        "the song itself",
        "another song's recording",
        "no recording",
        "another song's beats",
        "no beats",
    ]
    first, second, *_ = view(table).lines
    assert [cell.text for cell in first.cells] == [
        f"{listening['bits']['true_input']['mean']:.2f}",
        "–",
    ]
    cost = listening["costs"]["other_drumless"]
    assert second.cells[1].text == f"+{cost['mean']:.2f}"
    assert second.cells[1].spread == f"{cost['low']:.2f} to {cost['high']:.2f}"
    assert all(cell.n == "" for line in view(table).lines for cell in line.cells)
    assert all(math.isnan(row.values[0].low) for row in table.rows)


def test_headlines_name_the_rungs(inputs: ReportInputs) -> None:
    beats, _, pattern, grid, bits = headlines(inputs.metrics)
    for rung in ("click_kit", "codec"):
        mean = inputs.metrics["rungs"][rung]["beat_f1"]["mean"]
        assert f"{RUNGS[rung].phrase} {mean:.2f}" in beats["beside"]
    mean = inputs.metrics["rungs"]["generated"]["pattern"]["mean"]
    assert pattern["value"] == f"{mean:.2f}"
    real = inputs.metrics["rungs"]["real"]["grid_share"]["mean"]
    chance = inputs.metrics["rungs"]["generated"]["grid_chance"]["mean"]
    assert grid["beside"] == f"by chance {chance:.2f}, the real drums {real:.2f}"
    assert bits["value"] == f"{inputs.metrics['listening']['bits']['true_input']['mean']:.2f}"


def test_without_a_transcriber_the_metrics_of_strokes_are_left_out(inputs: ReportInputs) -> None:
    missing = {"mean": None, "low": None, "high": None, "n": 0}
    strokes = {metric.name: missing for metric in all_metrics() if metric.of_strokes}
    rungs = {rung: {**values, **strokes} for rung, values in inputs.metrics["rungs"].items()}
    metrics = {**inputs.metrics, "rungs": rungs, "transcriber": None, "known_strokes": []}
    names = [column.name for column in ladder_table(metrics).columns]
    beats_and_spectra = [metric.name for metric in all_metrics() if not metric.of_strokes]
    assert names == [*beats_and_spectra, *STYLE_NAMES]
    assert len(headlines(metrics)) == 4
    card = model_card(dataclasses.replace(inputs, metrics=metrics))
    assert "Kick F1" not in card
    assert "Beat F1" in card
    assert "transcriber" not in reference(metrics)


def test_what_strokes_are_compared_with_and_what_is_copied_is_stated(inputs: ReportInputs) -> None:
    metrics = {
        **inputs.metrics,
        "transcriber": "0abc",
        "strokes": {"score": 12, "transcribed": 4},
        "copying": {name: {"mean": mean} for name, mean in (("generated", 2.04), ("real", 0.9))},
    }
    text = reference(metrics)
    assert "the drum score in 12 songs, and in 4 with" in text
    machines = "a drum machine on the tracked beats and a drum machine on the true beats"
    assert f"The strokes of {machines} are known." in text
    transcribed = reference({**metrics, "known_strokes": []})
    assert "A transcriber finds the strokes of all drums." in transcribed
    card = model_card(dataclasses.replace(inputs, metrics=metrics))
    assert "training set lasts 2.0 s in its drums (mean over songs), and 0.9 s in the real" in card
    assert "training set lasts" not in model_card(inputs)


def test_metrics_from_before_style_was_measured_are_an_error(
    inputs: ReportInputs, tmp_path: Path
) -> None:
    path = tmp_path / "metrics.json"
    write_json(path, {name: value for name, value in inputs.metrics.items() if name != "style"})
    with pytest.raises(UserError, match=r"was made before the metric adherence was added"):
        read_metrics(path)


def test_tracked_references_are_stated(inputs: ReportInputs) -> None:
    metrics = {**inputs.metrics, "reference": {ANNOTATED: 1, TRACKED: 15}}
    assert "Errors of the tracker are errors of these numbers" in reference(metrics)


def test_metrics_from_before_a_metric_are_an_error(inputs: ReportInputs, tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_json(path, inputs.metrics)
    assert read_metrics(path) == inputs.metrics
    own = {name: {**rung} for name, rung in inputs.metrics["rungs"].items()}
    del own["generated"]["density"]
    write_json(path, {**inputs.metrics, "rungs": own})
    with pytest.raises(UserError, match=r"metrics\.json: was made before the metric density was"):
        read_metrics(path)


def test_a_new_metric_is_in_all_tables(
    inputs: ReportInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Registry("metric", first=("toy",), toy="tests.evaluation.helpers.toy_metric")
    monkeypatch.setattr(families, "FAMILIES", [*families.FAMILIES, *own])
    value = {"mean": 0.125, "low": 0.1, "high": 0.2, "n": inputs.metrics["songs"]}
    rungs = {name: {**rung, "toy": value} for name, rung in inputs.metrics["rungs"].items()}
    inputs = dataclasses.replace(inputs, metrics={**inputs.metrics, "rungs": rungs})
    assert ladder_table(inputs.metrics).columns[-1 - len(STYLE_NAMES)].name == "toy"
    assert list(rhythm_columns())[-1] == "toy"
    assert "<small>the loudest sample</small>" in page.render(inputs)
    card = model_card(inputs)
    assert "| Toy loudness (peak) | 0.125 (0.100 to 0.200) |" in card
    assert "* **Toy loudness**: the loudest sample." in card
