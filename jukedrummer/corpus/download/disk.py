"""Free disk space."""

import shutil
from collections.abc import Callable
from pathlib import Path

from jukedrummer.errors import UserError

FreeSpace = Callable[[Path], int]  # free bytes of the disk of a path


def free_bytes(path: Path) -> int:
    """Free bytes of the disk of `path`, which need not exist."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def require_space(folder: Path, needed: int, purpose: str, available: int) -> None:
    """Check that `needed` of the `available` bytes of a folder's disk are enough.

    Raises:
        UserError: there are too few.
    """
    if available < needed:
        raise UserError(
            f"{folder}: the disk has {gigabytes(available)} free, but {purpose} needs "
            f"{gigabytes(needed)}; free some space and run again, or choose a folder on another "
            "disk. The downloaded part is kept"
        )


def gigabytes(count: int) -> str:
    """A number of bytes for messages, in the largest unit that fits: GB, MB, kB or bytes."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"
