"""Archives for tests, good and bad."""

import hashlib
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from jukedrummer.config import Archive

FILES = {
    "train/A - One/drums.wav": b"drums of one" * 50,
    "train/B & C - Zwölf/drums.wav": b"drums of twelve",
    "test/\u5f20 - M.E.R.C. \U0001f941/mixture.wav": b"",
}


def noise(length: int, seed: int = 0) -> bytes:
    """Bytes that cannot be compressed."""
    return np.random.default_rng(seed).bytes(length)


def zipped(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """A zip; `links` are symbolic ones, name to target."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for name, target in (links or {}).items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
    return buffer.getvalue()


def tarred(
    files: dict[str, bytes], mode: str = "w:gz", others: tuple[tarfile.TarInfo, ...] = ()
) -> bytes:
    """A tar; `others` are members without content, such as links."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in others:
            archive.addfile(info)
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A link or a device for `tarred`."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def declared(url: str, data: bytes, **others: object) -> Archive:
    """The archive as a source declares it: with length and checksum."""
    checksum = "sha256:" + hashlib.sha256(data).hexdigest()
    return Archive(**{"url": url, "bytes": len(data), "checksum": checksum, **others})


def tree(folder: Path) -> dict[str, bytes]:
    """Content of all files below a folder that are not hidden, by path."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
