"""The manifest: a table of the songs. Every source of songs writes it, and `pairs` reads it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jukedrummer.errors import UserError
from jukedrummer.storage.tables import cell, positive, read_table, write_table

SPLITS = ("train", "valid", "test")
KINDS = ("stems", "mix")
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Song:
    """A row of the manifest. Paths are absolute once read."""

    song: str = cell(
        "id, unique", check=_NAME.fullmatch, expected="use letters, digits, _ and - only"
    )
    split: str = cell("use of the song", check=SPLITS)
    kind: str = cell("whether its stems are known", check=KINDS)
    path: Path = cell(
        "the folder of its stems, the `.stem.mp4`, or the file of the mix",
        expected="name the folder of stems or the file of the mix",
    )
    beats: Path | None = cell("annotated beats", default=None)
    style: str = cell("genre, or empty", default="")
    kit: str = cell("drum kit, or empty", default="")
    bpm: float | None = cell(
        "mean tempo",
        unit="beats a minute",
        check=positive,
        expected="expected a number above 0, or nothing",
        digits=".3f",
        default=None,
    )
    licence: str = cell("licence of the recording, or empty", default="")


def write_manifest(path: Path | str, songs: Sequence[Song]) -> None:
    """Write the songs to a TSV atomically. Paths below its folder become relative.

    Raises:
        UserError: `read_manifest` would reject a song, or the file cannot be written.
    """
    path = Path(path)
    _check_unique(path, songs)
    write_table(path, Song, songs)


def read_manifest(path: Path | str) -> list[Song]:
    """Read and check a manifest: every id, split, kind, number and beats file.

    The songs themselves may be missing. A missing song is left out when the pairs are made. Later
    stages do not need the songs.

    Raises:
        UserError: the manifest has a fault; the message names the first one, with file, row (the
            header is row 1), value and likely cause.
    """
    path = Path(path)
    songs = read_table(path, Song, hint="did the corpus stage run?")
    if not songs:
        raise UserError(f"{path}: has a header but no songs; was the data set's folder empty?")
    _check_unique(path, songs)
    for row, song in enumerate(songs, start=2):
        if song.beats and not song.beats.exists():
            raise UserError(
                f"{path}: row {row}: beats {song.beats} does not exist; was it moved or deleted?"
            )
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


def _check_unique(path: Path, songs: Sequence[Song]) -> None:
    rows: dict[str, int] = {}
    for row, song in enumerate(songs, start=2):
        if song.song in rows:
            raise UserError(
                f"{path}: row {row}: song {song.song!r} is also in row {rows[song.song]};"
                " was a data set listed twice?"
            )
        rows[song.song] = row
