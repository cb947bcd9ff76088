"""Finds the files of a data set, and handles hidden files, links in circles, bad names, copies."""

import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from jukedrummer.corpus.song import Unfit, Unusable
from jukedrummer.errors import UserError

AUDIO_SUFFIXES = (
    ".wav",
    ".flac",
    ".aif",
    ".aiff",
    ".w64",
    ".caf",
    ".ogg",
    ".opus",
    ".mp3",
    ".m4a",
    ".aac",
    ".wma",
    ".mp4",
)
"""Audio files, the best copy of a recording first."""
STEM_MP4 = ".stem.mp4"
FFMPEG_PROGRAMS = ("ffmpeg", "ffprobe")
FFMPEG_SUFFIXES = (".m4a", ".aac", ".wma", ".mp4")
"""Those that only ffmpeg reads."""
MOST_SEARCHED = 10_000  # files and folders in which a file that needs ffmpeg is searched
# Besides names with a dot in front. Network disks and desktops write thumbnails, indices and bins.
HIDDEN = (
    "@eaDir",
    "@Recycle",
    "@Recently-Snapshot",
    "@tmp",
    "#recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
    "__MACOSX",
    "lost+found",
)


def is_hidden(path: Path) -> bool:
    """Whether a file or folder is not part of a data set: `._x`, `.DS_Store`, `@eaDir`, ..."""
    return path.name.startswith(".") or path.name in HIDDEN


def is_audio(path: Path) -> bool:
    """Whether a name is that of an audio file. The file need not exist."""
    return path.suffix.lower() in AUDIO_SUFFIXES and not is_hidden(path)


def is_stem_file(path: Path) -> bool:
    """Whether a name is that of a container with the streams `STREAMS`."""
    return path.name.lower().endswith(STEM_MP4) and not is_hidden(path)


def song_name(path: Path) -> str:
    """The name of a song's folder or file, without .stem.mp4 or the suffix of an audio file."""
    if is_stem_file(path):
        return path.name[: -len(STEM_MP4)]
    return path.stem if is_audio(path) and not path.is_dir() else path.name


def artist_of(name: str) -> str:
    """The artist in a name "Artist - Title" or "01 - Artist - Title"; "" if there is none."""
    artist, dash, _ = re.sub(r"^\d{1,3}\s*[-.]\s+", "", name).partition(" - ")
    return artist.strip() if dash else ""


def entries(folder: Path) -> list[Path]:
    """The files and folders in a folder, sorted by name, without hidden ones.

    Raises:
        Unfit: the folder cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if not is_hidden(path))
    except OSError as error:
        raise Unfit(
            "unreadable", f"{folder}: cannot be read ({error.strerror or error})"
        ) from error


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, sorted by name, without hidden ones; none if it does not exist.

    Raises:
        Unfit: the folder cannot be read.
    """
    # os.path.isdir is false for a link to itself, and for a folder in one that cannot be entered.
    return (
        [path for path in entries(folder) if os.path.isdir(path)] if os.path.isdir(folder) else []
    )


def find_folders(
    root: Path, is_song: Callable[[Path], bool], depth: int = 3
) -> Iterator[Path | Unusable]:
    """The folders of songs below a root, sorted by name. Folders inside a song are not searched.

    Links are followed, each real folder once, so circles end.

    Args:
        root: where to search; it may be a song itself.
        is_song: whether a folder is that of a song.
        depth: number of levels below the root.

    Returns:
        The folders; unusable ones if they cannot be read.
    """
    yield from _find_folders(root, is_song, depth, set())


def without_namesakes(
    items: Iterable[Path | Unusable], name: Callable[[Path], str]
) -> Iterator[Path | Unusable]:
    """Make the folders of songs unusable that have the name of an earlier one.

    Args:
        items: from `find_folders`.
        name: returns the name of the song in a folder.
    """
    first: dict[str, Path] = {}
    for item in items:
        if isinstance(item, Path) and first.setdefault(name(item), item) != item:
            reason = f"{item}: a song of this name is also in {first[name(item)]}"
            yield Unusable(name(item), "copy", reason, on_purpose=True)
        else:
            yield item


def _find_folders(
    folder: Path, is_song: Callable[[Path], bool], depth: int, visited: set[str]
) -> Iterator[Path | Unusable]:
    real = os.path.realpath(folder)
    if real in visited:
        return
    visited.add(real)
    try:
        inside, song = subfolders(folder), is_song(folder)
    except Unfit as error:
        yield unusable(folder.name, error)
        return
    except OSError as error:  # it may be listed, but not entered
        reason = f"{folder}: cannot be read ({error.strerror or error})"
        yield Unusable(folder.name, "unreadable", reason)
        return
    if song:
        yield folder
    elif depth:
        for path in inside:
            yield from _find_folders(path, is_song, depth - 1, visited)


def walk_files(
    folder: Path,
    suffixes: tuple[str, ...] = AUDIO_SUFFIXES,
    on_error: Callable[[Unfit], object] | None = None,
) -> Iterator[Path]:
    """The files below a folder, those in a folder before those in its subfolders, sorted by name.

    Links are followed, each real folder once, so circles end. Hidden files and folders are left
    out.

    Args:
        folder: where to search.
        suffixes: suffixes of the files, in lower case.
        on_error: receives the error of each folder that cannot be read; None: it is raised.

    Raises:
        Unfit: a folder cannot be read.
    """
    yield from _walk(folder, suffixes, on_error, set())


def _walk(
    folder: Path,
    suffixes: tuple[str, ...],
    on_error: Callable[[Unfit], object] | None,
    visited: set[str],
) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in visited:
        return
    visited.add(real)
    try:
        inside = entries(folder)
    except Unfit as error:
        if on_error is None:
            raise
        on_error(error)
        return
    yield from (path for path in inside if path.suffix.lower() in suffixes and path.is_file())
    for path in inside:
        if path.is_dir():
            yield from _walk(path, suffixes, on_error, visited)


def check_name(path: Path) -> None:
    """Check that a path can be a cell of a table. In the cell `stems` any path is valid.

    Raises:
        Unfit: its name has line breaks, tabs or bytes that are not UTF-8.
    """
    shown = str(path).encode("utf-8", "backslashreplace").decode()
    if shown != str(path) or set(shown) & set("\t\n\r"):
        raise Unfit(
            "file name",
            f"{shown!r}: the name has a tab, a line break or bytes that are not UTF-8; rename it",
        )


def unusable(name: str, error: Unfit) -> Unusable:
    """The row of a song that cannot be used because of an error.

    Args:
        name: the song's name.
        error: the error that the search for its files raised.
    """
    return Unusable(name, error.rule, str(error), error.value, error.limit, error.on_purpose)


def without_copies(paths: Iterable[Path]) -> list[Path]:
    """Leave out files that differ from another one in the suffix only, e.g. an MP3 beside a WAV.

    Args:
        paths: audio files.

    Returns:
        The files whose suffix is the first in `AUDIO_SUFFIXES`, in their order.
    """
    paths = list(paths)
    best: dict[Path, Path] = {}
    for path in sorted(paths, key=lambda path: AUDIO_SUFFIXES.index(path.suffix.lower())):
        best.setdefault(path.with_suffix(""), path)
    return [path for path in paths if best[path.with_suffix("")] == path]


def read_bounded(path: Path, most: int, what: str, rule: str = "") -> bytes:
    """Read a small file whole. Of a large one, not more than the limit is read.

    Args:
        path: the file.
        most: limit of its length, bytes.
        what: what has this limit, for the message.
        rule: the rule of the error; "": unreadable, or too large.

    Raises:
        Unfit: the file cannot be read, or is larger.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        reason = f"{path}: cannot be read ({error.strerror or error})"
        raise Unfit(rule or "unreadable", reason) from error
    if len(content) > most:
        reason = f"{path}: has more than {most} bytes, the limit of {what}"
        raise Unfit(rule or "too large", reason, limit=str(most))
    return content


def check_ffmpeg(root: Path, where: str, is_used: Callable[[Path], bool]) -> None:
    """Check that ffmpeg is installed if a folder has files that need it.

    Without ffmpeg, the first 10,000 files and folders are searched, so that a dry run of a large
    data set is quick.

    Args:
        root: the folder of a data set; it need not exist yet.
        where: the key of the config with the data set.
        is_used: whether a file is used.

    Raises:
        UserError: ffmpeg or ffprobe is missing.
    """
    if all(map(shutil.which, FFMPEG_PROGRAMS)):
        return
    for path in islice(_unsorted(root), MOST_SEARCHED):
        if path.suffix.lower() in FFMPEG_SUFFIXES and not is_hidden(path) and is_used(path):
            better = AUDIO_SUFFIXES[: AUDIO_SUFFIXES.index(path.suffix.lower())]
            if not any(path.with_suffix(suffix).exists() for suffix in better):
                require_ffmpeg(where, f"files such as {path}")


def _unsorted(root: Path) -> Iterator[Path]:
    """All files and folders below a folder. Links are followed, so circles do not end."""
    folders = deque([root])
    while folders:
        try:
            with os.scandir(folders.popleft()) as inside:
                for entry in inside:
                    yield Path(entry)
                    if entry.is_dir() and not is_hidden(Path(entry)):
                        folders.append(Path(entry))
        except OSError:
            continue  # it is reported when the songs are listed


def require_ffmpeg(where: str, because: str) -> None:
    """Check that ffmpeg and ffprobe are installed.

    Args:
        where: the key of the config that needs them.
        because: what needs them, in the plural.

    Raises:
        UserError: one of them is missing.
    """
    for program in FFMPEG_PROGRAMS:
        if shutil.which(program) is None:
            raise UserError(
                f"{where}: {because} need {program}, which is not installed (Debian, Ubuntu: "
                "apt install ffmpeg; macOS: brew install ffmpeg)"
            )
