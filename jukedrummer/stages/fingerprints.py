"""Stage fingerprints: songs of one shard -> their fingerprints."""

from pathlib import Path


def fingerprints(songs: Path, *, output: Path) -> None:
    """Compute the fingerprints of one shard's songs. They are used to find copies.

    Args:
        songs: Table of the shard's songs, from the stage corpus.
        output: The file to write (.npz).

    Raises:
        UserError: a damaged table, chromaprint is missing, or a place that cannot be written.
    """
    from jukedrummer.corpus.fingerprinting import fingerprint_songs

    fingerprint_songs(songs, output)
