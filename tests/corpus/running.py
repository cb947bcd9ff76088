"""The first stages of a run, through their functions: corpus, split, pairs, rejected."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jukedrummer.config import CorpusConfig, PairsConfig, SourceConfig
from jukedrummer.corpus.manifest import Song, merged_songs, shard_table
from jukedrummer.corpus.pairs import Pair, read_pairs
from jukedrummer.corpus.rejected import Rejected, read_rejected
from jukedrummer.corpus.song import SourceSong, Unusable, Work
from jukedrummer.stages.corpus import corpus
from jukedrummer.stages.fingerprints import fingerprints
from jukedrummer.stages.pairs import pairs
from jukedrummer.stages.rejected import rejected
from jukedrummer.stages.split import split

SHARDS = 2
FAST = PairsConfig(separator=None, check_beats=False, max_length_difference=0.5)


@dataclass(frozen=True)
class Outcome:
    """What the stages wrote.

    Attributes:
        listed: the songs of all sources.
        songs: the songs that are used, with their splits.
        pairs: by song, the row and the folder of its recordings.
        rejected: the rows of `rejected.tsv`.
    """

    listed: list[Song]
    songs: list[Song]
    pairs: dict[str, tuple[Pair, Path]]
    rejected: list[Rejected]


def read_source(
    config: SourceConfig, folder: Path
) -> tuple[dict[str, SourceSong], dict[str, Unusable]]:
    """The songs of a source, and those that it cannot use, by name.

    Args:
        config: the source.
        folder: where it may write.
    """
    items = list(config.module.songs(config, Work(folder / "making", 1, CorpusConfig())))
    usable = {item.name: item for item in items if isinstance(item, SourceSong)}
    unusable = {item.name: item for item in items if isinstance(item, Unusable)}
    assert len(usable) + len(unusable) == len(items), "a name occurs twice"
    return usable, unusable


def list_and_split(
    folder: Path, sources: Sequence[SourceConfig], **options: Any
) -> tuple[list[Song], list[Song]]:
    """The songs of all sources, and those that are used, with their splits."""
    config = CorpusConfig(sources=tuple(sources), shards=SHARDS, **{"duplicates": False, **options})
    corpus(folder / "corpus", making=folder / "rendered", settings=config)
    listed, codes = tables(folder / "corpus"), []
    if config.finds_duplicates:
        codes = [folder / "fingerprints" / f"{shard}.npz" for shard in range(SHARDS)]
        for table, output in zip(listed, codes, strict=True):
            fingerprints(table, output=output)
    split(listed, fingerprints=codes, output=folder / "split", settings=config, pairs=FAST)
    return merged_songs(tables(folder / "corpus")), merged_songs(tables(folder / "split"))


def tables(folder: Path) -> list[Path]:
    """The tables of all shards."""
    return [shard_table(folder, shard) for shard in range(SHARDS)]


def make_pairs(folder: Path, settings: PairsConfig | None = None) -> Outcome:
    """Make the pairs of the songs that `list_and_split` left, and gather the rejected songs."""
    made = [folder / "pairs" / str(shard) for shard in range(SHARDS)]
    for table, output in zip(tables(folder / "split"), made, strict=True):
        pairs(table, output=output, settings=settings or FAST)
    places = [folder / "corpus", folder / "split", *made]
    rejected([place / "rejected.tsv" for place in places], output=folder / "rejected.tsv")
    return Outcome(
        merged_songs(tables(folder / "corpus")),
        merged_songs(tables(folder / "split")),
        {row.song: (row, output / row.song) for output in made for row in read_pairs(output)},
        read_rejected(folder / "rejected.tsv"),
    )


def run_stages(
    folder: Path,
    sources: Sequence[SourceConfig],
    settings: PairsConfig | None = None,
    **options: Any,
) -> Outcome:
    """List the songs of the sources, draw the splits, make the pairs, gather the rejected songs.

    Args:
        folder: where all results go.
        sources: the section `corpus.sources`.
        settings: the section `pairs`; None: `FAST`.
        **options: further keys of the section `corpus`.
    """
    list_and_split(folder, sources, **options)
    return make_pairs(folder, settings)
