"""The file that grows while an archive is downloaded, and its version on the server."""

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import requests

from jukedrummer.errors import UserError
from jukedrummer.storage.files import write_json


@dataclass(frozen=True)
class FileVersion:
    """The version of the file behind a link, as the server states it.

    Attributes:
        link: hash of the link, which may contain a password.
        etag: the server's tag of this version of the file, or "".
        modified: time of the last change, in the server's form, or "".
        bytes: length of the whole file; None if the server does not state it.
    """

    link: str
    etag: str
    modified: str
    bytes: int | None

    @property
    def condition(self) -> str:
        """Value of the header If-Range, which asks for the rest of this version only; or ""."""
        return self.modified if self.etag.startswith("W/") or not self.etag else self.etag

    def same_file(self, other: "FileVersion") -> bool:
        """Whether both are certainly the same file, maybe behind different links."""
        tagged = bool(self.etag or self.modified)
        return tagged and (self.etag, self.modified, self.bytes) == (
            other.etag,
            other.modified,
            other.bytes,
        )


def link_hash(url: str) -> str:
    """A hash that identifies a link without showing it."""
    return "sha256:" + hashlib.sha256(url.encode()).hexdigest()


def version_of(url: str, response: requests.Response) -> FileVersion:
    """The version of the file in a response."""
    length = response.headers.get("Content-Length", "")
    if response.status_code != 200:
        length = response.headers.get("Content-Range", "").rpartition("/")[2]
    return FileVersion(
        link_hash(url),
        response.headers.get("ETag", ""),
        response.headers.get("Last-Modified", ""),
        int(length) if length.isdecimal() else None,
    )


def start_of(response: requests.Response) -> int | None:
    """Position in the file of the first byte of a response with status 206."""
    position = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(position) if position.isdecimal() else None


class PartialFile:
    """The file `{target}.part`, open for one process, and `{target}.json` with its version.

    The file stays on the disk when the process ends, unless it is empty.

    Args:
        target: the final name, which the file has after `finish`.

    Raises:
        UserError: the folder cannot be written, or another process downloads the file.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = part_path(target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer, no bytes are left to write when the disk is full.
            self._file = open(self.path, "ab", buffering=0)  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written ({error.strerror})") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise UserError(f"{self.path}: another process is downloading it") from error
        except OSError:
            pass  # a file system without locks
        self.version = read_version(target) if self.size else None

    def __enter__(self) -> "PartialFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.size == 0:
            self.path.unlink(missing_ok=True)
        self._file.close()

    @property
    def size(self) -> int:
        """Bytes that are on the disk."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def complete(self) -> bool:
        """Whether the file has the length that the server announced."""
        return self.version is not None and self.version.bytes == self.size

    def is_of(self, url: str) -> bool:
        """Whether the file is from this link."""
        return self.version is not None and self.version.link == link_hash(url)

    def start(self, version: FileVersion) -> None:
        """Empty the file, and begin a version."""
        self.clear()
        self.keep(version)

    def keep(self, version: FileVersion) -> None:
        """Continue the file with a version that is the same file."""
        write_json(version_path(self.target), asdict(version))
        self.version = version

    def clear(self) -> None:
        """Empty the file."""
        self._file.truncate(0)
        self.version = None
        version_path(self.target).unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises:
            UserError: the disk is full or broken.
        """
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be written ({error.strerror}); free some space and run "
                "again to continue the download"
            ) from error

    def finish(self) -> None:
        """Give the file its final name."""
        os.fsync(self._file.fileno())
        os.replace(self.path, self.target)


def part_path(target: Path) -> Path:
    """The file that grows during a download."""
    return target.with_name(target.name + ".part")


def version_path(target: Path) -> Path:
    """The file with the version of a download."""
    return target.with_name(target.name + ".json")


def read_version(target: Path) -> FileVersion | None:
    """The version of a file that was downloaded, wholly or in part; None if it is not known."""
    try:
        return FileVersion(**json.loads(version_path(target).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
