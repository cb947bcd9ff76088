"""Stage rejected: the rejected songs of all shards -> one table."""

from pathlib import Path

from jukedrummer.config import PairsConfig


def rejected(pairs: list[Path], *, output: Path, settings: PairsConfig) -> None:
    """Gather the rejected songs of all shards; fail if they are too many, or songs too few.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        output: The table to write.

    Raises:
        UserError: more than `pairs.max_rejected_share` of the songs were rejected, or too few songs
            are left in a split.
    """
    from jukedrummer.corpus.pairs import check_splits, gather_rejected

    gather_rejected(pairs, output, settings)
    check_splits(pairs)
