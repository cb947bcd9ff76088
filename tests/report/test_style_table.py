"""The table of style distance and prompt adherence."""

from copy import deepcopy
from typing import Any

import pytest

from jukedrummer.evaluation.rungs import RUNGS
from jukedrummer.report.style_table import style_metrics, style_table
from jukedrummer.report.tables import Provenance, Table
from tests.report.helpers.inputs import make_metrics

MADE = [rung for rung in RUNGS.values() if rung.is_baseline]


@pytest.fixture(scope="module")
def metrics() -> dict[str, Any]:
    return make_metrics(6, beats=True)


def table_of(**runs: dict[str, Any]) -> Table:
    return style_table(runs, Provenance("make", "0"))


def test_each_run_and_baseline_has_its_row(metrics: dict[str, Any]) -> None:
    other = deepcopy(metrics)
    other["style"]["generated"]["adherence"]["mean"] = 0.25
    del other["style"]["generated_true"]
    table = table_of(high=metrics, none=other)
    rows = {row.labels[0]: row for row in table.rows}
    blind, bounds = (
        [rung.title for rung in MADE if rung.knows_truth == truth] for truth in (False, True)
    )
    assert list(rows) == ["high", "none", *blind, "high, true beats", *bounds]
    assert [column.name for column in table.columns] == ["style_distance", "adherence"]
    assert rows["none"].values[1].mean == 0.25
    stored = metrics["style"]["codec"]["style_distance"]
    value = rows[RUNGS["codec"].title].values[0]
    assert (value.mean, value.low, value.n) == (stored["mean"], stored["low"], 6)
    assert [row.labels[0] for row in table.rows if not row.group] == ["high", "none", *blind]


def test_away_songs_have_their_own_columns(metrics: dict[str, Any]) -> None:
    away = deepcopy(metrics)
    away["style"]["generated"]["style_distance"]["mean"] = 1.5
    table = table_of(high={**metrics, "away": away})
    assert [column.group for column in table.columns] == ["Home", "Home", "Away", "Away"]
    assert table.rows[0].values[2].mean == 1.5


def test_only_measures_that_were_made_are_shown(metrics: dict[str, Any]) -> None:
    bare = deepcopy(metrics)
    for rung in bare["style"].values():
        del rung["style_distance"]
    assert [metric.name for metric in style_metrics(bare)] == ["adherence"]
    assert [column.name for column in table_of(run=bare).columns] == ["adherence"]
