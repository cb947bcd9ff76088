"""The manifest: tables of the songs, one for each shard."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jukedrummer.corpus.song import ROLES, Stem
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import cell, positive, read_table, write_table

SPLITS = ("train", "valid", "test", "away")
# Nothing is trained or tuned on these songs. Home songs (test) are of the kind of the training
# songs. Away songs are of sources with `split: away`: other composers, other sounds.
HOME, AWAY = "test", "away"
HELD_OUT = (HOME, AWAY)
OFFICIAL_SPLITS = SPLITS[:3]
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def stems_text(stems: Iterable[Stem]) -> str:
    """The cell `stems`: JSON, a list of role, absolute path and stream of each stem."""
    return json.dumps([[stem.role, str(stem.path.absolute()), stem.stream] for stem in stems])


def _parts(text: str) -> tuple[Stem, ...]:
    return tuple(Stem(role, Path(path), stream) for role, path, stream in json.loads(text))


def _are_stems(text: str) -> bool:
    try:
        parts = _parts(text)
    except (ValueError, TypeError):
        return False
    streams_valid = all(part.stream is None or isinstance(part.stream, int) for part in parts)
    return bool(parts) and streams_valid and all(part.role in ROLES for part in parts)


@dataclass(frozen=True)
class Song:
    """A row of the manifest. Paths are absolute once read."""

    song: str = cell(
        "id, unique", check=_NAME.fullmatch, expected="use letters, digits, _ and - only"
    )
    source: str = cell("name of the source")
    split: str = cell("the split; empty before it is drawn", check=("", *SPLITS))
    stems: str = cell(
        "its recordings: JSON, a list of [role, path, stream or null]",
        check=_are_stems,
        expected=f"expected a JSON list of [role, path, stream]; the roles are {', '.join(ROLES)}",
    )
    identity: str = cell("decides the split if no artist is known", default="")
    artist: str = cell("artist, or empty", default="")
    official: str = cell(
        "the data set's own split, or empty", check=("", *OFFICIAL_SPLITS), default=""
    )
    beats: Path | None = cell("annotated beats", default=None)
    score: Path | None = cell("drum score", default=None)
    check_beats: str = cell(
        "whether the annotated beats are compared with a tracker",
        check=("no", "yes"),
        default="no",
    )
    bar_lines: str = cell(
        "whether the score shows that the annotated bar lines are right; moved: they were moved to "
        "where it shows them; empty: no score",
        check=("", "clear", "moved", "unclear"),
        default="",
    )
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

    @property
    def parts(self) -> tuple[Stem, ...]:
        """Its recordings."""
        return _parts(self.stems)


def has_drums(song: Song) -> bool:
    """Whether a song has a drum stem."""
    return any(part.role == "drums" for part in song.parts)


def shard_table(folder: Path, shard: int) -> Path:
    """The table of one shard in the folder of a manifest."""
    return folder / f"{shard}.tsv"


def write_manifest(folder: Path, songs: Sequence[Song], shards: int) -> None:
    """Write the songs to one table for each shard. Song i (from 0) is in shard i modulo `shards`.

    Raises:
        UserError: `read_songs` would reject a song, or a file cannot be written.
    """
    for shard in range(shards):
        write_table(shard_table(folder, shard), Song, songs[shard::shards])


def merged_songs(tables: Sequence[Path]) -> list[Song]:
    """The songs of all shards, in the order in which `write_manifest` received them.

    Args:
        tables: the tables of all shards, in their order.

    Raises:
        UserError: a table has a fault.
    """
    shards = [read_songs(table) for table in tables]
    rows = max((len(songs) for songs in shards), default=0)
    return [songs[row] for row in range(rows) for songs in shards if row < len(songs)]


def read_songs(path: Path) -> list[Song]:
    """The songs of one shard. The table is checked: every id, split, stem and number.

    The recordings may be missing. A song whose recording is missing is left out when its pair is
    made.

    Raises:
        UserError: the table has a fault; the message names the first one, with file, row (the
            header is row 1), value and likely cause.
    """
    songs = read_table(path, Song, hint="did the stage corpus run?")
    rows: dict[str, int] = {}
    for row, song in enumerate(songs, start=2):
        if song.song in rows:
            raise UserError(
                f"{path}: row {row}: song {song.song!r} is also in row {rows[song.song]};"
                " was the file edited?"
            )
        rows[song.song] = row
    return songs
