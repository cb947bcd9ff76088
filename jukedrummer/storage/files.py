"""Files that are whole or absent: every write goes to a temporary name and is renamed."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

from jukedrummer.errors import UserError

Row = TypeVar("Row")


def _temporary_beside(path: Path) -> Path:
    # The suffix stays last, since writers choose the format by it.
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
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it otherwise.

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
    """As `atomic_path` for a folder: fill the one that is given, and it gets the name `path` whole.

    What is there already stays: only an empty folder is written over. Snakemake clears its outputs itself.

    Raises:
        UserError: the place is taken or cannot be written.
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
        raise UserError(f"{folder}: is a file or a link; the output is a folder: name a new one")
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(
            f"{folder}: is there and not empty; name a new folder, or remove this one first"
        )


def _below(name: Any, folder: Path) -> bool:
    # A full disk has no file name.
    return name is None or Path(os.fsdecode(name)).is_relative_to(folder)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all. NaN is refused: it is not JSON."""
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


def rows_text(kind: type[Row], rows: Iterable[Row]) -> str:
    """A table (TSV) of dataclasses of one kind: a header of their fields, and a line each; None is empty."""
    lines = [[field.name for field in fields(kind)]]
    lines += [["" if value is None else str(value) for value in astuple(row)] for row in rows]
    return "".join("\t".join(line) + "\n" for line in lines)


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """What `rows_text` wrote. Fields are text, numbers, or numbers that may be None.

    Raises:
        UserError: the table is missing or damaged.
    """
    try:
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        if header.split("\t") != [field.name for field in fields(kind)]:
            raise ValueError(f"columns {header.split()}")
        types = [field.type for field in fields(kind)]
        return [
            kind(*(_value(of, text) for of, text in zip(types, line.split("\t"), strict=True)))
            for line in lines
        ]
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{path}: is damaged ({error}); make its folder again") from error


def _value(of: Any, text: str) -> Any:
    if of == float | None:
        return float(text) if text else None
    return of(text)


def sha256(*paths: Path | str) -> str:
    """Hexadecimal SHA-256 of the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def check_writable(folder: Path | str) -> None:
    """See that files can be written to `folder` before any long work is done; leaves nothing behind.

    Raises:
        UserError: it cannot, or `folder` is a file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; the output must be a folder")
    there = folder.exists()
    with atomic_path(folder / ".writable") as temporary:
        temporary.touch()
    (folder / ".writable").unlink()
    if not there:
        folder.rmdir()
