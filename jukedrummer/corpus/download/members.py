"""Reads the members of zip and tar files, in one form for both."""

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal

from jukedrummer.corpus.download.checking import READ_BYTES
from jukedrummer.errors import UserError

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
UTF8_FLAG = 0x800


class BadArchive(UserError):
    """An archive is damaged, of another format, or not safe to unpack."""


@dataclass(frozen=True)
class Member:
    """One entry of an archive.

    Attributes:
        name: path inside the archive, with slashes.
        kind: kind of the entry; a symbolic link or a device is other.
        length: declared length of a file, bytes.
        same_as: name of the file to which a hard link points.
        open: opens the file's content.
    """

    name: str
    kind: Literal["file", "folder", "hard link", "other"]
    length: int
    same_as: str
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Contents:
    """An open archive.

    Attributes:
        members: the members in the order of the archive.
        count: number of members; 0 for a tar file, which does not state it.
        length: declared length of all files, bytes; 0 for a tar file.
        position: returns how many bytes of the archive were read.
    """

    members: Iterator[Member]
    count: int
    length: int
    position: Callable[[], int]


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Turn the exceptions of the readers of archives into errors.

    Raises:
        BadArchive: the archive is damaged, encrypted, or of another format.
    """
    try:
        yield
    except RuntimeError as error:  # also NotImplementedError
        raise BadArchive(
            f"{path}: is encrypted, or compressed in a form that Python cannot read ({error}); "
            "unpack it with another program, and set `path` to the folder"
        ) from error
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        ValueError,
        OSError,
    ) as error:
        raise BadArchive(
            f"{path}: is damaged or cut off, or neither a zip nor a tar file (tar, .gz, .bz2, "
            f".xz): {error}"
        ) from error


@contextmanager
def open_archive(path: Path) -> Iterator[Contents]:
    """Open a zip or a tar file. Its first bytes decide which it is, not its name.

    Raises:
        BadArchive: it is neither, or damaged.
        UserError: it cannot be read.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    with file:
        start = file.read(len(ZIP_STARTS[0]))
        file.seek(0)
        yield _zip_contents(path, file) if start in ZIP_STARTS else _tar_contents(path, file)


def _zip_contents(path: Path, file: BinaryIO) -> Contents:
    with damage(path):
        archive = zipfile.ZipFile(file)  # closed with the file
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    members = (_zip_member(archive, info) for info in infos)
    return Contents(members, len(infos), sum(info.file_size for info in infos), file.tell)


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    name, form = _zip_name(info), stat.S_IFMT(info.external_attr >> 16)
    special = form not in (0, stat.S_IFREG, stat.S_IFDIR)
    kind: Literal["file", "folder", "other"] = "folder" if info.is_dir() else "file"
    return Member(
        name, "other" if special else kind, info.file_size, "", lambda: archive.open(info)
    )


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name of a member. Some programs write UTF-8 without the flag for it."""
    if info.flag_bits & UTF8_FLAG:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _tar_contents(path: Path, file: BinaryIO) -> Contents:
    with damage(path):
        archive = tarfile.open(fileobj=file, mode="r:*")  # noqa: SIM115 (closed with the file)
    return Contents(_tar_members(path, archive), 0, 0, file.tell)


def _tar_members(path: Path, archive: tarfile.TarFile) -> Iterator[Member]:
    while True:
        with damage(path):
            info = archive.next()
            if info is None:
                _read_rest(archive)
        archive.members.clear()  # type: ignore[attr-defined] # tarfile keeps all members
        if info is None:
            return
        yield _tar_member(archive, info)


def _read_rest(archive: tarfile.TarFile) -> None:
    """Read to the end of the compressed file, where its checksum is."""
    stream = archive.fileobj
    while stream is not None and stream.read(READ_BYTES):
        pass


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    def content() -> IO[bytes]:
        stream = archive.extractfile(info)
        assert stream is not None, "only files are opened"
        return stream

    kind: Literal["file", "folder", "hard link", "other"] = "other"
    if info.isreg():
        kind = "file"
    elif info.isdir():
        kind = "folder"
    elif info.islnk():
        kind = "hard link"
    return Member(info.name, kind, info.size, info.linkname, content)
