"""Stage corpus: a source of songs -> the manifest."""

from pathlib import Path

from jukedrummer.config import CorpusConfig
from jukedrummer.errors import UserError


def corpus(output: Path, *, workers: int = 1, settings: CorpusConfig) -> None:
    """Find the songs, or compose and render the demo songs, and write the manifest.

    Args:
        output: The manifest to write. Rendered songs go to the folder songs next to it.
        workers: Processes with which the source makes songs.

    Raises:
        UserError: a bad soundfont or data set, or a place that cannot be written.
    """
    from jukedrummer.corpus.manifest import write_manifest

    if workers < 1:
        raise UserError(f"--workers is {workers}; it must be at least 1")
    songs = settings.module.songs(output.parent / "songs", settings, workers)
    write_manifest(output, songs)
