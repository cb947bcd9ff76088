"""Stage pairs: songs of one shard -> pairs of recordings, drumless and drums."""

from pathlib import Path

from jukedrummer.config import PairsConfig


def pairs(songs: Path, *, output: Path, settings: PairsConfig) -> None:
    """Turn the songs of one shard into pairs of recordings, drumless and drums.

    Args:
        songs: Table of the shard's songs, from the stage split.
        output: Folder to write.

    Raises:
        UserError: a damaged table, a separator that cannot be loaded, or a place that cannot be
            written.
    """
    from jukedrummer.beats.agreement import check_annotations
    from jukedrummer.corpus.pairs import make_shard
    from jukedrummer.storage.files import atomic_folder

    with atomic_folder(output) as folder:
        make_shard(songs, folder, settings)
        if settings.check_beats:
            check_annotations(folder)
