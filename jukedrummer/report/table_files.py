"""Tables and their figures as files: TSV for programs; Markdown, HTML and LaTeX for people."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from matplotlib.figure import Figure

from jukedrummer.report import figures
from jukedrummer.report.rendering import (
    html_environment,
    latex_environment,
    markdown_environment,
)
from jukedrummer.report.table_view import view
from jukedrummer.report.tables import Row, Table
from jukedrummer.storage.files import atomic_path
from jukedrummer.storage.tables import cell, frame_text

PNG_DPI = 200
SUFFIXES = ("tsv", "md", "html", "tex", "svg", "png")


@dataclass(frozen=True)
class ResultRow:
    """A value of a result table: a row of its TSV, which also has a column for each label."""

    table: str = cell("name of the table")
    column_group: str = cell("heading that neighbouring columns share, or empty")
    column: str = cell("name of the column")
    unit: str = cell("unit of mean, low, high and deviation, or empty")
    mean: float = cell("the value; NaN is missing")
    low: float = cell("lower bound of the 95 % interval")
    high: float = cell("upper bound of the 95 % interval")
    deviation: float = cell("sample standard deviation over seeds")
    n: int = cell("number of songs or seeds")
    command: str = cell("shell command that makes the value, or empty")
    config_sha256: str = cell("hash of the settings, or empty")


def write_tables(
    tables: Sequence[Table], folder: Path, name: str, figure: Figure, spoken: str
) -> None:
    """Write `{name}.tsv`, `.md`, `.html`, `.tex`, and the figure as `.svg` and `.png`: all or none.

    Args:
        tables: the tables, shown one below the other.
        folder: folder of the files.
        name: name of the files.
        figure: figure from `panels`; the page shows it too.
        spoken: description of the figure, for screen readers.

    Raises:
        UserError: a file cannot be written.
    """
    contents = {
        "tsv": tsv(tables).encode(),
        "md": markdown(tables).encode(),
        "html": html(tables, figures.svg(figure, spoken)).encode(),
        "tex": latex(tables).encode(),
        "svg": figures.printed(figure, "svg"),
        "png": figures.printed(figure, "png", dpi=PNG_DPI),
    }
    with ExitStack() as stack:  # no file gets its name before all are complete
        for suffix in SUFFIXES:
            path = stack.enter_context(atomic_path(folder / f"{name}.{suffix}"))
            path.write_bytes(contents[suffix])


def tsv(tables: Sequence[Table]) -> str:
    """One line for each value, in full precision. An empty cell is a missing value."""
    import pandas as pd

    labels = dict.fromkeys((label for table in tables for label in table.labels), "")
    rows = []
    for table in tables:
        for row in table.rows:
            named = labels | dict(zip(table.labels, row.labels, strict=True))
            first = {"table": table.name} | {_key(label): text for label, text in named.items()}
            rows += [first | asdict(result) for result in _results(table, row)]
    names = ["table", *map(_key, labels), *(field.name for field in fields(ResultRow)[1:])]
    return frame_text(Path(f"{tables[0].name}.tsv"), ResultRow, pd.DataFrame(rows, columns=names))


def _results(table: Table, row: Row) -> Iterator[ResultRow]:
    provenance = table.provenance_of(row)
    for column, value in zip(table.columns, row.values, strict=True):
        yield ResultRow(
            table=table.name,
            column_group=column.group,
            column=column.name,
            unit=column.unit,
            mean=value.mean,
            low=value.low,
            high=value.high,
            deviation=value.deviation,
            n=value.n,
            command=provenance.command if provenance else "",
            config_sha256=provenance.config_sha256 if provenance else "",
        )


def _key(label: str) -> str:
    return re.sub(r"\W+", "_", label.lower()).strip("_")


def markdown(tables: Sequence[Table]) -> str:
    """The tables as GitHub's Markdown."""
    template = markdown_environment().get_template("tables.md.j2")
    return template.render(tables=[view(table) for table in tables])


def html(tables: Sequence[Table], drawing: str = "") -> str:
    """The tables as a self-contained page, with a drawing (SVG) below the first table."""
    template = html_environment().get_template("tables.html.j2")
    return template.render(tables=[view(table) for table in tables], drawing=drawing)


def latex(tables: Sequence[Table]) -> str:
    """The tables for a paper: needs the packages booktabs and graphicx."""
    template = latex_environment().get_template("tables.tex.j2")
    return template.render(tables=[view(table) for table in tables])
