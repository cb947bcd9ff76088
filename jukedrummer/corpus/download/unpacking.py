"""Writes the files of an archive to a folder, within limits."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Never

from tqdm import tqdm

from jukedrummer.corpus.download.checking import READ_BYTES, progress_bar
from jukedrummer.corpus.download.disk import FreeSpace, free_bytes, gigabytes, require_space
from jukedrummer.corpus.download.members import BadArchive, Contents, Member, damage, open_archive


@dataclass(frozen=True)
class Limits:
    """Limits of an archive's content, against archives that are made to fill the disk.

    Attributes:
        members: number of files, folders and links.
        ratio: length of all files, divided by the length of the archive.
    """

    members: int = 2_000_000
    ratio: int = 100


LIMITS = Limits()


def unpack(
    archive_file: Path, folder: Path, limits: Limits = LIMITS, free: FreeSpace = free_bytes
) -> None:
    """Write the files of a zip or tar file below an empty folder, in the layout of the archive.

    Symbolic links and devices are left out, with a message: a link may point out of the folder.
    (tarfile's own filter was not safe in Python before 3.11.13.) Owners, times and permissions are
    not kept. The caller removes the folder after an error.

    Args:
        archive_file: a zip or tar file. A tar file may be compressed by gzip, bzip2 or xz.
        folder: an existing folder.
        limits: limits of the content.
        free: free bytes of the disk of a path.

    Raises:
        BadArchive: the archive is damaged, has names outside of the folder, has two files of one
            name, or exceeds the limits.
        UserError: the disk is too small, or the file cannot be read.
        OSError: a file cannot be written.
    """
    length = archive_file.stat().st_size
    left_out: list[str] = []
    with (
        open_archive(archive_file) as contents,
        progress_bar(length, f"unpacking {archive_file.name}") as bar,
    ):
        for member in _within(contents, archive_file, folder, limits, free):
            target = folder.joinpath(*_parts(member.name, archive_file))
            if member.kind == "other":
                left_out.append(member.name)
            else:
                _write(member, target, archive_file, folder, contents, bar)
        bar.update(length - bar.n)
    if left_out:
        print(f"{archive_file}: left out {len(left_out)} links or devices, e.g. {left_out[0]!r}")


def _within(
    contents: Contents, archive_file: Path, folder: Path, limits: Limits, free: FreeSpace
) -> Iterator[Member]:
    """The members, while they are within the limits and fit the disk."""
    most = limits.ratio * archive_file.stat().st_size
    space, purpose = free(folder), f"unpacking {archive_file}"
    _check_limits(archive_file, contents.count, contents.length, limits, most)
    require_space(folder.parent, contents.length, purpose, space)
    total = 0
    for count, member in enumerate(contents.members, start=1):
        total += member.length
        _check_limits(archive_file, count, total, limits, most)
        require_space(folder.parent, total, purpose, space)
        yield member


def _check_limits(archive_file: Path, count: int, total: int, limits: Limits, most: int) -> None:
    if count > limits.members:
        raise BadArchive(
            f"{archive_file}: has {count:,} or more files, the limit is {limits.members:,}; "
            "is it a data set?"
        )
    if total > most:
        raise BadArchive(
            f"{archive_file}: unpacks to {gigabytes(total)} or more, the limit is {limits.ratio} "
            f"times its length, {gigabytes(most)}: it is not a data set, or its recordings are "
            "almost silent; unpack it yourself if you trust it, and set `path` to the folder"
        )


def _parts(name: str, archive_file: Path) -> tuple[str, ...]:
    """The parts of a member's path below the folder.

    Raises:
        BadArchive: the path is outside of the folder.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise BadArchive(
            f"{archive_file}: has the file {name!r}, which is outside the folder: the archive "
            "is not safe, and nothing was unpacked"
        )
    return path.parts


def _write(
    member: Member,
    target: Path,
    archive_file: Path,
    folder: Path,
    contents: Contents,
    bar: "tqdm[Never]",
) -> None:
    try:
        if member.kind == "folder":
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if member.kind == "hard link":
            os.link(folder.joinpath(*_parts(member.same_as, archive_file)), target)
        else:
            _copy(member, target, archive_file, contents, bar)
    except FileNotFoundError as error:
        raise BadArchive(
            f"{archive_file}: {member.name!r} is a link to {member.same_as!r}, which is not in the "
            "archive before it"
        ) from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise BadArchive(
            f"{archive_file}: has {member.name!r} twice, maybe with other capital letters, or as a "
            "file and a folder"
        ) from error


def _copy(
    member: Member, target: Path, archive_file: Path, contents: Contents, bar: "tqdm[Never]"
) -> None:
    written = 0
    with damage(archive_file):
        stream = member.open()
    with stream, open(target, "xb") as file:
        while True:
            with damage(archive_file):
                chunk = stream.read(min(READ_BYTES, member.length - written))
            if not chunk:
                break
            file.write(chunk)
            written += len(chunk)
            bar.update(max(0, contents.position() - bar.n))
    if written != member.length:
        raise BadArchive(
            f"{archive_file}: is cut off: {member.name!r} has {written:,} bytes, not "
            f"{member.length:,}"
        )
