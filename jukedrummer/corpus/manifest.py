"""The manifest: one row a song, the contract between where songs come from and what is made of them."""

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from jukedrummer.errors import UserError
from jukedrummer.storage.files import write_text

SPLITS = ("train", "valid", "test")
KINDS = ("stems", "mix")
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Song:
    """A row of the manifest. Paths are absolute once read; `bpm` is the mean, or None where unknown."""

    song: str
    split: str
    kind: str
    path: Path
    beats: Path | None = None
    style: str = ""
    kit: str = ""
    bpm: float | None = None
    licence: str = ""


COLUMNS = tuple(f.name for f in fields(Song))


def write_manifest(path: Path | str, songs: Sequence[Song]) -> None:
    """Write the songs to a TSV, whole or not at all; paths below its folder become relative.

    Raises:
        UserError: a song that `read_manifest` would refuse, or an unwritable place.
    """
    path = Path(path)
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None
    )
    writer.writerow(COLUMNS)
    for row, song in enumerate(songs, start=2):
        cells = [_cell(getattr(song, column), path.parent) for column in COLUMNS]
        for column, cell in zip(COLUMNS, cells, strict=True):
            if any(character in cell for character in "\t\n\r"):
                raise UserError(f"{path}: row {row}: {column} {cell!r} holds a tab or a line break")
        writer.writerow(cells)
    _check_unique(path, songs)
    write_text(path, text.getvalue())


def _cell(value: object, folder: Path) -> str:
    if value is None:
        return ""
    if isinstance(value, Path):
        value = value.absolute()
        return str(
            value.relative_to(folder.absolute())
            if value.is_relative_to(folder.absolute())
            else value
        )
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def read_manifest(path: Path | str) -> list[Song]:
    """Read and check a manifest: every id, split, kind, number and beats file.

    Whether the songs are there is asked when they are read: one that is not is left out then, and once all
    are pairs, none is needed.

    Raises:
        UserError: the first fault, with file, row (the header is row 1), value and likely cause.
    """
    path = Path(path)
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); did the corpus stage run?"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text ({error.reason}); is it a TSV?") from error
    if not rows:
        raise UserError(f"{path}: is empty; expected the columns {', '.join(COLUMNS)}")
    _check_header(path, rows[0])
    songs = [_song(path, number, rows[0], row) for number, row in enumerate(rows[1:], start=2)]
    if not songs:
        raise UserError(f"{path}: has a header but no songs; was the data set's folder empty?")
    _check_unique(path, songs)
    return songs


def songs_of_shard(manifest: Sequence[Song], shard: int, shards: int) -> list[Song]:
    """The songs whose row (counted from 0) modulo `shards` is `shard`.

    Raises:
        UserError: `shard` is not in 0 ... shards - 1.
    """
    if not 0 <= shard < shards:
        raise UserError(
            f"shard is {shard}; with corpus.shards {shards} it must be 0 to {shards - 1}"
        )
    return list(manifest[shard::shards])


def _check_header(path: Path, header: list[str]) -> None:
    missing = [column for column in COLUMNS if column not in header]
    unknown = [column for column in header if column not in COLUMNS]
    if missing:
        raise UserError(
            f"{path}: row 1: lacks the columns {', '.join(missing)}; are they split by tabs?"
        )
    if unknown or len(set(header)) < len(header):
        raise UserError(
            f"{path}: row 1: columns are {header}; expected {', '.join(COLUMNS)}, each once"
        )


def _check_unique(path: Path, songs: Sequence[Song]) -> None:
    rows: dict[str, int] = {}
    for row, song in enumerate(songs, start=2):
        if song.song in rows:
            raise UserError(
                f"{path}: row {row}: song {song.song!r} is also in row {rows[song.song]};"
                " was a data set listed twice?"
            )
        rows[song.song] = row


def _song(path: Path, number: int, header: list[str], row: list[str]) -> Song:
    where = f"{path}: row {number}"
    if len(row) != len(header):
        raise UserError(
            f"{where}: has {len(row)} cells, the header {len(header)}; is a tab missing?"
        )
    cells = dict(zip(header, row, strict=True))
    if not _NAME.fullmatch(cells["song"]):
        raise UserError(f"{where}: song is {cells['song']!r}; use letters, digits, _ and - only")
    for column, choices in (("split", SPLITS), ("kind", KINDS)):
        if cells[column] not in choices:
            raise UserError(
                f"{where}: {column} is {cells[column]!r}; choose from {', '.join(choices)}"
            )
    if not cells["path"]:
        raise UserError(f"{where}: path is empty; name the folder of stems or the file of the mix")
    return Song(
        song=cells["song"],
        split=cells["split"],
        kind=cells["kind"],
        path=path.parent / cells["path"],
        beats=_existing(where, path.parent / cells["beats"]) if cells["beats"] else None,
        style=cells["style"],
        kit=cells["kit"],
        bpm=_bpm(where, cells["bpm"]) if cells["bpm"] else None,
        licence=cells["licence"],
    )


def _existing(where: str, path: Path) -> Path:
    if not path.exists():
        raise UserError(f"{where}: beats {path} does not exist; was it moved or deleted?")
    return path


def _bpm(where: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise UserError(f"{where}: bpm is {text!r}; expected a number above 0, or nothing")
    return value
