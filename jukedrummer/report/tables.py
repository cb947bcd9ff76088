"""Tables of results: one description; TSV for machines, Markdown, HTML and LaTeX for people."""

import csv
import hashlib
import io
import json
import math
import re
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure

from jukedrummer.config import plain
from jukedrummer.evaluation.metrics import Interval
from jukedrummer.report import figures
from jukedrummer.report.page import environment
from jukedrummer.storage.files import atomic_path

DASH = "–"  # of a value that is missing
ARROWS = {"higher": "↑", "lower": "↓", None: ""}
MINUS = "−"
PNG_DPI = 200
LATEX = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    MINUS: "$-$",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "<": "$<$",
    ">": "$>$",
    "≥": r"$\geq$",
}


@dataclass(frozen=True)
class Provenance:
    """Where numbers come from.

    Attributes:
        command: the shell command that makes them.
        config_sha256: of the settings they were made with, see `hash_settings`.
    """

    command: str
    config_sha256: str


@dataclass(frozen=True)
class Column:
    """A column of values.

    Attributes:
        name: its key in the TSV; unique within its group.
        title: what a person reads.
        unit: empty where there is none.
        decimals: that are shown; the TSV has all.
        better: which way is good; None where neither is, and nothing is bold.
        group: a heading that neighbouring columns share, or empty.
    """

    name: str
    title: str
    unit: str = ""
    decimals: int = 2
    better: Literal["higher", "lower"] | None = None
    group: str = ""

    @property
    def heading(self) -> str:
        """Title, unit and the arrow of what is better."""
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.title}{unit} {ARROWS[self.better]}".rstrip()


@dataclass(frozen=True)
class Value:
    """A mean over n things with an interval, or with a deviation, or alone; NaN is missing.

    Attributes:
        low, high: bounds of its 95 % interval.
        deviation: sample deviation, over seeds.
        n: songs or seeds that it is the mean of.
    """

    mean: float
    low: float = math.nan
    high: float = math.nan
    deviation: float = math.nan
    n: int = 0

    def __post_init__(self) -> None:
        if any(map(math.isinf, (self.mean, self.low, self.high, self.deviation))):
            raise ValueError(f"{self}: infinite values cannot be shown; NaN is what is missing")
        if not (math.isnan(self.low) or math.isnan(self.deviation)):
            raise ValueError(f"{self}: has an interval and a deviation, expected one of them")

    @classmethod
    def over_songs(cls, interval: Interval) -> "Value":
        """A mean with its bootstrap interval."""
        return cls(interval.mean, low=interval.low, high=interval.high, n=interval.n)

    @classmethod
    def over_seeds(cls, values: Sequence[float]) -> "Value":
        """Mean and sample deviation (n - 1) of one value a seed; NaN is left out."""
        known = [value for value in values if not math.isnan(value)]
        if not known:
            return MISSING
        deviation = statistics.stdev(known) if len(known) > 1 else math.nan
        return cls(statistics.fmean(known), deviation=deviation, n=len(known))


MISSING = Value(math.nan)


@dataclass(frozen=True)
class Row:
    """A row: a text for each label column, a value for each column.

    Attributes:
        group: rows of one group compete for the bold print; a line parts it from the next.
        provenance: None where it is the table's.
    """

    labels: tuple[str, ...]
    values: tuple[Value, ...]
    group: str = ""
    provenance: Provenance | None = None


@dataclass(frozen=True)
class Table:
    """A table of results.

    Attributes:
        name: its key in the TSV.
        caption: what it shows and how to read it, in whole sentences.
        labels: headings of the label columns.
        provenance: of all rows that have none of their own.
    """

    name: str
    title: str
    caption: str
    labels: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    provenance: Provenance

    def __post_init__(self) -> None:
        for row in self.rows:
            if (len(row.labels), len(row.values)) != (len(self.labels), len(self.columns)):
                raise ValueError(
                    f"table {self.name}: row {row.labels} has {len(row.labels)} labels and {len(row.values)} "
                    f"values, expected {len(self.labels)} and {len(self.columns)}"
                )
        names = [(column.group, column.name) for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"table {self.name}: two of its columns are called the same: {names}")

    def provenances(self) -> list[Provenance]:
        """Those of the rows, each once, in their order."""
        return list(dict.fromkeys(row.provenance or self.provenance for row in self.rows))

    def best(self) -> set[tuple[int, int]]:
        """Places (row, column) of the best values: of each column, in each group of two known values or more.

        Values that are shown as the same are equally good.
        """
        found = set()
        groups = [row.group for row in self.rows]
        for place, column in enumerate(self.columns):
            for group in dict.fromkeys(groups):
                means = {
                    index: round(row.values[place].mean, column.decimals)
                    for index, row in enumerate(self.rows)
                    if row.group == group and not math.isnan(row.values[place].mean)
                }
                if column.better and len(means) > 1:
                    best = (max if column.better == "higher" else min)(means.values())
                    found |= {(index, place) for index, mean in means.items() if mean == best}
        return found


def hash_settings(**sections: Any) -> str:
    """SHA-256 of sections of the config, dataclasses or mappings: the same settings, the same hash."""
    values = {name: plain(section) for name, section in sections.items()}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def write_tables(
    tables: Sequence[Table], folder: Path, name: str, figure: Figure | None = None, spoken: str = ""
) -> None:
    """Write `{name}.tsv`, `.md`, `.html` and `.tex`, and the figure as `.svg` and `.png`: all or none.

    Args:
        tables: shown one below the other.
        figure: of `figures.panels`; the page holds it too.
        spoken: what the figure shows, for those who cannot see it.

    Raises:
        UserError: the place cannot be written.
    """
    drawing = "" if figure is None else figures.svg(figure, spoken)
    contents = {
        "tsv": tsv(tables).encode(),
        "md": markdown(tables).encode(),
        "html": html(tables, drawing).encode(),
        "tex": latex(tables).encode(),
    }
    if figure is not None:
        contents["svg"] = figures.printed(figure, "svg")
        contents["png"] = figures.printed(figure, "png", dpi=PNG_DPI)
    with ExitStack() as stack:  # all are whole before the first gets its name
        for suffix, content in contents.items():
            stack.enter_context(atomic_path(folder / f"{name}.{suffix}")).write_bytes(content)


def tsv(tables: Sequence[Table]) -> str:
    """One line a value, in full precision; an empty cell is missing."""
    labels = list(dict.fromkeys(label for table in tables for label in table.labels))
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    numbers = ("mean", "low", "high", "deviation")
    column_names = ("column_group", "column", "unit", *numbers, "n", "command", "config_sha256")
    writer.writerow(["table", *map(_key, labels), *column_names])
    for table in tables:
        for row in table.rows:
            named = dict(zip(table.labels, row.labels, strict=True))
            made = row.provenance or table.provenance
            for column, value in zip(table.columns, row.values, strict=True):
                known = [getattr(value, name) for name in numbers]
                writer.writerow(
                    [table.name, *(named.get(label, "") for label in labels)]
                    + [column.group, column.name, column.unit]
                    + ["" if math.isnan(number) else repr(float(number)) for number in known]
                    + [value.n, made.command, made.config_sha256]
                )
    return text.getvalue()


def _key(label: str) -> str:
    return re.sub(r"\W+", "_", label.lower()).strip("_")


def markdown(tables: Sequence[Table]) -> str:
    """The tables as GitHub's Markdown."""
    made = environment()
    made.filters["escaped"] = lambda text: re.sub(r"([\\`*_|<\[])", r"\\\1", text)
    return made.get_template("tables.md.j2").render(tables=[_view(table) for table in tables])


def html(tables: Sequence[Table], drawing: str = "") -> str:
    """The tables as a page that needs nothing else, with a drawing (SVG) above them."""
    template = environment().get_template("tables.html.j2")
    return template.render(tables=[_view(table) for table in tables], drawing=drawing)


def latex(tables: Sequence[Table]) -> str:
    """The tables for a paper: needs the packages booktabs and graphicx."""
    # Braces are LaTeX's own.
    made = environment().overlay(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    made.filters["escaped"] = _escaped_latex
    made.filters["bold"] = lambda text, best: rf"\textbf{{{text}}}" if best else text
    return made.get_template("tables.tex.j2").render(tables=[_view(table) for table in tables])


def _escaped_latex(text: str) -> str:
    return text.translate(str.maketrans(LATEX)).replace("--", "-{}-").replace(DASH, "--")


def number(value: float, decimals: int) -> str:
    """A number as it is shown; a dash where it is missing, no sign at zero."""
    if math.isnan(value):
        return DASH
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text.replace("-", MINUS)


@dataclass(frozen=True)
class _Cell:
    """A value as it is shown; `n` only where it is not that of most values in its row."""

    text: str
    spread: str
    n: str
    best: bool


@dataclass(frozen=True)
class _Label:
    """A label, its number of rows: 0 where it is the one above."""

    text: str
    span: int


@dataclass(frozen=True)
class _Line:
    """A row; `mark` is the number of its note, `first` whether it begins a group."""

    labels: list[_Label]
    cells: list[_Cell]
    mark: str
    first: bool


def _view(table: Table) -> dict[str, Any]:
    """What the templates show."""
    made = table.provenances()
    groups = groupby(column.group for column in table.columns)
    return {
        "table": table,
        "groups": [(name, len(list(some))) for name, some in groups],
        "lines": list(_lines(table)),
        "legend": _legend(table),
        "notes": [
            (str(mark) if len(made) > 1 else "", note) for mark, note in enumerate(made, start=1)
        ],
    }


def _lines(table: Table) -> Iterator[_Line]:
    best, made = table.best(), table.provenances()
    for index, row in enumerate(table.rows):
        usual = statistics.mode([value.n for value in row.values if value.n] or [0])
        cells = [
            _Cell(
                number(value.mean, column.decimals),
                _spread(value, column.decimals),
                f"n = {value.n}" if value.n not in (usual, 0) else "",
                (index, place) in best,
            )
            for place, (column, value) in enumerate(zip(table.columns, row.values, strict=True))
        ]
        mark = str(made.index(row.provenance or table.provenance) + 1) if len(made) > 1 else ""
        first = index > 0 and row.group != table.rows[index - 1].group
        labels = [_Label(text, _span(table, index, place)) for place, text in enumerate(row.labels)]
        yield _Line(labels, cells, mark, first)


def _spread(value: Value, decimals: int) -> str:
    if not math.isnan(value.deviation):
        return f"± {number(value.deviation, decimals)}"
    if math.isnan(value.low):
        return ""
    return f"{number(value.low, decimals)} to {number(value.high, decimals)}"


def _span(table: Table, index: int, place: int) -> int:
    """Rows of a group that share a label and those before it, from row `index` on; 0 where it began above."""
    if place == len(table.labels) - 1:  # the last is what tells the rows apart
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
