"""Length and checksum of an archive file."""

import hashlib
from pathlib import Path
from typing import Never

from tqdm import tqdm

from jukedrummer.config import Archive
from jukedrummer.errors import UserError

ALGORITHMS = ("md5", "sha256")
READ_BYTES = 1 << 20  # bytes


def checksum_of(path: Path, algorithm: str) -> str:
    """Checksum of a file, e.g. "md5:0cc1...". Shows a progress bar."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    total = path.stat().st_size
    with open(path, "rb") as file, progress_bar(total, f"checking {path.name}") as bar:
        while chunk := file.read(READ_BYTES):
            digest.update(chunk)
            bar.update(len(chunk))
    return f"{algorithm}:{digest.hexdigest()}"


def check_archive(path: Path, archive: Archive, origin: str) -> str:
    """Check length and checksum of an archive file.

    Args:
        path: the file.
        archive: the declared length and checksum.
        origin: the link or the file, for messages.

    Returns:
        The file's checksum; its SHA-256 if no checksum is declared.

    Raises:
        UserError: the length or the checksum differs, or the file cannot be read.
    """
    try:
        check_bytes(path.stat().st_size, archive, origin)
        algorithm = archive.checksum.partition(":")[0] or "sha256"
        if algorithm not in ALGORITHMS:
            raise UserError(
                f"{origin}: its checksum is declared as {archive.checksum!r}; write md5:... or "
                "sha256:..."
            )
        found = checksum_of(path, algorithm)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error
    if archive.checksum and found != archive.checksum.lower():
        raise UserError(
            f"{origin}: the checksum of the file is {found}, not {archive.checksum}: the file was "
            "damaged in the transfer, or it is another version of the data set"
        )
    return found


def check_bytes(length: int, archive: Archive, origin: str) -> None:
    """Check that an archive's length is the declared one.

    Raises:
        UserError: it differs.
    """
    if archive.bytes is not None and length != archive.bytes:
        raise UserError(
            f"{origin}: has {length:,} bytes, not {archive.bytes:,}: the file is another version "
            "of the data set, or it was cut off"
        )


def progress_bar(total: int | None, title: str, start: int = 0) -> "tqdm[Never]":
    """A progress bar with the time left; `total` and `start` in bytes."""
    return tqdm(total=total, initial=start, desc=title, unit="B", unit_scale=True)
