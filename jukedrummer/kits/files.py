"""The files of a kit, in a folder or in an archive, which is read and never unpacked."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from jukedrummer.corpus.download.members import damage, open_archive
from jukedrummer.errors import UserError

MOST_FILES = 10_000
MOST_BYTES = 2 << 30  # of all files in an archive
MOST_TEXT = 16 << 20  # bytes of a description


@dataclass(frozen=True)
class KitFiles:
    """The files of a kit.

    Attributes:
        path: the kit, for messages.
        open: opens a file by its name.
    """

    path: Path
    open: Callable[[str], BinaryIO]

    def text(self, name: str) -> str:
        """The text of a file, at most 16 MiB. Bytes that are not UTF-8 are read as Latin-1.

        Raises:
            UserError: the file is missing, too long or not text.
        """
        with self.open(name) as file:
            content = file.read(MOST_TEXT + 1)
        if len(content) > MOST_TEXT or b"\0" in content:
            raise UserError(f"{self.path}: {name} is not the description of a drum kit")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("latin-1")


def folder_files(folder: Path, path: Path) -> KitFiles:
    """The files below a folder. Their names may have backslashes, or other capital letters.

    Args:
        folder: the folder to which names are relative.
        path: the kit, for messages.
    """

    def open_file(name: str) -> BinaryIO:
        file = folder
        for part in PurePosixPath(name.replace("\\", "/")).parts:
            file = _entry(file, part)
        if not file.is_file():
            raise UserError(f"{path}: has no file {name}; was it left out of a copy?")
        try:
            return file.open("rb")
        except OSError as error:
            raise UserError(f"{path}: {name} cannot be read ({error.strerror})") from error

    return KitFiles(path, open_file)


def _entry(folder: Path, name: str) -> Path:
    """A file in a folder; if there is none, one whose name differs in capital letters only."""
    path = folder / name
    if path.exists() or not folder.is_dir():
        return path
    return next((each for each in folder.iterdir() if each.name.lower() == name.lower()), path)


def archive_files(path: Path) -> KitFiles:
    """The files of a zip or tar archive, which are read into memory. The disk is not written to.

    Names lose the folder that all of them have in common. Links and devices are left out.

    Raises:
        UserError: the file is missing, no archive or damaged, or has more than 10,000 files or
            2 GiB.
    """
    contents: dict[str, bytes] = {}
    count = total = 0
    with open_archive(path) as archive:
        for member in archive.members:
            count, total = count + 1, total + member.length
            if count > MOST_FILES or total > MOST_BYTES:
                raise UserError(
                    f"{path}: has more than {MOST_FILES:,} files or {MOST_BYTES >> 30} GiB; is it "
                    "a drum kit?"
                )
            if member.kind == "file":
                with damage(path), member.open() as file:
                    contents[member.name] = file.read(member.length)
    tops = {PurePosixPath(name).parts[0] for name in contents if PurePosixPath(name).parts}
    top = f"{tops.pop()}/" if len(tops) == 1 else ""
    found = {name.removeprefix(top).lower(): content for name, content in contents.items()}

    def open_file(name: str) -> BinaryIO:
        content = found.get(name.replace("\\", "/").lower())
        if content is None:
            raise UserError(f"{path}: has no file {name}; is the archive complete?")
        return io.BytesIO(content)

    return KitFiles(path, open_file)
