"""Stage rejected: the songs that corpus, split and pairs left out -> one table."""

from pathlib import Path


def rejected(tables: list[Path], *, output: Path) -> None:
    """Gather the songs that were left out by the stages corpus, split and pairs.

    Args:
        tables: Table of songs that were left out; repeat.
        output: The table to write.

    Raises:
        UserError: a table is missing or damaged, or the place cannot be written.
    """
    from jukedrummer.corpus.rejected import gather_rejected

    gather_rejected(tables, output)
