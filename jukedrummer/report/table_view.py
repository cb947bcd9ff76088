"""A table as text, for the templates of all formats."""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from jukedrummer.report.rendering import DASH, MINUS
from jukedrummer.report.tables import Column, Provenance, Table, Value


@dataclass(frozen=True)
class Cell:
    """A value as text. `n` is empty if it is the n of the table."""

    text: str
    spread: str
    n: str
    best: bool
    highlighted: bool


@dataclass(frozen=True)
class Label:
    """A label and its number of rows; 0 if the label above spans this row. `about` explains it."""

    text: str
    span: int = 1
    about: str = ""


@dataclass(frozen=True)
class Line:
    """A row. `mark` is the number of its note. `first` is true if it starts a group."""

    labels: list[Label]
    cells: list[Cell]
    mark: str = ""
    first: bool = False


@dataclass(frozen=True)
class Heading:
    """The heading of a column of values."""

    text: str
    group: str = ""
    highlighted: bool = False


@dataclass(frozen=True)
class View:
    """A table as text.

    Attributes:
        labels: headings of the label columns.
        headings: headings of the columns of values.
        legend: the meaning of arrows, bold print and ranges.
        notes: marks of lines, and the source of their numbers.
    """

    name: str
    title: str
    caption: str
    labels: tuple[str, ...]
    headings: list[Heading]
    lines: list[Line]
    legend: str
    notes: list[tuple[str, Provenance]]

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Headings above the headings, with the number of columns that they span."""
        return [
            (name, len(list(headings)))
            for name, headings in groupby(heading.group for heading in self.headings)
        ]


def number(value: float | None, decimals: int, signed: bool = False) -> str:
    """A number as text: a dash if it is missing, no sign at zero."""
    if value is None or math.isnan(value):
        return DASH
    text = f"{value:{'+' if signed else ''},.{decimals}f}"
    if not text.strip("+-0."):
        return text.lstrip("+-")
    return text.replace("-", MINUS)


def view(table: Table) -> View:
    """The table with its rows as lines."""
    provenances = table.provenances()
    several = len(provenances) > 1
    return View(
        name=table.name,
        title=table.title,
        caption=table.caption,
        labels=table.labels,
        headings=[Heading(column.heading, column.group) for column in table.columns],
        lines=list(_lines(table, provenances if several else [])),
        legend=_legend(table),
        notes=[
            (str(mark) if several else "", note) for mark, note in enumerate(provenances, start=1)
        ],
    )


def transposed_view(table: Table, label: str) -> View:
    """The table with its columns as lines: for many columns and few rows.

    Args:
        table: the table. Its provenances are not shown.
        label: heading of the first column, which names the table's columns.
    """
    best = table.best()
    lines = [
        Line(
            [Label(column.heading, about=column.about)],
            _cells(
                [(row.values[place], column) for row in table.rows],
                table.n,
                [(index, place) in best for index in range(len(table.rows))],
                [row.highlighted for row in table.rows],
            ),
        )
        for place, column in enumerate(table.columns)
    ]
    return View(
        name=table.name,
        title=table.title,
        caption=table.caption,
        labels=(label,),
        headings=[Heading(", ".join(row.labels), "", row.highlighted) for row in table.rows],
        lines=lines,
        legend=_legend(table),
        notes=[],
    )


def _lines(table: Table, marked: Sequence[Provenance]) -> Iterator[Line]:
    best = table.best()
    for index, row in enumerate(table.rows):
        cells = _cells(
            list(zip(row.values, table.columns, strict=True)),
            table.n,
            [(index, place) in best for place in range(len(table.columns))],
            [row.highlighted] * len(table.columns),
        )
        provenance = table.provenance_of(row)
        mark = str(marked.index(provenance) + 1) if marked and provenance else ""
        first = index > 0 and row.group != table.rows[index - 1].group
        labels = [Label(text, _span(table, index, place)) for place, text in enumerate(row.labels)]
        yield Line(labels, cells, mark, first)


def _cells(
    values: Sequence[tuple[Value, Column]],
    n: int | None,
    best: Sequence[bool],
    highlighted: Sequence[bool],
) -> list[Cell]:
    usual = (statistics.mode([value.n for value, _ in values if value.n] or [0]), 0)
    expected = usual if n is None else (n,)
    return [
        Cell(
            number(value.mean, column.decimals, column.signed),
            _spread(value, column.decimals),
            "" if value.n in expected else f"n = {value.n}",
            *marks,
        )
        for (value, column), *marks in zip(values, best, highlighted, strict=True)
    ]


def _spread(value: Value, decimals: int) -> str:
    if not math.isnan(value.deviation):
        return f"± {number(value.deviation, decimals)}"
    if math.isnan(value.low):
        return ""
    return f"{number(value.low, decimals)} to {number(value.high, decimals)}"


def _span(table: Table, index: int, place: int) -> int:
    """Number of rows of a group, from row `index` on, that share a label and the labels before it.

    0 if the label started above.
    """
    if place == len(table.labels) - 1:  # the last label differs in each row
        return 1
    keys = [(row.group, row.labels[: place + 1]) for row in table.rows]
    if index and keys[index - 1] == keys[index]:
        return 0
    return next((n for n, key in enumerate(keys[index:]) if key != keys[index]), len(keys) - index)


def _legend(table: Table) -> str:
    values = [value for row in table.rows for value in row.values]
    parts = {
        "↑ more is better, ↓ less is better.": any(column.better for column in table.columns),
        "Bold: the best between two lines, as shown.": bool(table.best()),
        "Ranges: 95 % intervals.": any(not math.isnan(value.low) for value in values),
        "±: deviation over seeds.": any(not math.isnan(value.deviation) for value in values),
        f"{DASH}: nothing to measure.": any(math.isnan(value.mean) for value in values),
    }
    return " ".join(text for text, shown in parts.items() if shown)
