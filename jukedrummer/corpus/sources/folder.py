"""Own data: a folder of songs, each a folder of stems, a MUSDB18 .stem.mp4 file, or a mix."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from jukedrummer.config import CorpusConfig
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
    "train/<song>/*.wav and test/<song>/*.wav (MUSDB18-HQ), <song>/*.wav with a drums.wav among them, "
    f"<song>{STEM_MP4}, or plain audio files"
)


def scan(config: CorpusConfig) -> list[Song]:
    """Find the songs below `config.path`, in the order of their names.

    With MUSDB18's layout its test folder is the test split, and the validation split is drawn from its train
    folder. In a flat folder all splits are drawn. They are drawn by a hash of the songs' names: the same
    songs always get the same splits.

    Raises:
        UserError: the folder is missing, or no songs are in it.
    """
    root = Path(config.path).absolute()
    if not root.is_dir():
        raise UserError(f"{root}: no such folder (corpus.path)")
    train, test = list(_items(root / "train")), list(_items(root / "test"))
    if train:
        shares = {"valid": config.valid_share} if test else _shares(config)
        found = [*_drawn(train, shares), *((path, "test") for path in test)]
    else:
        found = _drawn(list(_items(root)), _shares(config))
    if not found:
        raise UserError(f"{root}: no songs found (corpus.path); expected {LAYOUTS}")
    taken: set[str] = set()
    return [_song(path, split, taken) for path, split in found]


def _shares(config: CorpusConfig) -> dict[str, float]:
    # Validation first: with two songs, training needs it more than a test.
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


def _drawn(paths: list[Path], shares: dict[str, float]) -> list[tuple[Path, str]]:
    """Give each song a split: each share of the songs, at least one where it is above 0 and there are enough;
    training keeps one always. The songs with the lowest hashes of their names are taken, so it depends on
    nothing else.
    """
    order = sorted(paths, key=lambda path: hashlib.sha256(_name(path).encode()).digest())
    split = dict.fromkeys(paths, "train")
    wanted = {name: max(1, round(share * len(paths))) for name, share in shares.items() if share}
    for later, name in zip(reversed(range(len(wanted))), wanted, strict=True):
        # One is left for training, and before more than one is taken, one for each split that comes later.
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
        song=_safe_id(_name(path), taken),
        split=split,
        kind="stems" if stems else "mix",
        path=path,
        beats=beats if beats.is_file() else None,
    )


def _safe_id(name: str, taken: set[str]) -> str:
    # Letters, digits, _ and -; differs from the ids in `taken` also where file names ignore case.
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-") or "song"
    result, number = base, 1
    while result.lower() in taken:
        number += 1
        result = f"{base}_{number}"
    taken.add(result.lower())
    return result
