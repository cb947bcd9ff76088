"""Downloads an archive over HTTP, continues after interruptions, and checks the whole file."""

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from jukedrummer import __version__
from jukedrummer.config import Archive
from jukedrummer.corpus.download.checking import check_archive, check_bytes, progress_bar
from jukedrummer.corpus.download.disk import FreeSpace, free_bytes, gigabytes, require_space
from jukedrummer.corpus.download.part import (
    FileVersion,
    PartialFile,
    link_hash,
    part_path,
    read_version,
    start_of,
    version_of,
    version_path,
)
from jukedrummer.corpus.download.problems import (
    Broken,
    check_status,
    check_type,
    explain,
    gave_up,
    public_url,
)
from jukedrummer.errors import UserError

# Short, because bytes that are not in the file are lost when the connection breaks.
BLOCK = 1 << 16  # bytes
LONGEST_WAIT = 300.0  # seconds between attempts


@dataclass(frozen=True)
class Retries:
    """When a download is tried again.

    Attributes:
        attempts: attempts in a row without a new byte before the download fails.
        wait: seconds before the second attempt; twice as long before each later one.
        timeout: an attempt fails after so many seconds without a byte.
    """

    attempts: int = 6
    wait: float = 1.0
    timeout: float = 60.0


RETRIES = Retries()


def fetch(
    archive: Archive, target: Path, retries: Retries = RETRIES, free: FreeSpace = free_bytes
) -> str:
    """Download an archive to `target`, unless it was downloaded before.

    The file grows as `{target}.part`; `{target}.json` has the server's tag of it. A later call
    continues if the server still has the same file. Files of these names without the tag are not
    from a download, so they are not changed.

    Args:
        archive: the link, and the declared length and checksum.
        target: the file to write.
        retries: when the download is tried again.
        free: free bytes of the disk of a path.

    Returns:
        The checksum of the file.

    Raises:
        UserError: no network, a bad link, a file with another length or checksum (it is removed),
            a full disk, or a file in the place of the download.
    """
    _check_own(target)
    print(licence_line(archive), flush=True)
    if _belongs(target, archive):
        return _checked(target, target, archive)
    target.unlink(missing_ok=True)
    with PartialFile(target) as part:
        if not (part.complete and part.is_of(archive.url)):
            _download(archive, part, retries, free)
        checksum = _checked(part.path, target, archive)
        part.finish()
    return checksum


def licence_line(archive: Archive) -> str:
    """The line that is printed before a download."""
    licence = archive.licence or "not known to this package; see the site of the data set"
    return f"{title_of(archive)}, licence: {licence}"


def title_of(archive: Archive) -> str:
    """The name of an archive in messages."""
    return archive.title or unquote(urlsplit(archive.url).path.rpartition("/")[2]) or archive.url


def _belongs(target: Path, archive: Archive) -> bool:
    """Whether a file that was downloaded earlier is from this link."""
    version = read_version(target)
    return target.exists() and version is not None and version.link == link_hash(archive.url)


def _check_own(target: Path) -> None:
    """Check that no file of the user is in the place of the download."""
    for path in (target, part_path(target)):
        if path.exists() and path.stat().st_size and read_version(target) is None:
            raise UserError(
                f"{path}: is in the place of the download, but was not made by one (there is no "
                f"{version_path(target).name}); move it, and set `download` to it if it is the "
                "archive"
            )


def _checked(path: Path, target: Path, archive: Archive) -> str:
    """The checksum of a downloaded file. A file that is not the declared one is removed."""
    try:
        return check_archive(path, archive, public_url(archive.url))
    except UserError as error:
        path.unlink(missing_ok=True)
        version_path(target).unlink(missing_ok=True)
        raise UserError(f"{error}; the file was removed; run again to download it") from error


def _download(archive: Archive, part: PartialFile, retries: Retries, free: FreeSpace) -> None:
    """Try until the file is complete."""
    failures, most = 0, 0
    while True:
        try:
            return _attempt(archive, part, retries.timeout, free)
        except Broken as error:
            failures = 1 if part.size > most else failures + 1
            most = max(most, part.size)
            if failures >= retries.attempts:
                raise gave_up(archive.url, error, failures, part) from error
            wait = min(max(error.wait, retries.wait * 2 ** (failures - 1)), LONGEST_WAIT)
            print(f"{title_of(archive)}: {error}; next attempt in {wait:.0f} s", flush=True)
            time.sleep(wait)


def _attempt(archive: Archive, part: PartialFile, timeout: float, free: FreeSpace) -> None:
    """Download the file, or the rest of it.

    Raises:
        Broken: a later attempt may succeed.
        UserError: no attempt can succeed.
    """
    try:
        with _request(archive.url, part, timeout) as response:
            check_status(archive.url, response)
            check_type(archive.url, response)
            if response.status_code == 416:
                return _check_end(part, response)
            _begin(archive, part, response)
            _check_space(archive, part, free)
            _append(archive, part, response)
    except (requests.RequestException, ValueError) as error:  # requests lets some of them through
        raise explain(archive.url, error) from error


def _request(url: str, part: PartialFile, timeout: float) -> requests.Response:
    headers = {"User-Agent": f"jukedrummer/{__version__}", "Accept-Encoding": "identity"}
    if part.size and part.version is not None:
        headers["Range"] = f"bytes={part.size}-"
        if part.version.condition:
            headers["If-Range"] = part.version.condition
    response = requests.get(url, headers=headers, stream=True, timeout=timeout)
    # Some servers declare a .tar.gz as compressed text. The bytes must not be changed.
    response.raw.headers.pop("Content-Encoding", None)
    return response


def _begin(archive: Archive, part: PartialFile, response: requests.Response) -> None:
    """Decide whether the response is the rest of the file or a new file.

    Raises:
        Broken: the response is the rest of another file.
        UserError: the file has another length than the declared one.
    """
    version = version_of(archive.url, response)
    if version.bytes is not None:
        check_bytes(version.bytes, archive, public_url(archive.url))
    if response.status_code == 200:
        if part.size:
            print(f"{title_of(archive)}: the server sends the whole file again", flush=True)
        part.start(version)
    elif start_of(response) == part.size and _continues(archive, part, version):
        part.keep(version)
    else:
        part.clear()
        raise Broken("the file on the server has changed, so the download starts again")


def _continues(archive: Archive, part: PartialFile, version: FileVersion) -> bool:
    """Whether a response is the rest of the file on the disk."""
    if part.version is None:
        return False
    # Without a tag, the checksum detects a wrong rest.
    unsure = bool(archive.checksum) and part.version.bytes == version.bytes
    return part.version.same_file(version) or unsure


def _check_end(part: PartialFile, response: requests.Response) -> None:
    """Check that the file is complete, since the server has no rest of it."""
    if response.headers.get("Content-Range", "").rpartition("/")[2] != str(part.size):
        part.clear()
        raise Broken("the file on the server has changed, so the download starts again")


def _check_space(archive: Archive, part: PartialFile, free: FreeSpace) -> None:
    total = archive.bytes or (part.version and part.version.bytes) or 0
    unpacked = archive.unpacked_bytes or 0
    purpose = f"{title_of(archive)} ({gigabytes(total)}, unpacked {gigabytes(unpacked)})"
    purpose = purpose if unpacked else f"{title_of(archive)} (without its files)"
    folder = part.path.parent
    require_space(folder, total - part.size + unpacked, purpose, free(folder))


def _append(archive: Archive, part: PartialFile, response: requests.Response) -> None:
    total = part.version.bytes if part.version else None
    with progress_bar(total, title_of(archive), start=part.size) as bar:
        for chunk in response.iter_content(BLOCK):
            part.write(chunk)
            bar.update(len(chunk))
    if total is not None and part.size != total:
        raise Broken(f"the connection broke off at {part.size:,} of {total:,} bytes")
