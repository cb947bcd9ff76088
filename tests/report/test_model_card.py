"""The model card: tables that are tables, and nothing left out."""

import dataclasses
from pathlib import Path

from jukedrummer.evaluation.measure import METRICS
from jukedrummer.report.model_card import model_card, write_model_card
from jukedrummer.report.page import ReportInputs


def test_rows_of_a_table_have_as_many_cells_as_its_head(inputs: ReportInputs) -> None:
    block: list[str] = []
    tables = []
    for line in [*model_card(inputs).splitlines(), ""]:
        if line.startswith("|"):
            block.append(line)
        elif block:
            tables.append(block)
            block = []
    assert [len(table) for table in tables] == [
        2 + len(inputs.models),
        2 + len(METRICS),
        2 + len(inputs.metrics["listening"]["bits"]),
        2 + len(inputs.licences),
    ]
    for table in tables:
        assert len({line.count("|") for line in table}) == 1
        assert set(table[1]) <= set("| -")


def test_the_card_says_what_a_user_must_know(inputs: ReportInputs) -> None:
    card = model_card(inputs)
    for text in (
        "CC BY-NC-SA 4.0",
        "Code & weights",
        "## Limits",
        "jukedrummer accompany",
        "make demo",
    ):
        assert text in card
    assert "It **listens** to the recording." in card


def test_a_model_that_does_not_listen_is_reported(inputs: ReportInputs) -> None:
    listening = {
        **inputs.metrics["listening"],
        "listens_to_drumless": False,
        "listens_to_beats": None,
    }
    card = model_card(
        dataclasses.replace(inputs, metrics={**inputs.metrics, "listening": listening})
    )
    assert "does **not listen** to the recording" in card
    assert "**not told** the beats" in card


def test_the_card_is_written(inputs: ReportInputs, tmp_path: Path) -> None:
    write_model_card(tmp_path / "README.md", inputs)
    assert (tmp_path / "README.md").read_text() == model_card(inputs)
