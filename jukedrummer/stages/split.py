"""Stage split: listed songs -> the songs that are used, with their splits."""

from pathlib import Path

from jukedrummer.config import CorpusConfig, PairsConfig


def split(
    songs: list[Path],
    *,
    fingerprints: list[Path] | None = None,
    output: Path,
    settings: CorpusConfig,
    pairs: PairsConfig,
) -> None:
    """Leave out copies of recordings, and draw the splits.

    Songs of sources with split: away are away songs. Nothing is trained on them, and they are
    evaluated apart from the songs of split test, the home songs. They are left out if their artist
    or their recording is in another source.

    A copy is not lost if the song that it repeats turns out to be unusable in the stage pairs.

    Args:
        songs: Table of the songs of a shard, from the stage corpus; repeat.
        fingerprints: Fingerprints of a shard, in the order of the songs; repeat.
        output: Folder to write: for each shard a table of songs and one of their copies, and
            rejected.tsv.

    Raises:
        UserError: a damaged file, a place that cannot be written, or a song without stems if demucs
            is not installed.
    """
    from jukedrummer.corpus.copies import Copy, substitutes, write_copies
    from jukedrummer.corpus.manifest import merged_songs, write_manifest
    from jukedrummer.corpus.parts import check_separable
    from jukedrummer.corpus.rejected import Rejected
    from jukedrummer.corpus.split import divide, lacking
    from jukedrummer.storage.files import atomic_folder
    from jukedrummer.storage.tables import write_table

    listed = merged_songs(songs)
    copies: list[Copy] = []
    if fingerprints:
        from jukedrummer.corpus.duplicates import without_duplicates

        listed, copies = without_duplicates(listed, fingerprints)
    used, left_out = divide(listed, settings)
    chosen, others = substitutes(copies, used, settings)
    check_separable(used, pairs)
    if message := lacking(used):
        print(f"warning: the stage census will fail: {message}")
    with atomic_folder(output) as folder:
        write_manifest(folder, used, settings.shards)
        write_copies(folder, used, chosen, settings.shards)
        rejected = [*(copy.left_out for copy in others), *left_out]
        write_table(folder / "rejected.tsv", Rejected, rejected)
