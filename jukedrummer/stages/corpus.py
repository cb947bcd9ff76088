"""Stage corpus: the sources of songs -> the songs, a table for each shard."""

from pathlib import Path

from jukedrummer.config import CorpusConfig
from jukedrummer.errors import UserError


def corpus(output: Path, *, making: Path, workers: int = 1, settings: CorpusConfig) -> None:
    """List the songs of all sources. Songs of the demo and of MIDI files are rendered first.

    The section corpus names the sources, e.g. --config '{"corpus": {"sources": [{"kind": "folder",
    "path": "/data/songs"}]}}'. docs/data.md describes each kind, and the layout of its files.

    Args:
        output: Folder to write: a table of songs for each shard, and rejected.tsv.
        making: Folder of the songs that are rendered. It is kept between runs.
        workers: Processes with which a source renders songs.

    Raises:
        UserError: a bad soundfont or data set, or a place that cannot be written.
    """
    from jukedrummer.corpus.listing import list_songs
    from jukedrummer.storage.files import atomic_folder

    if workers < 1:
        raise UserError(f"--workers is {workers}; it must be at least 1")
    with atomic_folder(output) as folder:
        list_songs(settings, folder, making, workers)
