"""The record in an unpacked folder, which names the archive of its files."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jukedrummer.errors import UserError
from jukedrummer.storage.files import read_json, write_json

RECORD = ".jukedrummer-download.json"


@dataclass(frozen=True)
class Record:
    """The archive that was unpacked. There is no date: the same archive gives the same record.

    Attributes:
        title: name of the data set or of the archive.
        url: the link without password and query, or the name of the archive file.
        link: hash of the whole link; "" for a file.
        bytes: length of the archive.
        checksum: of the archive, "md5:..." or "sha256:...".
        licence: as the source declares it, or "".
    """

    title: str
    url: str
    link: str
    bytes: int
    checksum: str
    licence: str


def read_record(folder: Path) -> Record | None:
    """The record of an unpacked folder; None if it has none.

    Raises:
        UserError: the record is damaged.
    """
    path = folder / RECORD
    if not path.exists():
        return None
    values: Any = read_json(path)
    try:
        return Record(**values)
    except TypeError as error:
        raise UserError(
            f"{path}: is not the record of a download ({error}); remove this file to use the "
            "folder without a download, or remove the folder to download it again"
        ) from error


def write_record(folder: Path, record: Record) -> None:
    """Write the record of an unpacked folder."""
    write_json(folder / RECORD, asdict(record))
