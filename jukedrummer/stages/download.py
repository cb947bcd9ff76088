"""Stage download: an archive -> the folder of a data set."""

from pathlib import Path

from jukedrummer.config import CorpusConfig


def download(source: str, *, output: Path, settings: CorpusConfig) -> None:
    """Download and unpack the data set of one source, unless its folder has files.

    The archive is deleted after it is unpacked. An interrupted download continues.

    Args:
        source: Name of the source. Its key download names the archive, its key path the folder.
        output: JSON file to write, with the folder and the archive of its files.

    Raises:
        UserError: no network, a bad link or archive, a full disk, or a source without download.
    """
    from jukedrummer.corpus.download import obtain_source
    from jukedrummer.storage.files import write_json

    write_json(output, obtain_source(settings.source(source)))
