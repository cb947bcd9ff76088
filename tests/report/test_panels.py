"""Small multiples: their points, their size, their scales."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from jukedrummer.report import figures
from jukedrummer.report.panels import PAGE_INCHES, small_multiples
from jukedrummer.report.tables import Table
from tests.report.helpers.results import COLUMNS, PROVENANCE, row, small_table


@pytest.fixture
def table() -> Table:
    return small_table()


def test_panels_hold_the_points_and_fit_a_page(table: Table) -> None:
    figure = small_multiples(table, ["nll", "f1"])
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == ["NLL (bits) ↓", "Rhythm, Beat F1 ↑"]
    points = [line.get_xdata()[0] for line in shown[1].lines if len(line.get_xdata()) == 2]
    assert points == [0.5, 0.504]  # series none and low, of which encoder is the first line
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["none", "low"]
    rows = tuple(row((f"song {index}", "x"), 1, 2, 3) for index in range(200))
    long = Table("x", "x", "x", table.labels, COLUMNS, rows, PROVENANCE)
    assert small_multiples(long, ["nll", "f1", "density"]).get_size_inches()[1] <= PAGE_INCHES[1]


def test_printed_figures_repeat_and_are_on_white(table: Table) -> None:
    draw = lambda: figures.printed(small_multiples(table, ["f1"]), "svg")  # noqa: E731
    assert draw() == draw()
    assert b"var(--" not in draw()
    picture = Image.open(io.BytesIO(figures.printed(small_multiples(table, ["f1"]), "png", dpi=50)))
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_panels_of_a_group_share_a_scale(table: Table) -> None:
    same, other = (axes.get_xlim() for axes in small_multiples(table, ["f1", "density"]).axes)
    assert same == other
    assert other[1] > 1234


def test_panels_of_one_quantity_share_a_scale_and_stand_side_by_side(table: Table) -> None:
    """Home and away songs: not the quantities of one heading."""
    columns = tuple(
        replace(column, group=group) for group in ("Home", "Away") for column in COLUMNS[1:]
    )
    rows = (row(("a", "x"), 0.1, 1, 0.9, 300), row(("b", "x"), 0.2, 2, 0.8, 400))
    both = Table("x", "x", "x", table.labels, columns, rows, PROVENANCE)
    figure = small_multiples(both, [COLUMNS[1].name, COLUMNS[2].name])
    home, away, second, other = figure.axes
    assert home.get_xlim() == away.get_xlim()
    assert second.get_xlim() == other.get_xlim()
    assert home.get_xlim() != second.get_xlim()
    assert home.get_position().y0 == away.get_position().y0 > second.get_position().y0
