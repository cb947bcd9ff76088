"""The model card: valid tables and complete content."""

import dataclasses
from pathlib import Path

from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.report.inputs import ReportInputs
from jukedrummer.report.model_card import model_card, write_model_card
from tests.report.helpers.inputs import STYLE_NAMES, with_away_songs


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
        2 + len(all_metrics()) + len(STYLE_NAMES),
        2 + len(inputs.metrics["listening"]["bits"]),
        2 + len(inputs.licences),
    ]
    for table in tables:
        assert len({line.count("|") for line in table}) == 1
        assert set(table[1]) <= set("| -:")


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
    assert "It **uses** the recording." in card
    assert "Bold: the best of the drums that are made without the real" in card
    for metric in all_metrics():
        assert f"* **{metric.title}**: {metric.about}." in card


def test_the_card_reports_that_a_model_does_not_use_its_input(inputs: ReportInputs) -> None:
    listening = {
        **inputs.metrics["listening"],
        "listens_to_drumless": False,
        "listens_to_beats": None,
    }
    card = model_card(
        dataclasses.replace(inputs, metrics={**inputs.metrics, "listening": listening})
    )
    reason = "at least one of its costs below does not differ from chance"
    assert f"does **not use** the recording: {reason}." in card
    assert "does **not receive** the beats" in card


def test_the_card_is_written(inputs: ReportInputs, tmp_path: Path) -> None:
    write_model_card(tmp_path / "README.md", inputs)
    assert (tmp_path / "README.md").read_text() == model_card(inputs)


def test_the_card_has_the_numbers_of_away_songs(inputs: ReportInputs) -> None:
    card = model_card(with_away_songs(inputs))
    titles = [line for line in card.splitlines() if line.startswith("### ")]
    assert titles == [
        "### Home songs",
        "### Away songs",
        "### Away songs: band",
        "### Away songs: folk",
    ]
    assert "7 songs. Their composers and sounds are not those of the training songs." in card
    assert "on the home songs, 0.88 on the away songs" in card
    table = card[card.index("| Input |") :].split("\n\n")[0]
    assert table.count("Away: band: bits a code") == 1
    assert len({line.count("|") for line in table.splitlines()}) == 1
    assert "away" not in model_card(inputs).lower()
