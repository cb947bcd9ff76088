"""Stage pairs: songs of one shard -> pairs of recordings, drumless and drums."""

from pathlib import Path

from jukedrummer.config import PairsConfig


def pairs(manifest: Path, *, shard: int, shards: int, output: Path, settings: PairsConfig) -> None:
    """Turn the songs of one shard into pairs of recordings, drumless and drums.

    Args:
        manifest: The manifest, from the stage corpus.
        shard: Number of the shard, from 0.
        shards: Number of shards.
        output: Folder to write.

    Raises:
        UserError: a damaged manifest, a separator that cannot be loaded, or a place that cannot be
            written.
    """
    from jukedrummer.corpus.pairs import make_shard
    from jukedrummer.storage.files import atomic_folder

    with atomic_folder(output) as folder:
        make_shard(manifest, shard, shards, folder, settings)
