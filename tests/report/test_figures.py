"""Histories and charts contain their input."""

import math
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.errors import UserError
from jukedrummer.report import figures
from jukedrummer.report.tables import MISSING, Column, Row, Table, Value


def test_history_keeps_empty_cells_apart(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("step,seconds,train_loss,valid_loss\n1,1,3,\n2,2.5,2,2.5\n")
    history = figures.read_history(path)
    assert history["step"].tolist() == [1, 2]
    assert math.isnan(history["valid_loss"][0])
    ((name, drawing),) = figures.learning_curves("VQ-VAE", history)
    assert name == "loss"
    assert "train from 3 to 2, valid from 2.5 to 2.5" in drawing


def test_curves_of_all_quantities_and_of_none_validated() -> None:
    history = {
        "step": np.arange(1.0, 4),
        "train_loss": np.array([90, 9, 1.0]),
        "valid_loss": np.full(3, math.nan),
    }
    history |= {"valid_distance_db": np.zeros(3), "seconds": np.ones(3)}
    assert [name for name, _ in figures.learning_curves("Vocoder", history)] == [
        "loss",
        "distance (dB)",
    ]


def test_what_griffin_lim_reaches_is_a_line_and_no_curve_of_its_own() -> None:
    history = {"step": np.arange(1.0, 4), "valid_distance_db": np.array([9.0, 8, 7])}
    history["valid_griffin_lim_distance_db"] = np.array([math.nan, 7.5, 7.5])
    ((name, drawing),) = figures.learning_curves("Vocoder", history)
    assert name == "distance (dB)"
    assert "valid from 9 to 7, Griffin-Lim 7.5" in drawing
    assert drawing.count("Griffin-Lim") == 2  # in the label and in the legend


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "row 1: lacks the columns step, seconds"),
        ("step,seconds\nx,1\n", "row 2: step is 'x'; expected a whole number"),
        ("step,seconds,train_loss\n1,1,x\n", "row 2: train_loss is 'x'; expected a number"),
        ("step,seconds,train_loss\n1,1\n", "row 2: has 2 cells, the header 3"),
    ],
)
def test_a_broken_history_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(UserError, match=rf"history\.csv: {message}"):
        figures.read_history(tmp_path / "history.csv")


def test_usage_of_codes() -> None:
    assert "2 of 3 codes are used, the most frequent 75.0 %" in figures.usage_chart("VQ", [3, 0, 1])


def test_charts_repeat_and_escape() -> None:
    columns = (Column("a", 'A & "B"'),)
    table = Table("t", "t", "t", ("Drums",), columns, (Row(("x",), (Value(0.5, 0.4, 0.6),)),))
    assert figures.ladder_chart(table, "a") == figures.ladder_chart(table, "a")
    assert 'aria-label="A &amp; &quot;B&quot;: x 0.5"' in figures.ladder_chart(table, "a")


def test_a_chart_of_an_unknown_value_says_so() -> None:
    rows = (Row(("x",), (MISSING,)), Row(("y",), (Value(2.0),), highlighted=True))
    table = Table("t", "t", "t", ("Drums",), (Column("a", "A", "dB"),), rows)
    drawing = figures.ladder_chart(table, "a", chance=0.4)
    assert 'aria-label="A (dB): x unknown, y 2"' in drawing
    assert "chance" in drawing
