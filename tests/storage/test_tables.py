"""Tables: written rows are read back, and every fault is reported with its place."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.errors import UserError
from jukedrummer.storage.tables import (
    HistoryRow,
    cell,
    frame_text,
    positive,
    read_frame,
    read_table,
    write_frame,
    write_table,
)


@dataclass(frozen=True)
class Take:
    """A row with a column of each type."""

    name: str = cell("its name")
    count: int = cell("number of strokes", unit="strokes")
    level: float = cell("loudness; NaN in silence", unit="dB")
    tempo: float | None = cell("mean tempo", check=positive, default=None)
    place: Path | None = cell("where it lies", default=None)
    kind: Literal["take", "loop"] = cell("what it is", check=("take", "loop"), default="take")
    note: str | None = cell("a remark", default=None)


HEADER = "name\tcount\tlevel\ttempo\tplace\tkind\tnote\n"
LINE = "a\t1\t-3.5\t120.0\t\ttake\t\n"
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r"), max_size=20
) | st.sampled_from(["NA", "nan", "001", "1e3", "None", "null", "#a", '"', '"a"', "'", " a ", ""])
floats = st.floats(allow_nan=False)
takes = st.builds(
    Take,
    name=texts,
    count=st.integers(),
    level=floats,
    tempo=st.none() | st.floats(0, exclude_min=True, allow_infinity=False),
    place=st.none() | st.sampled_from(["a", "a/b c", "/elsewhere/x", "NA"]).map(Path),
    kind=st.sampled_from(["take", "loop"]),
    note=st.none() | texts.filter(bool),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "takes.tsv"


@given(st.lists(takes, max_size=5))
def test_rows_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Take]
) -> None:
    path = tmp_path_factory.mktemp("tables") / "takes.tsv"
    rows = [Take(**{**vars(row), "place": row.place and path.parent / row.place}) for row in rows]
    write_table(path, Take, rows)
    assert read_table(path, Take) == rows
    before = path.read_bytes()
    write_table(path, Take, read_table(path, Take))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_empty_cells_are_none_or_nan(path: Path) -> None:
    write_table(path, Take, [Take("", 1, math.nan)])
    assert path.read_text() == HEADER + "\t1\t\t\t\ttake\t\n"
    (row,) = read_table(path, Take)
    assert math.isnan(row.level)
    assert (row.name, row.tempo, row.place, row.note) == ("", None, None, None)


def test_a_table_of_no_rows_is_its_header(path: Path) -> None:
    write_table(path, Take, [])
    assert path.read_text() == HEADER
    assert read_table(path, Take) == []


def test_columns_may_stand_in_any_order_and_lines_end_as_anywhere(path: Path) -> None:
    path.write_bytes(b"level\tname\tkind\tnote\tplace\ttempo\tcount\r\n2\tNA\tloop\t\t\t\t7")
    assert read_table(path, Take) == [Take("NA", 7, 2.0, kind="loop")]


def test_paths_below_the_table_are_relative_and_others_absolute(path: Path) -> None:
    below, other = path.parent / "a" / "b", path.parent.parent / "b"
    write_table(path, Take, [Take("a", 1, 0.0, place=below), Take("a", 1, 0.0, place=other)])
    assert "\ta/b\t" in path.read_text()
    assert f"\t{other}\t" in path.read_text()
    assert [row.place for row in read_table(path, Take)] == [below, other]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"is empty: lacks the columns name, count"),
        ("\n", r"is empty"),
        (
            "name\tcount\n",
            r"row 1: lacks the columns level, tempo, place, kind, note; are they split",
        ),
        (HEADER.replace("\t", ","), r"row 1: lacks the columns name.* are they split by tabs\?"),
        (HEADER[:-1] + "\tmood\n", r"row 1: columns are .*'mood'.*; expected name, .*, each once"),
        (HEADER[:-1] + "\tname\n", r"row 1: columns are .*each once"),
        (HEADER + LINE + "a\t1\n", r"row 3: has 2 cells, the header 7; is a tab missing, or was"),
        (HEADER + LINE + "\n" + LINE, r"row 3: has 0 cells, the header 7"),
        (
            HEADER + LINE[:-1] + "\tx\n",
            r"Expected 7 fields in line 2, saw 8; is there a tab too many",
        ),
        (
            HEADER + LINE.replace("\t1\t", "\t1.5\t"),
            r"row 2: count is '1.5'; expected a whole number",
        ),
        (
            HEADER + LINE + LINE.replace("\t1\t", "\t\t"),
            r"row 3: count is empty; expected a whole number: number of strokes \(strokes\); was",
        ),
        (
            HEADER + LINE.replace("-3.5", "low"),
            r"row 2: level is 'low'; expected a number: loudness",
        ),
        (
            HEADER + LINE.replace("120.0", "0"),
            r"row 2: tempo is '0'; expected a number, or nothing",
        ),
        (HEADER + LINE.replace("120.0", "nan"), r"row 2: tempo is 'nan'; expected a number"),
        (HEADER + LINE.replace("120.0", "inf"), r"row 2: tempo is 'inf'; expected a number"),
        (HEADER + LINE.replace("take", "mix"), r"row 2: kind is 'mix'; choose from take, loop"),
    ],
)
def test_a_fault_is_named_with_its_place(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        read_table(path, Take)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_required_path_may_not_be_empty(path: Path) -> None:
    @dataclass(frozen=True)
    class File:
        name: str = cell("its name", check=str.isalpha, expected="use letters only")
        place: Path = cell("where it lies", expected="name the file")

    path.write_text("name\tplace\na\t\n")
    with pytest.raises(UserError, match="row 2: place is empty; name the file"):
        read_table(path, File)
    path.write_text("name\tplace\n\ta\n")
    with pytest.raises(UserError, match="row 2: name is ''; use letters only"):
        read_table(path, File)


def test_a_file_that_cannot_be_read(path: Path) -> None:
    with pytest.raises(UserError, match=r"takes\.tsv: cannot be read \(No such file.*\); make it"):
        read_table(path, Take)
    with pytest.raises(UserError, match=r"cannot be read .*; did you record\?"):
        read_frame(path, Take, hint="did you record?")
    path.write_bytes(b"name\tcount\n\xff\t1\n")
    with pytest.raises(UserError, match="is not UTF-8 text"):
        read_table(path, Take)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Take("a\tb", 1, 0.0), r"row 3: name 'a\\tb' holds a tab or a line break"),
        (Take("a", 1, 0.0, note="b\nc"), r"row 3: note 'b\\nc' holds a tab or a line break"),
        (Take("a", 1, 0.0, note="b\rc"), r"row 3: note 'b\\rc' holds a tab or a line break"),
        (Take("a", 1, 0.0, -1.0), r"row 3: tempo is '-1.0'; expected a number"),
        (Take("a", 1, 0.0, kind="mix"), r"row 3: kind is 'mix'; choose from take, loop"),  # type: ignore[arg-type]
    ],
)
def test_rows_that_the_reader_rejects_are_not_written(path: Path, row: Take, message: str) -> None:
    path.write_text("old")
    with pytest.raises(UserError, match=rf"takes\.tsv: {message}"):
        write_table(path, Take, [Take("a", 1, 0.0), row])
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


@given(st.lists(st.tuples(st.integers(0, 10**9), floats, floats | st.just(math.nan)), min_size=1))
def test_a_frame_comes_back_bit_by_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, float, float]]
) -> None:
    path = tmp_path_factory.mktemp("tables") / "history.csv"
    frame = pd.DataFrame(rows, columns=["step", "seconds", "train_loss"])
    write_frame(path, HistoryRow, frame)
    pd.testing.assert_frame_equal(read_frame(path, HistoryRow), frame, check_exact=True)


def test_the_other_columns_of_a_frame_have_their_own_format(path: Path) -> None:
    columns = {"step": [1, 2], "seconds": [1 / 3, 1], "x": [1 / 3, math.nan], "label": ["a", None]}
    write_frame(path, HistoryRow, pd.DataFrame(columns), digits=".6g")
    rows = ["step\tseconds\tx\tlabel", f"1\t{1 / 3!r}\t0.333333\ta", "2\t1.0\t\t"]
    assert path.read_text().splitlines() == rows


def test_columns_of_a_frame_that_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("step,seconds,x\n1,0.5,2\n")
    assert read_frame(path, HistoryRow)["x"].tolist() == [2.0]
    path.write_text("step,x\n1,2\n")
    with pytest.raises(UserError, match="row 1: lacks the columns seconds; are they split by comm"):
        read_frame(path, HistoryRow)
    path.write_text("step,seconds,x\n1,0.5,much\n")
    with pytest.raises(UserError, match="row 2: x is 'much'; expected a number: a metric"):
        read_frame(path, HistoryRow)
    with pytest.raises(ValueError, match="the rows lack seconds"):
        write_frame(path, HistoryRow, pd.DataFrame({"step": [1]}))


def test_a_comma_cannot_be_written_to_a_csv() -> None:
    frame = pd.DataFrame({"step": [1], "seconds": [0.5], "label": ["a,b\tc"]})
    with pytest.raises(UserError, match=r"row 2: label 'a,b\\tc' holds a comma or a line break"):
        frame_text(Path("history.csv"), HistoryRow, frame)
    assert frame_text(Path("history.csv"), HistoryRow, frame.assign(label="a\tb")).endswith(
        "1,0.5,a\tb\n"
    )
