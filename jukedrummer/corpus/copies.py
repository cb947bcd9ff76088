"""Copies: songs with the recording of another song, in whose place they may be used."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from jukedrummer.config import CorpusConfig
from jukedrummer.corpus.manifest import AWAY, HELD_OUT, Song, has_drums
from jukedrummer.corpus.rejected import Rejected, rejected_row
from jukedrummer.corpus.song import LeftOut
from jukedrummer.corpus.split import group_of
from jukedrummer.storage.tables import cell, read_table, write_table


@dataclass(frozen=True, kw_only=True)
class Copy(Song):
    """A row of `split/{shard}_copies.tsv`: a song with the recording of another one, `of`.

    If the pair of the other song cannot be made, it takes its place.
    """

    of: str = cell("id of the other song")
    value: str = cell("length of the same recording", unit="s")
    limit: str = cell("least length of a copy", unit="s")
    reason: str = cell("why it is a copy, in one line")

    @property
    def in_manifest(self) -> Song:
        """Its row of the manifest."""
        return Song(**{field.name: getattr(self, field.name) for field in fields(Song)})

    @property
    def left_out(self) -> Rejected:
        """Its row of `rejected.tsv`."""
        error = LeftOut("duplicate", self.reason, self.value, self.limit)
        return rejected_row(self.song, self.source, error)


def substitutes(
    copies: Iterable[Copy], used: Sequence[Song], config: CorpusConfig
) -> tuple[list[Copy], list[Copy]]:
    """Choose the copies that may take the place of their song, and give them its split.

    A copy is used in a split only if its own source and artist allow it: no other song of its
    artist is in another split, its official split is the same, and it has a drum stem if it is held
    out. Away songs are not exchanged.

    Args:
        copies: from `without_duplicates`.
        used: the songs that are used, with their splits.
        config: which sources keep their official split, and whether mixes may be held out.

    Returns:
        The copies that may, and those that may not.
    """
    songs = {song.song: song for song in used}
    official = {source.title for source in config.sources if source.split == "official"}
    splits: dict[str, set[str]] = defaultdict(set)
    for song in used:
        splits[group_of(song)].add(song.split)
    chosen, others = [], []
    for copy in copies:
        song = songs.get(copy.of, copy)
        own = {copy.official} - {""} if copy.source in official else set()
        known = splits[group_of(copy)] | own | {song.split}
        usable = song.split not in HELD_OUT or has_drums(copy) or config.hold_out_mixes
        if song is copy or AWAY in (song.split, copy.split) or len(known) > 1 or not usable:
            others.append(copy)
        else:
            splits[group_of(copy)].add(song.split)
            chosen.append(replace(copy, split=song.split))
    return chosen, others


def write_copies(folder: Path, used: Sequence[Song], copies: Iterable[Copy], shards: int) -> None:
    """Write the copies to one table for each shard, that of their song; see `write_manifest`.

    Raises:
        UserError: a file cannot be written.
    """
    shard_of = {song.song: number % shards for number, song in enumerate(used)}
    by_shard: dict[int, list[Copy]] = defaultdict(list)
    for copy in copies:
        by_shard[shard_of[copy.of]].append(copy)
    for shard in range(shards):
        write_table(folder / f"{shard}_copies.tsv", Copy, by_shard[shard])


def read_copies(songs: Path) -> dict[str, list[Copy]]:
    """The copies of the songs of one shard, by song; none if there is no table of them.

    Args:
        songs: the shard's table of songs.

    Raises:
        UserError: the table is damaged.
    """
    path = songs.with_name(f"{songs.stem}_copies.tsv")
    copies: dict[str, list[Copy]] = defaultdict(list)
    for copy in read_table(path, Copy) if path.exists() else []:
        copies[copy.of].append(copy)
    return copies
