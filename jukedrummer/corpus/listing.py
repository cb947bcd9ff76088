"""The songs of all sources, with unique ids."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from jukedrummer.config import CorpusConfig, SourceConfig
from jukedrummer.corpus.manifest import AWAY, Song, stems_text, write_manifest
from jukedrummer.corpus.rejected import Rejected, plain_text
from jukedrummer.corpus.song import SourceSong, Unusable, Work
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import write_table

LONGEST_ID = 64


def list_songs(config: CorpusConfig, folder: Path, making: Path, workers: int) -> None:
    """Write the songs of all sources: one table for each shard, and `rejected.tsv`.

    Songs that cannot be used have ids too.

    Args:
        config: the sources.
        folder: an empty folder for the tables.
        making: folder of the songs that sources make, with a folder for each source.
        workers: processes with which a source makes songs; at least 1.

    Raises:
        UserError: a source cannot be read, or no song is left.
    """
    songs: list[Song] = []
    rejected: list[Rejected] = []
    taken: set[str] = set()
    for source in config.sources:
        work = Work(making / source.title, workers, config)
        listed, left_out = _of_source(source, work, taken)
        songs += listed
        rejected += left_out
        splits = Counter(song.official for song in listed if song.official)
        official = ", ".join(f"{count} {split}" for split, count in splits.items())
        print(
            f"corpus: {source.title}: {len(listed)} songs"
            f"{f' (official split: {official})' if official else ''}, {len(left_out)} left out"
        )
    if not songs:
        reasons = "; ".join(f"{row.song}: {row.reason}" for row in rejected[:3])
        raise UserError(
            f"no song can be used: all {len(rejected)} of the corpus are left out. "
            f"The first: {reasons}"
        )
    write_manifest(folder, songs, config.shards)
    # After all songs have their ids, so that these do not depend on songs that are left out.
    rejected = [
        replace(row, song=unique_id(row.song, f"{row.source}/{row.song}", taken))
        for row in rejected
    ]
    write_table(folder / "rejected.tsv", Rejected, rejected)


def _of_source(
    source: SourceConfig, work: Work, taken: set[str]
) -> tuple[list[Song], list[Rejected]]:
    listed, left_out = [], []
    items: Iterator[SourceSong | Unusable] = source.module.songs(source, work)
    for item in items:
        if isinstance(item, Unusable):
            texts = map(plain_text, (item.rule, item.value, item.limit, item.reason))
            chosen = "yes" if item.on_purpose else "no"
            left_out.append(Rejected(plain_text(item.name), source.title, None, chosen, *texts))
        else:
            listed.append(_row(item, source, taken))
    if not listed and not left_out:
        raise UserError(f"the source {source.title} of the corpus has no songs")
    return listed, left_out


def _row(song: SourceSong, source: SourceConfig, taken: set[str]) -> Song:
    identity = f"{source.title}/{song.identity or song.name}"
    return Song(
        song=unique_id(song.name, identity, taken),
        source=source.title,
        split=AWAY if source.is_away else "",
        stems=stems_text(song.stems),
        identity=plain_text(identity),
        artist=plain_text(song.artist),
        official=song.split,
        beats=song.beats,
        score=song.score,
        check_beats="yes" if song.check_beats else "no",
        bar_lines=song.bar_lines,
        style=plain_text(song.style),
        kit=plain_text(song.kit),
        bpm=song.bpm,
        licence=plain_text(song.licence),
    )


def unique_id(name: str, identity: str, taken: set[str]) -> str:
    """Make an id of a song's name: at most 64 letters, digits, _ and -.

    A long name is cut. A name that is cut or already used gets a hash of the identity.

    Args:
        name: any text.
        identity: text that differs between songs of the same name.
        taken: used ids in lower case, because some file systems ignore case. The new id differs
            from all of them and is added.
    """
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = re.sub(r"[^A-Za-z0-9_-]+", "_", decomposed).strip("_-") or "song"
    result, salt = base, 0
    while len(result) > LONGEST_ID or result.lower() in taken:
        digest = hashlib.sha256(f"{identity}{salt or ''}".encode(errors="replace")).hexdigest()[:8]
        result, salt = f"{base[: LONGEST_ID - 9]}_{digest}", salt + 1
    taken.add(result.lower())
    return result
