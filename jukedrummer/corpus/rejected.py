"""Songs and clips that are left out, and why."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jukedrummer.corpus.song import Unfit
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import cell, read_table, write_table


@dataclass(frozen=True)
class Rejected:
    """A row of `rejected.tsv`: a song or a clip that was left out, and why."""

    song: str = cell("id, made from the song's name in its source")
    source: str = cell("name of the source")
    clip: float | None = cell(
        "start of the clip; empty: the whole song",
        unit="s",
        check=math.isfinite,
        digits=".3f",
        default=None,
    )
    on_purpose: str = cell("yes: it is no fault of the data", check=("no", "yes"), default="no")
    rule: str = cell("the rule that it violates", default="")
    value: str = cell("the value that violates the rule, or empty", default="")
    limit: str = cell("the limit of this value, or empty", default="")
    reason: str = cell("the whole reason, in one line", default="")


def rejected_row(song: str, source: str, error: UserError, clip: float | None = None) -> Rejected:
    """The row for a song or a clip whose use raised an error."""
    reason = plain_text(str(error))
    if isinstance(error, Unfit):
        chosen = "yes" if error.on_purpose else "no"
        return Rejected(song, source, clip, chosen, error.rule, error.value, error.limit, reason)
    return Rejected(song, source, clip, rule="unreadable", reason=reason)


def plain_text(text: str) -> str:
    """Text in one line. Bytes of a file's name that are not UTF-8 are replaced."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


def read_rejected(path: Path) -> list[Rejected]:
    """The rows of a table of songs and clips that were left out.

    Raises:
        UserError: the table is missing or damaged.
    """
    return read_table(path, Rejected)


def gather_rejected(tables: Iterable[Path], output: Path) -> list[Rejected]:
    """Gather the rows of several tables in one, and return them.

    Raises:
        UserError: a table is missing or damaged, or `output` cannot be written.
    """
    rows = [row for table in tables for row in read_rejected(table)]
    write_table(output, Rejected, rows)
    return rows
