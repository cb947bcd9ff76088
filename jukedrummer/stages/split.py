"""Stage split: listed songs -> the songs that are used, with their splits."""

from pathlib import Path

from jukedrummer.config import CorpusConfig


def split(
    songs: list[Path],
    *,
    fingerprints: list[Path] | None = None,
    output: Path,
    settings: CorpusConfig,
) -> None:
    """Leave out copies of recordings, and draw the splits.

    Args:
        songs: Table of the songs of a shard, from the stage corpus; repeat.
        fingerprints: Fingerprints of a shard, in the order of the songs; repeat.
        output: Folder to write: a table of songs for each shard, and rejected.tsv.

    Raises:
        UserError: a damaged file, or a place that cannot be written.
    """
    from jukedrummer.corpus.manifest import merged_songs, write_manifest
    from jukedrummer.corpus.rejected import Rejected
    from jukedrummer.corpus.split import divide, lacking
    from jukedrummer.storage.files import atomic_folder
    from jukedrummer.storage.tables import write_table

    listed = merged_songs(songs)
    rejected: list[Rejected] = []
    if fingerprints:
        from jukedrummer.corpus.duplicates import without_duplicates

        listed, rejected = without_duplicates(listed, fingerprints)
    used, left_out = divide(listed, settings)
    if message := lacking(used):
        print(f"warning: the stage census will fail: {message}")
    with atomic_folder(output) as folder:
        write_manifest(folder, used, settings.shards)
        write_table(folder / "rejected.tsv", Rejected, [*rejected, *left_out])
