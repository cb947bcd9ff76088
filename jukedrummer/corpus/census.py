"""The census: number of songs by source, split and kind, and whether they are enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jukedrummer.config import PairsConfig
from jukedrummer.corpus.manifest import SPLITS
from jukedrummer.corpus.pairs import KINDS, Pair, all_pairs
from jukedrummer.corpus.rejected import Rejected, read_rejected
from jukedrummer.corpus.split import lacking
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import cell, write_table


@dataclass(frozen=True)
class CensusRow:
    """A row of `census.tsv`: songs of one source, split and kind."""

    source: str = cell("the source")
    split: str = cell("the split", check=SPLITS)
    kind: str = cell("true: from stems; separated: from mixes", check=KINDS)
    songs: int = cell("number of songs")
    hours: float = cell("their length", unit="h", digits=".3f")
    annotated: int = cell("songs with annotated beats")


def write_census(shards: Sequence[Path], rejected: Path, output: Path, config: PairsConfig) -> None:
    """Count the songs, and check that enough are left.

    Args:
        shards: folders of all shards of pairs.
        rejected: the table of the songs that were left out.
        output: the table to write.
        config: the share of songs that may be left out.

    Raises:
        UserError: too many songs are left out, or a split has fewer songs than the later stages
            need. The message contains the first reasons.
    """
    pairs = [pair for pair, _ in all_pairs(shards)]
    left_out = [row for row in read_rejected(rejected) if row.on_purpose == "no"]
    _check_rejected(left_out, len(pairs) + len(left_out), rejected, config)
    if message := lacking(pairs):
        raise UserError(f"{message}; {rejected} has the songs that are left out")
    groups: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.source, pair.split, pair.kind), []).append(pair)
    rows = [
        CensusRow(
            *group,
            len(members),
            sum(pair.seconds for pair in members) / 3_600,
            sum(pair.beats is not None for pair in members),
        )
        for group, members in sorted(groups.items())
    ]
    write_table(output, CensusRow, rows)


def _check_rejected(
    left_out: Sequence[Rejected], songs: int, table: Path, config: PairsConfig
) -> None:
    if len(left_out) > config.max_rejected_share * songs:
        reasons = "; ".join(f"{row.song}: {row.reason}" for row in left_out[:5])
        raise UserError(
            f"{table}: {len(left_out)} of {songs} songs are left out, more than "
            f"pairs.max_rejected_share {config.max_rejected_share}: repair or remove these songs, "
            f"or raise the limit. The first: {reasons}"
        )
