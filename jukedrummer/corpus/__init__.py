"""Where songs come from: the demo corpus, or a folder of stems; either way a manifest."""

from pathlib import Path

from jukedrummer.config import CorpusConfig
from jukedrummer.corpus.manifest import write_manifest
from jukedrummer.errors import UserError

__all__ = ["corpus"]


def corpus(output: Path, config: CorpusConfig, workers: int = 1) -> Path:
    """Write the manifest `output`, last; the demo's songs go to the folder `songs/` beside it.

    Args:
        output: the manifest to write.
        config: where the songs come from.
        workers: processes that render the demo.

    Raises:
        UserError: a bad config, soundfont or data set, or an unwritable place.
    """
    output = Path(output)
    if workers < 1:
        raise UserError(f"workers is {workers}; it must be at least 1")
    if config.kind == "demo":
        from jukedrummer.corpus.demo import demo

        songs = demo(output.parent / "songs", config, workers)
    else:
        from jukedrummer.corpus.sources.folder import scan

        songs = scan(config)
    write_manifest(output, songs)
    return output
