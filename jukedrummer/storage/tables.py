"""Tables with one row a line (TSV, CSV): a frozen dataclass declares each, pandas reads and writes.

The first line has the names of the columns. Tabs separate the cells, or commas in a `.csv`. There
are no quotes. Cells are read as text and converted as declared, so a song called NA or 001 keeps
its name. An empty cell is None if the column may be None, and NaN in other columns of floats.
Floats are stored exactly, unless their column has a format. Paths are relative to the table's
folder, or absolute.
"""

import csv
import math
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from jukedrummer.errors import UserError
from jukedrummer.storage.files import write_text

if TYPE_CHECKING:
    import pandas as pd

RowType = TypeVar("RowType")
NOUNS = {str: "text", int: "a whole number", float: "a number", Path: "a path"}
SEPARATORS = {"tab": "\t", "comma": ","}


def cell(
    doc: str,
    *,
    unit: str = "",
    check: Callable[[Any], object] | tuple[str, ...] | None = None,
    expected: str = "",
    digits: str = "",
    default: Any = MISSING,
) -> Any:
    """A cell of a row: a field of type str, int, float or Path, or of one of them and None.

    Args:
        doc: meaning of the values.
        unit: unit of the values.
        check: the valid texts, or a function that returns whether a value is valid. It is not
            called for None.
        expected: end of the error message for an invalid value. By default, it is made from the
            other arguments.
        digits: format of a float, such as ".3f". By default, all digits.
        default: default of the field.
    """
    if isinstance(check, tuple):
        expected = f"choose from {', '.join(check)}"
        check = check.__contains__
    metadata = {"doc": doc, "unit": unit, "check": check, "expected": expected, "digits": digits}
    return field(default=default, metadata=metadata)


def positive(value: float) -> bool:
    """Whether a number is finite and above 0: a check of columns."""
    return 0 < value < math.inf


@dataclass(frozen=True)
class HistoryRow:
    """A row of a training's `history.csv`: one validation. All other columns are its metrics."""

    step: int = cell("finished steps")
    seconds: float = cell("time of these steps", unit="s")


def read_table(path: Path, kind: type[RowType], *, hint: str = "make it again") -> list[RowType]:
    """Read a table that has the columns of the dataclass `kind`, in any order, and no others.

    Raises:
        UserError: the table has a fault; the message names the first one, with file, row (the
            header is row 1), column and value. If the file cannot be read, it ends with `hint`.
    """
    header, rows = _read(path, _columns(kind), hint, others=False)
    return [kind(**dict(zip(header, row, strict=True))) for row in rows]


def write_table(path: Path, kind: type[RowType], rows: Iterable[RowType]) -> None:
    """Write rows of one kind atomically. Paths below the table's folder become relative.

    Raises:
        UserError: `read_table` would reject a cell, or the file cannot be written.
    """
    import pandas as pd

    rows = list(rows)
    cells = {name: [getattr(row, name) for row in rows] for name in _columns(kind)}
    write_frame(path, kind, pd.DataFrame(cells, dtype=object))


def read_frame(path: Path, kind: type, *, hint: str = "make it again") -> "pd.DataFrame":
    """Read a table like `read_table`, with additional columns of floats.

    Raises:
        UserError: as in `read_table`.
    """
    import pandas as pd

    header, rows = _read(path, _columns(kind), hint, others=True)
    return pd.DataFrame(rows, columns=header)


def write_frame(path: Path, kind: type, frame: "pd.DataFrame", *, digits: str = "") -> None:
    """Write a table like `write_table`, with additional columns of floats in the format `digits`.

    Raises:
        UserError: as in `write_table`.
        ValueError: a column of `kind` is missing in the frame.
    """
    write_text(path, frame_text(path, kind, frame, digits=digits))


def frame_text(path: Path, kind: type, frame: "pd.DataFrame", *, digits: str = "") -> str:
    """The text that `write_frame` writes, with the same errors."""
    import pandas as pd

    columns, texts = _columns(kind), {}
    if lacking := columns.keys() - set(frame):
        raise ValueError(f"{path}: the rows lack {', '.join(sorted(lacking))}")
    for name, values in frame.items():
        other = _Column(float if values.dtype.kind == "f" else str, digits=digits)
        own = columns.get(str(name), other)
        texts[name] = [
            _text(f"{path}: row {row}: {name}", value, own, path)
            for row, value in enumerate(values.tolist(), start=2)
        ]
    separator = SEPARATORS[_separator(path)]
    return pd.DataFrame(texts, dtype=str).to_csv(
        sep=separator, index=False, quoting=csv.QUOTE_NONE, lineterminator="\n"
    )


@dataclass(frozen=True)
class _Column:
    """The declaration of a column: the arguments of `cell` and the type of its field."""

    kind: type
    optional: bool = False
    doc: str = "a metric"
    unit: str = ""
    check: Callable[[Any], object] | None = None
    expected: str = ""
    digits: str = ""

    def expectation(self) -> str:
        unit, nothing = f" ({self.unit})" * bool(self.unit), ", or nothing" * self.optional
        default = f"expected {NOUNS[self.kind]}{nothing}: {self.doc}{unit}; was the file edited?"
        return self.expected or default


def _columns(kind: Any) -> dict[str, _Column]:
    hints, result = get_type_hints(kind), {}
    for item in fields(kind):
        hint = hints[item.name]
        options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        (own,) = (option for option in options if option is not NoneType)
        own = own if isinstance(own, type) else str  # Literal is text
        result[item.name] = _Column(own, NoneType in options, **item.metadata)
    return result


def _separator(path: Path) -> str:
    return "comma" if path.suffix == ".csv" else "tab"


def _read(
    path: Path, columns: dict[str, _Column], hint: str, *, others: bool
) -> tuple[list[str], list[list[Any]]]:
    # The names of the columns and the values of the rows.
    header, *lines = _cells(path, hint)
    separator = _separator(path)
    if lacking := [name for name in columns if name not in header]:
        lacks = f"lacks the columns {', '.join(lacking)}; are they split by {separator}s?"
        raise UserError(f"{path}: row 1: {lacks}" if header else f"{path}: is empty: {lacks}")
    if len(set(header)) < len(header) or not (others or set(header) <= set(columns)):
        raise UserError(
            f"{path}: row 1: columns are {header}; expected {', '.join(columns)}, each once"
        )
    columns = {name: columns.get(name, _Column(float)) for name in header}
    for row, line in enumerate(lines, start=2):
        if len(line) < len(header):
            raise UserError(
                f"{path}: row {row}: has {len(line)} cells, the header {len(header)};"
                f" is a {separator} missing, or was the file cut off?"
            )
        for place, (name, own) in enumerate(columns.items()):
            line[place] = _value(f"{path}: row {row}: {name}", line[place], own, path)
    return header, lines


def _cells(path: Path, hint: str) -> list[list[Any]]:
    # The cells of each line, as text.
    import pandas as pd

    try:
        frame = pd.read_csv(
            path,
            sep=SEPARATORS[_separator(path)],
            header=None,
            dtype=str,
            keep_default_na=False,
            quoting=csv.QUOTE_NONE,
            skip_blank_lines=False,
            engine="python",  # distinguishes missing cells from empty cells
        )
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {hint}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text ({error.reason}); is it a table?") from error
    except pd.errors.EmptyDataError:
        return [[]]
    except pd.errors.ParserError as error:
        raise UserError(f"{path}: {error}; is there a {_separator(path)} too many?") from error
    lines = frame.to_numpy().tolist()
    return [[text for text in line if isinstance(text, str)] for line in lines] or [[]]


def _value(where: str, text: str, own: _Column, path: Path) -> Any:
    if not text and own.optional:
        return None
    try:
        if own.kind is Path:
            value: Any = path.parent / text if text else None
        else:
            value = float(text or "nan") if own.kind is float else own.kind(text)
    except ValueError:
        value = None
    if value is None or not (own.check is None or own.check(value)):
        shown = repr(text) if text or own.kind is str else "empty"
        raise UserError(f"{where} is {shown}; {own.expectation()}")
    return value


def _text(where: str, value: Any, own: _Column, path: Path) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        text = ""
    elif own.kind is Path:
        value, folder = value.absolute(), path.parent.absolute()
        text = str(value.relative_to(folder) if value.is_relative_to(folder) else value)
    else:
        text = format(float(value), own.digits) if own.kind is float else str(value)
    if set(text) & {SEPARATORS[_separator(path)], "\n", "\r"}:
        raise UserError(f"{where} {text!r} holds a {_separator(path)} or a line break")
    _value(where, text, own, path)  # every written table can be read
    return text
