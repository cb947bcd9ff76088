"""Atomic writing: every file is written under a temporary name, then renamed.

So a file is complete or absent.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
    Temporary folders of the same `path` that killed processes left are removed first.

    Raises:
        UserError: `path` exists and is not an empty folder, or cannot be written.
    """
    path = Path(os.path.abspath(path))
    _check_free(path)
    _remove_left_over(path)
    temporary = _temporary_beside(path)
    _make_folder(temporary, path)
    try:
        with _locked(temporary):
            yield temporary
            os.replace(temporary, path)
        _sync(path.parent)
    except OSError as error:
        if _below(error.filename, path.parent):
            raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the kernel's lock of a folder, which ends with the process.

    Yields:
        False if another process holds it, or the file system has no such locks.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        locked = True
    except OSError:
        locked = False
    try:
        yield locked
    finally:
        os.close(descriptor)


def _remove_left_over(path: Path) -> None:
    form = re.compile(rf"\.{re.escape(path.stem)}\.[0-9a-f]{{8}}\.part{re.escape(path.suffix)}")
    with suppress(OSError):  # no such folder yet
        for name in filter(form.fullmatch, os.listdir(path.parent)):
            with _locked(path.parent / name) as is_left_over:
                if is_left_over:
                    shutil.rmtree(path.parent / name, ignore_errors=True)


def _check_free(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(
            f"{folder}: is a file or a link; the output is a folder: choose another name"
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(
            f"{folder}: exists and is not empty; choose another folder, or remove this one"
        )


@contextmanager
def output_files(
    folder: Path | str, names: Sequence[str], inputs: Iterable[Path] = (), force: bool = False
) -> Iterator[Path]:
    """Yield a temporary folder, whose files are moved to `folder` on success: all or none.

    The folder may have other files. Of the named files it then has those that were made: with
    `force`, files of an earlier run are replaced or removed. The last of the names is moved last,
    and an old file of this name is removed first. So where it is, the others are complete.

    Args:
        folder: the folder of the results; created if needed.
        names: all files that may be made, relative to the folder.
        inputs: files that are read, which are never replaced.
        force: whether files of an earlier run are replaced.

    Raises:
        UserError: as `check_outputs`, before and after the files are made; or a file cannot be
            written.
    """
    folder, inputs = Path(folder), tuple(inputs)
    check_outputs(folder, names, inputs, force)
    _make_folder(folder, folder)
    _remove_left_over(folder / "results")
    temporary = _temporary_beside(folder / "results")
    try:
        temporary.mkdir()
        with _locked(temporary):
            yield temporary
            check_outputs(folder, names, inputs, force)
            _move(temporary, folder, names)
    except UserError as error:
        # The temporary folder means nothing to the user.
        raise UserError(str(error).replace(str(temporary), str(folder))) from error
    except OSError as error:
        if _below(error.filename, folder):
            raise UserError(f"{folder}: cannot be written ({error.strerror or error})") from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move(temporary: Path, folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if (temporary / name).exists():
            _sync(temporary / name)
            (folder / name).parent.mkdir(exist_ok=True)
    (folder / names[-1]).unlink(missing_ok=True)
    for name in names:
        if (temporary / name).exists():
            os.replace(temporary / name, folder / name)
        elif (folder / name).parent.is_dir():
            (folder / name).unlink(missing_ok=True)
    _sync(folder)


def check_outputs(
    folder: Path | str, names: Iterable[str], inputs: Iterable[Path] = (), force: bool = False
) -> None:
    """Check that files may be written to a folder, before long work. Nothing is changed.

    Args:
        folder: the folder of the results.
        names: the files that may be made, relative to the folder.
        inputs: files that are read.
        force: whether files of an earlier run may be replaced.

    Raises:
        UserError: a file is one of the inputs, whatever its name is; or it exists, and `force` is
            not set; or a folder is in its place.
    """
    folder, names = Path(folder), list(names)
    for parent in {(folder / name).parent for name in names}:
        if parent.exists() and not parent.is_dir():
            raise UserError(f"{parent}: is a file, in the place of a folder of the results")
    existing = [name for name in names if os.path.lexists(folder / name)]
    for name in existing:
        for path in inputs:
            if is_same_file(folder / name, path):
                raise UserError(
                    f"{folder / name}: is the input {path}, which would be overwritten; choose "
                    "another --output"
                )
        if (folder / name).is_dir():
            raise UserError(f"{folder / name}: is a folder, in the place of a file of the results")
    if existing and not force:
        more = f" and {len(existing) - 3} more files" if len(existing) > 3 else ""
        raise UserError(
            f"{folder}: has {', '.join(existing[:3])}{more} already; choose another --output, or "
            "replace the files with --force"
        )


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one existing file, also by a link or other capital letters."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


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
