"""Your own songs: a folder of songs, each a folder of stems, a MUSDB18 .stem.mp4 file, or a mix."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from jukedrummer.config import CorpusConfig, key, require_folder
from jukedrummer.corpus.manifest import Song
from jukedrummer.errors import UserError

AUDIO_SUFFIXES = (
    ".wav",
    ".flac",
    ".mp3",
    ".ogg",
    ".opus",
    ".m4a",
    ".aac",
    ".aif",
    ".aiff",
    ".wma",
    ".mp4",
)
STEM_MP4 = ".stem.mp4"
LAYOUTS = (
    "train/<song>/*.wav and test/<song>/*.wav (MUSDB18-HQ), <song>/*.wav with a drums.wav among "
    f"them, <song>{STEM_MP4}, or plain audio files"
)


class FolderConfig(CorpusConfig):
    """Your own songs, as stems or as mixes."""

    kind: Literal["folder"] = "folder"
    path: str = key(..., "the data set's root, in MUSDB18-HQ's layout or flat")

    def check_machine(self, where: str) -> None:
        """Check that the data set exists."""
        require_folder(self.path, f"{where}.path")


def songs(folder: Path, config: FolderConfig, workers: int) -> list[Song]:
    """Find the songs below `config.path`, in the order of their names.

    In MUSDB18's layout the folder test is the test split, and the validation split is drawn from
    the folder train. In a flat folder all splits are drawn. A draw depends on a hash of the songs'
    names only, so the same songs always have the same splits.

    Args:
        folder: not used, because nothing is written.
        config: the data set's root and the shares of the splits.
        workers: not used.

    Returns:
        The rows of the manifest.

    Raises:
        UserError: the root is not a folder, or there are no songs in it.
    """
    config.check_machine("corpus")
    root = Path(config.path).absolute()
    train, test = list(_items(root / "train")), list(_items(root / "test"))
    if train:
        shares = {"valid": config.valid_share} if test else _shares(config)
        paths = [*draw_splits(train, shares), *((path, "test") for path in test)]
    else:
        paths = draw_splits(list(_items(root)), _shares(config))
    if not paths:
        raise UserError(f"{root}: no songs found (corpus.path); expected {LAYOUTS}")
    taken: set[str] = set()
    return [_song(path, split, taken) for path, split in paths]


def _shares(config: FolderConfig) -> dict[str, float]:
    # Validation is drawn first, because with two songs, training needs a validation song.
    return {"valid": config.valid_share, "test": config.test_share}


def _items(folder: Path) -> Iterator[Path]:
    # Songs: folders that hold audio, and audio files.
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if _is_audio(path) or (path.is_dir() and any(map(_is_audio, path.iterdir()))):
            yield path


def _is_audio(path: Path) -> bool:
    return (
        path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def draw_splits(paths: list[Path], shares: dict[str, float]) -> list[tuple[Path, str]]:
    """Give each song a split, by a hash of its name.

    Args:
        paths: files or folders of the songs.
        shares: share of the songs, by split, in the order in which they are drawn. A split whose
            share is above 0 gets at least one song if there are enough. Training gets the rest, and
            at least one song.

    Returns:
        Each path with its split, in the order of `paths`.
    """
    order = sorted(paths, key=lambda path: hashlib.sha256(_name(path).encode()).digest())
    split = dict.fromkeys(paths, "train")
    wanted = {name: max(1, round(share * len(paths))) for name, share in shares.items() if share}
    for later, name in zip(reversed(range(len(wanted))), wanted, strict=True):
        # One song stays for training, and one for each later split, before this split takes two.
        count = min(wanted[name], max(1, len(order) - 1 - later), max(0, len(order) - 1))
        split.update(dict.fromkeys(order[:count], name))
        del order[:count]
    return list(split.items())


def _name(path: Path) -> str:
    if path.is_dir():
        return path.name
    return path.name[: -len(STEM_MP4)] if path.name.lower().endswith(STEM_MP4) else path.stem


def _song(path: Path, split: str, taken: set[str]) -> Song:
    beats = path / "beats.tsv"
    stems = path.is_dir() or path.name.lower().endswith(STEM_MP4)
    return Song(
        song=safe_id(_name(path), taken),
        split=split,
        kind="stems" if stems else "mix",
        path=path,
        beats=beats if beats.is_file() else None,
    )


def safe_id(name: str, taken: set[str]) -> str:
    """Make an id of a song's name: letters, digits, _ and - only.

    Args:
        name: any text.
        taken: ids in lower case, because some file systems ignore case. The new id differs from all
            of them and is added.
    """
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = re.sub(r"[^A-Za-z0-9_-]+", "_", ascii_name).strip("_-") or "song"
    result, number = base, 1
    while result.lower() in taken:
        number += 1
        result = f"{base}_{number}"
    taken.add(result.lower())
    return result


Config = FolderConfig
