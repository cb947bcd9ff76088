"""Tables: what is bold, what is missing, what each format holds, and that all is written or nothing."""

import csv
import io
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jukedrummer.config import BeatsConfig
from jukedrummer.errors import UserError
from jukedrummer.evaluation.metrics import Interval
from jukedrummer.report import figures, tables
from jukedrummer.report.tables import MISSING, Column, Provenance, Row, Table, Value, hash_settings

MADE = Provenance("make --all 50%", "0123456789abcdef" * 4)
COLUMNS = (
    Column("nll", "NLL", "bits", 2, "lower"),
    Column("f1", "Beat F1", "", 2, "higher", "Rhythm"),
    Column("density", "A_b & <c>", "%", 1, None, "Rhythm"),
)


def row(labels: tuple[str, ...], *means: float, made: Provenance | None = None) -> Row:
    return Row(labels, tuple(Value(mean, n=2) for mean in means), labels[0], made)


@pytest.fixture
def table() -> Table:
    """The paper's grid, small: two groups of two."""
    rows = (
        row(("encoder", "none"), 1.2345, 0.5, -0.01),
        row(("encoder", "low"), 1.0, 0.504, -3.0),
        row(("no encoder", "none"), 2.0, 0.6, 1234.5),
        row(("no encoder", "low"), math.nan, 0.7, 2.0),
    )
    return Table("lm", "Models_50 %", "What it | shows.", ("Encoder", "Beats"), COLUMNS, rows, MADE)


def best(table: Table, column: int) -> list[int]:
    return sorted(index for index, place in table.best() if place == column)


def test_best_is_by_group_direction_and_what_is_shown(table: Table) -> None:
    assert best(table, 0) == [1]  # lower; of the second group only one is known
    assert best(table, 1) == [0, 1, 3]  # 0.50 and 0.50 are shown as the same
    assert best(table, 2) == []


def test_a_single_row_is_not_the_best(table: Table) -> None:
    alone = Table("x", "x", "x", table.labels, COLUMNS, table.rows[:1], MADE)
    assert alone.best() == set()


def test_over_seeds_is_mean_and_sample_deviation() -> None:
    values = [0.7, 0.9, 0.8]
    value = Value.over_seeds([*values, math.nan])
    assert (value.mean, value.n) == (pytest.approx(np.mean(values)), 3)
    assert value.deviation == pytest.approx(np.std(values, ddof=1))
    assert math.isnan(Value.over_seeds([0.5]).deviation)
    assert Value.over_seeds([math.nan]) is MISSING


def test_over_songs_is_the_interval() -> None:
    value = Value.over_songs(Interval(0.5, 0.4, 0.7, 9))
    assert (value.mean, value.low, value.high, value.n) == (0.5, 0.4, 0.7, 9)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (0.125, 2, "0.12"),
        (-1.25, 1, "−1.2"),
        (-0.001, 2, "0.00"),
        (12345.6, 0, "12,346"),
        (math.nan, 3, "–"),
        (-0.0, 0, "0"),
        (100.0, 0, "100"),
    ],
)
def test_numbers(value: float, decimals: int, shown: str) -> None:
    assert tables.number(value, decimals) == shown


def test_what_cannot_be_shown_is_refused(table: Table) -> None:
    with pytest.raises(ValueError, match="infinite"):
        Value(math.inf)
    with pytest.raises(ValueError, match="an interval and a deviation"):
        Value(1.0, low=0.5, high=1.5, deviation=0.1)
    with pytest.raises(ValueError, match="has 1 labels and 3 values, expected 2 and 3"):
        Table("x", "x", "x", table.labels, COLUMNS, (row(("one",), 1, 2, 3),), MADE)
    with pytest.raises(ValueError, match="called the same"):
        Table("x", "x", "x", ("a",), (COLUMNS[0], COLUMNS[0]), (), MADE)


def test_tsv_is_one_line_a_value_in_full_precision(table: Table) -> None:
    other = Table(
        "other",
        "t",
        "c",
        ("Tracker",),
        COLUMNS[:1],
        (Row(("x",), (Value(1 / 3, 0.1, 0.9),)),),
        MADE,
    )
    rows = list(csv.DictReader(io.StringIO(tables.tsv([table, other])), delimiter="\t"))
    assert len(rows) == 4 * 3 + 1
    assert (rows[0]["mean"], rows[0]["encoder"], rows[0]["unit"], rows[0]["n"]) == (
        "1.2345",
        "encoder",
        "bits",
        "2",
    )
    assert rows[9]["mean"] == ""
    assert float(rows[-1]["mean"]) == 1 / 3
    assert (rows[-1]["tracker"], rows[-1]["encoder"], rows[-1]["high"]) == ("x", "", "0.9")
    assert rows[-1]["config_sha256"] == MADE.config_sha256


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_markdown_has_the_cells_of_the_table(table: Table) -> None:
    text = tables.markdown([table])
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 4
    assert {len(cells(line)) for line in lines} == {5}
    assert cells(lines[2]) == ["encoder", "none", "1.23", "**0.50**", "0.0"]
    assert cells(lines[3]) == ["", "low", "**1.00**", "**0.50**", "−3.0"]
    assert cells(lines[5]) == ["", "low", "–", "**0.70**", "2.0"]
    assert r"What it \| shows\." in text or r"What it \| shows." in text
    assert "Made by `make --all 50%`, settings 01234567." in text


def test_missing_values_are_not_the_usual_number() -> None:
    values = (Value.over_seeds([0.7, 0.9]), MISSING, MISSING)
    table = Table("x", "x", "x", ("a",), COLUMNS, (Row(("r",), values),), MADE)
    assert "| 0.80 ± 0.14 | – | – |" in tables.markdown([table])


def test_spreads_are_shown_in_every_format() -> None:
    values = (Value(0.5, 0.4, 0.6, n=9), Value.over_seeds([0.7, 0.9]), Value(2.0, n=9))
    table = Table("x", "x", "x", ("a",), COLUMNS, (Row(("r",), values),), MADE)
    assert "0.50 (0.40 to 0.60) | 0.80 ± 0.14, n = 2 | 2.0 |" in tables.markdown([table])
    assert "<small>0.40 to 0.60</small>" in tables.html([table])
    assert r"\shortstack{0.50\\{\scriptsize 0.40 to 0.60}}" in tables.latex([table])
    assert r"0.80 {\scriptsize $\pm$ 0.14}" in tables.latex([table])


def test_each_rows_origin_is_a_numbered_note(table: Table) -> None:
    origins = [Provenance(f"make {number}", str(number) * 64) for number in (1, 2)]
    rows = tuple(row(("a", str(index)), 1, 2, 3, made=origins[index // 2]) for index in range(4))
    text = tables.markdown([Table("x", "x", "x", table.labels, COLUMNS, rows, MADE)])
    assert text.count("<sup>1</sup>") == text.count("<sup>2</sup>") == 3
    assert "<sup>2</sup> Made by `make 2`, settings 22222222." in text
    assert MADE.command not in text


def test_latex_is_escaped_and_balanced(table: Table) -> None:
    text = tables.latex([table])
    assert r"A\_b \& $<$c$>$ (\%)" in text
    assert r"\texttt{make -{}-all 50\%}" in text
    assert r"\textbf{Models\_50 \%.}" in text
    assert text.count("{") == text.count("}")
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    spans = [len(re.findall(r"(?<!\\)&", line)) for line in lines]
    assert spans == [3, *[4] * 5]  # the groups' line spans two columns in one
    assert r"\cmidrule(lr){4-5}" in body
    assert "$-$3.0" in body


class Cells(HTMLParser):
    """The columns that each row of the table takes, as a browser counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []
        self.hanging: list[int] = []  # rows that cells from above still reach into
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "tr":
            self.hanging = [left - 1 for left in self.hanging if left > 1]
            self.rows.append(len(self.hanging))
        if tag in ("td", "th"):
            self.rows[-1] += int(values.get("colspan", 1))
            self.hanging += [int(values.get("rowspan", 1))]
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_whole_self_contained_and_even(table: Table) -> None:
    text = tables.html([table], "<svg></svg>")
    parser = Cells()
    parser.feed(text)
    assert parser.open == []
    assert parser.rows == [5] * 6
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "A_b &amp; &lt;c&gt; (%)" in text
    assert "<strong>1.00</strong>" in text
    assert "scrolls sideways" in text


def test_same_settings_same_hash() -> None:
    assert hash_settings(beats=BeatsConfig()) == hash_settings(beats=BeatsConfig())
    assert hash_settings(beats=BeatsConfig()) != hash_settings(beats=BeatsConfig(networks=1))


def test_all_files_are_written_or_none(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = figures.panels(table, ["nll", "f1"])
    tables.write_tables([table], tmp_path / "made", "lm", figure, "what is seen")
    names = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert names == ["lm.html", "lm.md", "lm.png", "lm.svg", "lm.tex", "lm.tsv"]
    assert 'aria-label="what is seen"' in (tmp_path / "made/lm.html").read_text()

    def fail(path: Path, content: bytes) -> int:
        if path.suffix == ".tex":
            raise OSError(28, "No space left on device", str(path))
        return len(content) if path.touch() is None else 0

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(UserError, match=r"lm\.tex: cannot be written \(No space left"):
        tables.write_tables([table], tmp_path / "full", "lm")
    assert list((tmp_path / "full").iterdir()) == []


def test_panels_hold_the_points_and_fit_a_page(table: Table) -> None:
    figure = figures.panels(table, ["nll", "f1"])
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == ["NLL (bits) ↓", "Rhythm, Beat F1 ↑"]
    points = [line.get_xdata()[0] for line in shown[1].lines if len(line.get_xdata()) == 2]
    assert points == [0.5, 0.504]  # series none and low, of which encoder is the first line
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["none", "low"]
    rows = tuple(row((f"song {index}", "x"), 1, 2, 3) for index in range(200))
    long = Table("x", "x", "x", table.labels, COLUMNS, rows, MADE)
    assert (
        figures.panels(long, ["nll", "f1", "density"]).get_size_inches()[1]
        <= figures.PAGE_INCHES[1]
    )


def test_printed_figures_repeat_and_are_on_white(table: Table) -> None:
    draw = lambda: figures.printed(figures.panels(table, ["f1"]), "svg")  # noqa: E731
    assert draw() == draw()
    assert b"var(--" not in draw()
    picture = Image.open(io.BytesIO(figures.printed(figures.panels(table, ["f1"]), "png", dpi=50)))
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_panels_of_a_group_share_a_scale(table: Table) -> None:
    same, other = (axes.get_xlim() for axes in figures.panels(table, ["f1", "density"]).axes)
    assert same == other
    assert other[1] > 1234
