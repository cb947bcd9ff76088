"""Fills the folder of a data set from an archive, once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jukedrummer.config import Archive, FilesConfig, SourceConfig
from jukedrummer.corpus.download.checking import check_archive
from jukedrummer.corpus.download.disk import FreeSpace, free_bytes
from jukedrummer.corpus.download.fetching import RETRIES, Retries, fetch, title_of
from jukedrummer.corpus.download.members import BadArchive
from jukedrummer.corpus.download.part import link_hash, version_path
from jukedrummer.corpus.download.problems import public_url, split_url
from jukedrummer.corpus.download.record import RECORD, Record, read_record, write_record
from jukedrummer.corpus.download.unpacking import LIMITS, Limits, unpack
from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_folder


@dataclass(frozen=True)
class Origin:
    """The archive of a data set: a link or a file.

    Attributes:
        archive: the link, and the declared length and checksum.
        file: the archive on this machine; None: the link is downloaded.
    """

    archive: Archive
    file: Path | None = None

    @property
    def name(self) -> str:
        """The link without password and query, or the name of the file."""
        return self.file.name if self.file else public_url(self.archive.url)

    @property
    def link(self) -> str:
        """Hash of the whole link; "" for a file."""
        return "" if self.file else link_hash(self.archive.url)


def find_origin(download: str, archives: Mapping[str, Archive]) -> Origin:
    """The archive that the key `download` of a source names.

    A link or a file with the name of a declared archive must have its length and checksum.

    Args:
        download: a name in `archives`, a link, or an archive file.
        archives: the archives that the source declares.

    Raises:
        UserError: it is none of them, or a link that is not http or https.
    """
    if download in archives:
        return Origin(archives[download])
    if "://" not in download:
        file = Path(download)
        if "/" not in download and not file.exists():
            names = ", ".join(archives) or "this kind of source has none"
            raise UserError(
                f"download is {download!r}: it is neither an archive of the source ({names}), nor "
                "a link with https://, nor a file that exists"
            )
        return Origin(_declared(file.name, archives) or Archive("", title=file.name), file)
    parts = split_url(download)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(
            f"download is {public_url(download)}: write a link with https:// or http:// and a "
            "host, or the path of an archive file"
        )
    archive = _declared(unquote(parts.path.rpartition("/")[2]), archives) or Archive("")
    return Origin(replace(archive, url=download))


def _declared(name: str, archives: Mapping[str, Archive]) -> Archive | None:
    """The declared archive whose file has this name."""
    names = {
        unquote(urlsplit(item.url).path.rpartition("/")[2]): item for item in archives.values()
    }
    return names.get(name) if name else None


def obtain_source(config: SourceConfig) -> dict[str, Any]:
    """Fill the folder of a source by its key `download`.

    Returns:
        The source's name, the folder, and the record of the archive, for JSON. The record is None
        if the folder was not made by a download.

    Raises:
        UserError: as `obtain`, or the source has no key `download`.
    """
    if not isinstance(config, FilesConfig) or not config.download:
        raise UserError(
            f"the source {config.title} has no key `download`, so nothing can be downloaded"
        )
    try:
        record = obtain(find_origin(config.download, config.ARCHIVES), Path(config.path))
    except UserError as error:
        raise UserError(f"source {config.title}: {error}") from error
    archive = asdict(record) if record else None
    return {"source": config.title, "folder": config.path, "archive": archive}


def obtain(
    origin: Origin,
    folder: Path,
    *,
    retries: Retries = RETRIES,
    limits: Limits = LIMITS,
    free: FreeSpace = free_bytes,
) -> Record | None:
    """Fill a folder with the files of an archive, unless it has them.

    A downloaded archive is `{folder}.archive` beside the folder. It is deleted after unpacking. An
    archive file of the user is kept. A folder with files but without a record was not made by a
    download. It is not changed.

    Args:
        origin: the archive.
        folder: the data set's folder.
        retries: when a download is tried again.
        limits: limits of the archive's content.
        free: free bytes of the disk of a path.

    Returns:
        The record of the folder; None if it was not made by a download.

    Raises:
        UserError: the folder has the files of another archive, or the archive cannot be downloaded,
            is not the declared one, cannot be unpacked, or does not fit the disk.
    """
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; `path` must be a folder, or not exist yet")
    record = read_record(folder)
    if record is not None:
        _check_same(record, origin, folder)
        print(f"{folder}: already has the files of {origin.name}")
        return record
    if folder.is_dir() and any(folder.iterdir()):
        print(f"{folder}: is used without a change, because it was not made by a download")
        return None
    if origin.file is not None:
        checksum = check_archive(origin.file, origin.archive, str(origin.file))
        return _unpack(origin, origin.file, checksum, folder, limits, free)
    return _unpack_download(origin, folder, retries, limits, free)


def _unpack_download(
    origin: Origin, folder: Path, retries: Retries, limits: Limits, free: FreeSpace
) -> Record:
    """Download an archive, unpack it and delete it. If the disk is full, the archive is kept."""
    target = folder.with_name(folder.name + ".archive")
    checksum = fetch(origin.archive, target, retries, free)
    try:
        record = _unpack(origin, target, checksum, folder, limits, free)
    except BadArchive as error:
        _remove(target)
        raise UserError(f"{error} (from {origin.name}; the archive was removed)") from error
    _remove(target)
    return record


def _check_same(record: Record, origin: Origin, folder: Path) -> None:
    """Check that a folder has the files of this archive.

    Raises:
        UserError: it has the files of another archive.
    """
    same = record.checksum == origin.archive.checksum or record.link == origin.link != ""
    if origin.file is not None and not same:
        length = origin.file.stat().st_size if origin.file.exists() else record.bytes
        same = (record.url, record.bytes) == (origin.name, length)
    if not same:
        raise UserError(
            f"{folder}: has the files of {record.url}, but `download` is {origin.name}; choose "
            f"another `path`, or remove the folder. If both are the same data set, remove the key "
            f"`download` or the file {folder / RECORD}"
        )


def _unpack(
    origin: Origin, file: Path, checksum: str, folder: Path, limits: Limits, free: FreeSpace
) -> Record:
    record = Record(
        title=title_of(origin.archive),
        url=origin.name,
        link=origin.link,
        bytes=file.stat().st_size,
        checksum=checksum,
        licence=origin.archive.licence,
    )
    with atomic_folder(folder) as new:
        unpack(file, new, limits, free)
        write_record(new, record)
    return record


def _remove(target: Path) -> None:
    target.unlink()
    version_path(target).unlink(missing_ok=True)
