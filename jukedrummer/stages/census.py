"""Stage census: pairs -> the number of songs of each source and split, or an error."""

from pathlib import Path

from jukedrummer.config import PairsConfig


def census(pairs: list[Path], *, rejected: Path, output: Path, settings: PairsConfig) -> None:
    """Count the songs of each source and split; fail if too few are left.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        rejected: The table of the songs that were left out.
        output: The table to write.

    Raises:
        UserError: more than `pairs.max_rejected_share` of the songs were left out, or too few songs
            are left in a split.
    """
    from jukedrummer.corpus.census import write_census

    write_census(pairs, rejected, output, settings)
