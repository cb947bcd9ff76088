"""Your own songs: a folder of songs, each a folder of stems or a MUSDB18 .stem.mp4 file.

The names of the files decide their roles. Patterns of names are globs; case does not matter. They
are compared with the name of a file, with and without its suffix, and with the names of the folders
between it and the song's folder. Patterns with a slash are compared with the whole path below the
song's folder. The first role that fits is used: ignore, mixture, drumless, drums, other. So a name
that fits drums and other is a drum stem. A file with the name of its song is a mixture too.
"""

import fnmatch
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jukedrummer.config import FilesConfig, Names, key
from jukedrummer.corpus.files import (
    STEM_MP4,
    artist_of,
    check_ffmpeg,
    check_name,
    entries,
    is_audio,
    is_stem_file,
    song_name,
    subfolders,
    unusable,
    walk_files,
    without_copies,
)
from jukedrummer.corpus.song import LeftOut, Role, SourceSong, Stem, Unfit, Unusable, Work
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import cell, read_table

IGNORED_NAMES = (
    "accompaniment",
    "instrumental*",
    "karaoke*",
    "no[ _-]vocals",
    "click*",
    "metronome*",
)
MIXTURE_NAMES = ("mixture", "mix", "linear_mixture", "*mixdown*", "master", "full[ _-]mix")
DRUMLESS_NAMES = ("no[ _-]drum*", "nodrum*", "drumless*", "without[ _-]drum*", "minus[ _-]drum*")
DRUM_NAMES = (
    "*drum*",
    "*kick*",
    "*snare*",
    "*hihat*",
    "*hi[ _-]hat*",
    "hat",
    "hats",
    "*cymbal*",
    "*overhead*",
    "tom",
    "toms",
    "tom[0-9 _-]*",
    "*[0-9 _-]tom",
    "*[0-9 _-]toms",
    "*[0-9 _-]tom[0-9 _-]*",
    "*percussion*",
)
SPLIT_FOLDERS = {"train": "train", "valid": "valid", "validation": "valid", "test": "test"}
STEM_STREAMS: tuple[Role, ...] = ("mixture", "drums", "other", "other", "other")
SONGS_TABLE = "songs.tsv"
LAYOUT = (
    f"<song>/drums.wav and other stems, or <song>{STEM_MP4}, with or without the folders train, "
    "valid and test around the songs"
)


class FolderConfig(FilesConfig):
    """Your own songs, each a folder of stems."""

    kind: Literal["folder"] = "folder"
    drums: Names = key(
        DRUM_NAMES, "names of drum stems, which are summed; globs, case does not matter"
    )
    other: Names = key(("*",), "names of other stems, which are summed")
    drumless: Names = key(
        DRUMLESS_NAMES, "names of the sum of all other stems, which is used instead of them"
    )
    mixture: Names = key(MIXTURE_NAMES, "names of the mixture, which is never summed")
    ignore: Names = key(IGNORED_NAMES, "names of files that are not used")

    def check_machine(self, where: str) -> None:
        """Check that the data set exists, and that ffmpeg is installed if a stem needs it."""
        super().check_machine(where)
        root = Path(self.path)
        check_ffmpeg(root, where, lambda path: _is_used(path, root, self))


@dataclass(frozen=True)
class SongFacts:
    """A row of `songs.tsv` in the folder of a data set: the metadata of a song."""

    song: str = cell("name of the song's folder, or of its file without .stem.mp4")
    artist: str = cell("artist, or empty")
    style: str = cell("genre, or empty")
    licence: str = cell("licence, or empty")


def songs(config: FolderConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Find the songs. Those in the folders train, valid and test have this official split.

    Args:
        config: the data set's folder and the names of the stems.
        work: not used, because nothing is made.

    Raises:
        UserError: there are no songs, or `songs.tsv` is bad.
    """
    root = Path(config.path).absolute()
    found = [
        (path, split)
        for folder, split in _song_folders(root)
        for path in entries(folder)
        if not (folder == root and _is_split(path))
    ]
    items = [(path, split) for path, split in found if is_stem_file(path) or path.is_dir()]
    plain = [
        path for path, _ in found if is_audio(path) and path.is_file() and not is_stem_file(path)
    ]
    facts = _read_facts(root, {song_name(path) for path, _ in items})
    empty = True
    for path, split in items:
        song = _song(path, split, config, facts)
        if song is not None:
            empty = False
            yield song
    if empty:
        hint = f"; for its {len(plain)} audio files, use kind: mixes" if plain else ""
        raise UserError(f"{root}: no songs found; expected {LAYOUT}{hint}")
    for path in plain:
        if _name_role(path, root, config) == "ignore":
            continue
        reason = f"{path}: is a recording without a folder of stems; use kind: mixes for it"
        yield Unusable(song_name(path), "no stems", reason)


def _song_folders(root: Path) -> list[tuple[Path, str]]:
    # The folders whose entries are songs, and the official split of these.
    splits = [path for path in subfolders(root) if _is_split(path)]
    return [(root, ""), *((path, SPLIT_FOLDERS[path.name.lower()]) for path in splits)]


def _is_split(path: Path) -> bool:
    # A folder `test` with audio in it is a song of this name.
    if path.name.lower() not in SPLIT_FOLDERS or not path.is_dir():
        return False
    return not any(is_audio(file) and not is_stem_file(file) for file in entries(path))


def _read_facts(root: Path, names: set[str]) -> Mapping[str, SongFacts]:
    path = root / SONGS_TABLE
    if not path.is_file():
        return {}
    rows = read_table(path, SongFacts, hint="remove it, or write it again")
    for row in rows:
        if row.song not in names:
            raise UserError(f"{path}: the song {row.song!r} is not in {root}; is it misspelt?")
    return {row.song: row for row in rows}


def _song(
    path: Path, split: str, config: FolderConfig, facts: Mapping[str, SongFacts]
) -> SourceSong | Unusable | None:
    # None: a folder without audio, which is no song.
    name = song_name(path)
    try:
        stems = _streams(path) if is_stem_file(path) else _stems(path, config)
        beats, score = (_annotation(path / f"{file}.tsv") for file in ("beats", "score"))
    except Unfit as error:
        return unusable(name, error)
    if not stems:
        return None
    row = facts.get(name) or SongFacts(name, "", "", "")
    return SourceSong(
        name=name,
        stems=stems,
        # Not the name alone: songs of one identity count as renderings, never as duplicates.
        identity=f"{path.parent.name}/{path.name}" if split else path.name,
        artist=row.artist or artist_of(name),
        split=split,
        beats=beats,
        score=score,
        style=row.style,
        licence=row.licence,
    )


def _streams(path: Path) -> tuple[Stem, ...]:
    return tuple(Stem(role, path, stream) for stream, role in enumerate(STEM_STREAMS))


def _annotation(path: Path) -> Path | None:
    if not path.is_file():
        return None
    check_name(path)
    return path


def _stems(folder: Path, config: FolderConfig) -> tuple[Stem, ...]:
    files = without_copies(walk_files(folder))
    containers = [path for path in files if is_stem_file(path)]
    if containers and files == containers[:1]:
        return _streams(containers[0])
    by_role: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        if path not in containers:
            by_role[_name_role(path, folder, config)].append(path)
    if not files or set(by_role) <= {"ignore"}:
        return ()
    _check_one_song(folder, by_role["drums"], by_role["other"])
    if len(by_role["mixture"]) > 1:
        names = ", ".join(path.name for path in by_role["mixture"])
        raise Unfit("mixtures", f"{folder}: several files are mixtures: {names}")
    if not by_role["drums"] and (by_role["other"] or by_role["drumless"]):
        names = ", ".join(str(path.relative_to(folder)) for path in files)
        raise LeftOut("no drums", f"{folder}: no file has the name of a drum stem; found {names}")
    roles: tuple[tuple[Role, list[Path]], ...] = (
        ("drums", by_role["drums"]),
        ("other", by_role["drumless"] or by_role["other"]),
        ("mixture", by_role["mixture"]),
    )
    return tuple(Stem(role, path) for role, paths in roles for path in paths)


def _name_role(path: Path, folder: Path, config: FolderConfig) -> str:
    # drums, other, drumless, mixture or ignore.
    relative = path.relative_to(folder)
    names = {_folded(name) for name in (*relative.parts, path.stem)}
    whole = _folded(relative.as_posix())
    for role in ("ignore", "mixture", "drumless", "drums", "other"):
        if role == "mixture" and _folded(path.stem) == _folded(folder.name):
            return role
        for pattern in map(_folded, getattr(config, role)):
            if any(
                fnmatch.fnmatchcase(name, pattern)
                for name in ({whole} if "/" in pattern else names)
            ):
                return role
    return "ignore"


def _is_used(path: Path, root: Path, config: FolderConfig) -> bool:
    """Whether a file in the folder of a song is used."""
    if is_stem_file(path):
        return True
    parts = path.relative_to(root).parts
    depth = 2 if parts[0].lower() in SPLIT_FOLDERS and _is_split(root / parts[0]) else 1
    return (
        len(parts) > depth and _name_role(path, root.joinpath(*parts[:depth]), config) != "ignore"
    )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _check_one_song(folder: Path, drums: list[Path], other: list[Path]) -> None:
    # If two subfolders have drums and other stems each, they are songs.
    inside = [
        {path.relative_to(folder).parts[0] for path in paths if path.parent != folder}
        for paths in (drums, other)
    ]
    several = sorted(inside[0] & inside[1])
    if len(several) > 1:
        raise Unfit(
            "several songs",
            f"{folder}: {several[0]} and {several[1]} have drums and other stems each; are they "
            "songs? The folder of a song must be in the path itself or in train, valid or test",
        )


Config = FolderConfig
