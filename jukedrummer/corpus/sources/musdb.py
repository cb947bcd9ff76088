"""MUSDB18 and MUSDB18-HQ: 150 songs with four stems.

The names of the stems, their streams and the official validation songs are those of the package
`musdb`. Its reader is not used. It finds no songs in another layout, it treats folders of
thumbnails as songs, and it stops at one damaged file. A test compares both.

Known faults of the data set (sigsep.github.io/datasets/musdb.html): the drum stem of Detsky Sad -
Walkie Talkie contains other instruments, so the song is left out unless `use_errata` is set. Leaf -
Wicked has an electric guitar in the drums at 2:20 and 3:02. In PR - Oh No the left channel of the
mixture is not the sum of the stems.
"""

import importlib.util
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from jukedrummer.config import Archive, FilesConfig, key, require_package
from jukedrummer.corpus.files import (
    STEM_MP4,
    artist_of,
    entries,
    is_stem_file,
    require_ffmpeg,
    song_name,
    subfolders,
    unusable,
)
from jukedrummer.corpus.song import LeftOut, Role, SourceSong, Stem, Unfit, Unusable, Work
from jukedrummer.errors import UserError

SUBSETS = ("train", "test")
LICENCE = "education only; some tracks CC BY-NC-SA: sigsep.github.io/datasets/musdb.html"
WRONG_DRUMS = {"Detsky Sad - Walkie Talkie": "other instruments are in the drum stem"}


class MusdbConfig(FilesConfig):
    """MUSDB18 (.stem.mp4) or MUSDB18-HQ (wav)."""

    ARCHIVES: ClassVar[Mapping[str, Archive]] = {
        "hq": Archive(
            "https://zenodo.org/records/3338373/files/musdb18hq.zip",
            checksum="sha256:baac80d0483c61d74b2e5f3be75fa557eec52898339e6aa45c1fa48833c5d21d",
            licence=LICENCE,
            title="MUSDB18-HQ",
            unpacked_bytes=31_000_000_000,
        ),
        "stems": Archive(
            "https://zenodo.org/records/1117372/files/musdb18.zip",
            bytes=4_684_228_845,
            checksum="md5:af06762477334799bfc5abf237648207",
            licence=LICENCE,
            title="MUSDB18",
            unpacked_bytes=4_700_000_000,
        ),
        "sample": Archive(
            "https://github.com/sigsep/sigsep-mus-db/releases/download/v0.4.0/MUSDB18-7-STEMS.zip",
            licence=LICENCE,
            title="MUSDB18-7, seven seconds of each song",
        ),
    }
    kind: Literal["musdb"] = "musdb"
    use_errata: bool = key(
        False, "whether songs with a wrong drum stem are used: Detsky Sad - Walkie Talkie"
    )

    def check_machine(self, where: str) -> None:
        """Check that the package `musdb` is installed, and ffmpeg for .stem.mp4 files."""
        super().check_machine(where)
        require_package("musdb", f"{where}.kind is musdb", "pip install '.[musdb]'")
        folders = [Path(self.path, subset) for subset in SUBSETS]
        if self.download in ("stems", "sample") or any(map(_stem_files, folders)):
            require_ffmpeg(where, f"{STEM_MP4} files")


def songs(config: MusdbConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Find the songs in the folders train and test.

    Args:
        config: the data set's folder.
        work: not used, because nothing is made.

    Raises:
        UserError: there are no songs in this layout.
    """
    facts = _facts()
    root = Path(config.path).absolute()
    wav = {
        (subset, folder.name): folder for subset in SUBSETS for folder in subfolders(root / subset)
    }
    used = {song for song, folder in wav.items() if _is_song(folder, facts)}
    compressed = {
        (subset, song_name(path)): path
        for subset in SUBSETS
        for path in _stem_files(root / subset)
        if (subset, song_name(path)) not in used  # otherwise it is the same recording
    }
    if not used and not compressed:
        raise _no_songs(root)
    print(
        f"corpus: {config.title}: {len(used)} songs as wav (MUSDB18-HQ), "
        f"{len(compressed)} as {STEM_MP4} (MUSDB18)"
    )
    for (subset, name), path in sorted({**wav, **compressed}.items()):
        try:
            yield _song(name, path, _split(subset, name, facts), config, facts)
        except Unfit as error:
            yield unusable(name, error)


def _facts() -> dict[str, Any]:
    # The package's mus.yaml. It is read as a file, because `import musdb` needs ffmpeg.
    import yaml

    spec = importlib.util.find_spec("musdb")
    if spec is None or spec.origin is None:
        raise UserError("the package musdb is not installed: pip install '.[musdb]'")
    facts: dict[str, Any] = yaml.safe_load(
        Path(spec.origin).with_name("configs").joinpath("mus.yaml").read_text(encoding="utf-8")
    )
    return facts


def _is_song(folder: Path, facts: Mapping[str, Any]) -> bool:
    names = (*facts["sources"].values(), facts["mixture"])
    return any(os.path.isfile(folder / name) for name in names)


def _stem_files(folder: Path) -> list[Path]:
    return list(filter(is_stem_file, entries(folder))) if os.path.isdir(folder) else []


def _split(subset: str, name: str, facts: Mapping[str, Any]) -> str:
    valid = subset == "train" and name in facts["validation_tracks"]
    return "valid" if valid else subset


def _song(
    name: str, path: Path, split: str, config: MusdbConfig, facts: Mapping[str, Any]
) -> SourceSong:
    if name in WRONG_DRUMS and not config.use_errata:
        raise LeftOut(
            "errata", f"{path}: {WRONG_DRUMS[name]}; set use_errata of {config.title} to use it"
        )
    present = {file.name for file in entries(path)} if path.is_dir() else set()
    files = {"mixture": facts["mixture"], **facts["sources"]}
    stems = []
    for part, stream in sorted(facts["stem_ids"].items(), key=lambda item: item[1]):
        role: Role = part if part in ("mixture", "drums") else "other"
        if not path.is_dir():
            stems.append(Stem(role, path, stream))
        elif files[part] in present:
            stems.append(Stem(role, path / files[part]))
        elif part != "mixture":
            rule = "no drums" if role == "drums" else "missing stem"
            raise Unfit(rule, f"{path / files[part]}: no such file")
    return SourceSong(
        name=name,
        stems=tuple(stems),
        # Not the name alone: songs of one identity count as renderings, never as duplicates.
        identity=f"{path.parent.name}/{path.name}",
        artist=artist_of(name),
        split=split,
        licence=LICENCE,
    )


def _no_songs(root: Path) -> UserError:
    message = (
        f"{root}: no songs found; expected train/<song>/drums.wav (MUSDB18-HQ) or "
        f"train/<song>{STEM_MP4} (MUSDB18), and test/ likewise"
    )
    folders = _readable_subfolders(root)
    below = [folder for folder in folders if any((folder / s).is_dir() for s in SUBSETS)]
    if root.name in SUBSETS:
        return UserError(f"{message}. Is the path one level too deep? Try {root.parent}")
    if below:
        return UserError(f"{message}. Is the path one level too high? Try {below[0]}")
    found = ", ".join(path.name for path in folders[:5]) or "no folders"
    return UserError(f"{message}. Found {found}")


def _readable_subfolders(folder: Path) -> list[Path]:
    try:
        return subfolders(folder)
    except Unfit:
        return []


Config = MusdbConfig
