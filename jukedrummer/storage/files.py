"""Atomic writing: every file is written under a temporary name, then renamed.

So a file is complete or absent.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jukedrummer.errors import UserError


def _temporary_beside(path: Path) -> Path:
    # The suffix stays at the end, because it determines the format.
    return path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")


def _make_folder(folder: Path, path: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({folder}: {error.strerror or error})"
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path next to `path`. Rename it to `path` on success, else remove it.

    The data is on the disk before the rename, so a crash leaves the old file or the new one.

    Raises:
        UserError: the folder cannot be created or written, or the disk is full.
    """
    path = Path(path)
    temporary = _temporary_beside(path)
    _make_folder(path.parent, path)
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    except OSError as error:
        if error.filename is None or Path(error.filename) in (temporary, path, path.parent):
            raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Yield a temporary folder next to `path`. Rename it to `path` on success, else remove it.

    An existing folder is replaced only if it is empty. Snakemake removes its outputs itself.

    Raises:
        UserError: `path` exists and is not an empty folder, or cannot be written.
    """
    path = Path(os.path.abspath(path))
    _check_free(path)
    temporary = _temporary_beside(path)
    _make_folder(temporary, path)
    try:
        yield temporary
        os.replace(temporary, path)
        _sync(path.parent)
    except OSError as error:
        if _below(error.filename, path.parent):
            raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_free(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(
            f"{folder}: is a file or a link; the output is a folder: choose another name"
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(
            f"{folder}: exists and is not empty; choose another folder, or remove this one"
        )


def _below(name: Any, folder: Path) -> bool:
    # If the disk is full, the error has no file name.
    return name is None or Path(os.fsdecode(name)).is_relative_to(folder)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` to `path` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any) -> None:
    """Write `value` as indented JSON, atomically.

    Raises:
        ValueError: the value contains NaN or an infinity, which JSON does not have.
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path | str) -> Any:
    """Read a JSON file.

    Raises:
        UserError: the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{path}: is not valid JSON ({error}); was it cut off?") from error


def sha256(*paths: Path | str) -> str:
    """Hexadecimal SHA-256 of the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def check_writable(folder: Path | str) -> None:
    """Check that files can be written to `folder`, before long work. The folder is not changed.

    Raises:
        UserError: files cannot be written, or `folder` is a file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; the output must be a folder")
    existed = folder.exists()
    with atomic_path(folder / ".writable") as temporary:
        temporary.touch()
    (folder / ".writable").unlink()
    if not existed:
        folder.rmdir()
