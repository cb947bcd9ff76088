"""Tables as files: the content of each format, and all files or none."""

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jukedrummer.errors import UserError
from jukedrummer.report import table_files
from jukedrummer.report.panels import small_multiples
from jukedrummer.report.tables import MISSING, Provenance, Row, Table, Value
from tests.report.helpers.results import COLUMNS, PROVENANCE, row, small_table


@pytest.fixture
def table() -> Table:
    return small_table()


def test_tsv_is_one_line_a_value_in_full_precision(table: Table) -> None:
    other = Table(
        "other",
        "t",
        "c",
        ("Tracker",),
        COLUMNS[:1],
        (Row(("x",), (Value(1 / 3, 0.1, 0.9),)),),
        PROVENANCE,
    )
    rows = list(csv.DictReader(io.StringIO(table_files.tsv([table, other])), delimiter="\t"))
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
    assert rows[-1]["config_sha256"] == PROVENANCE.config_sha256


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_markdown_has_the_cells_of_the_table(table: Table) -> None:
    text = table_files.markdown([table])
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
    table = Table("x", "x", "x", ("a",), COLUMNS, (Row(("r",), values),), PROVENANCE)
    assert "| 0.80 ± 0.14 | – | – |" in table_files.markdown([table])


def test_spreads_are_shown_in_every_format() -> None:
    values = (Value(0.5, 0.4, 0.6, n=9), Value.over_seeds([0.7, 0.9]), Value(2.0, n=9))
    table = Table("x", "x", "x", ("a",), COLUMNS, (Row(("r",), values),), PROVENANCE)
    assert "0.50 (0.40 to 0.60) | 0.80 ± 0.14, n = 2 | 2.0 |" in table_files.markdown([table])
    assert "<small>0.40 to 0.60</small>" in table_files.html([table])
    assert r"\shortstack{0.50\\{\scriptsize 0.40 to 0.60}}" in table_files.latex([table])
    assert r"0.80 {\scriptsize $\pm$ 0.14}" in table_files.latex([table])


def test_each_rows_origin_is_a_numbered_note(table: Table) -> None:
    origins = [Provenance(f"make {number}", str(number) * 64) for number in (1, 2)]
    rows = tuple(
        row(("a", str(index)), 1, 2, 3, provenance=origins[index // 2]) for index in range(4)
    )
    text = table_files.markdown([Table("x", "x", "x", table.labels, COLUMNS, rows, PROVENANCE)])
    assert text.count("<sup>1</sup>") == text.count("<sup>2</sup>") == 3
    assert "<sup>2</sup> Made by `make 2`, settings 22222222." in text
    assert PROVENANCE.command not in text


def test_latex_is_escaped_and_balanced(table: Table) -> None:
    text = table_files.latex([table])
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
    text = table_files.html([table], "<svg></svg>")
    parser = Cells()
    parser.feed(text)
    assert parser.open == []
    assert parser.rows == [5] * 6
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "A_b &amp; &lt;c&gt; (%)" in text
    assert "<strong>1.00</strong>" in text
    assert "Scroll sideways" in text


def test_all_files_are_written_or_none(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = small_multiples(table, ["nll", "f1"])
    table_files.write_tables([table], tmp_path / "made", "lm", figure, "what is seen")
    names = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert names == ["lm.html", "lm.md", "lm.png", "lm.svg", "lm.tex", "lm.tsv"]
    assert 'aria-label="what is seen"' in (tmp_path / "made/lm.html").read_text()

    def fail(path: Path, content: bytes) -> int:
        if path.suffix == ".tex":
            raise OSError(28, "No space left on device", str(path))
        return len(content) if path.touch() is None else 0

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(UserError, match=r"lm\.tex: cannot be written \(No space left"):
        table_files.write_tables([table], tmp_path / "full", "lm", figure, "")
    assert list((tmp_path / "full").iterdir()) == []
