"""Recordings without stems, such as a collection of music. They are separated by demucs."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from jukedrummer.config import FilesConfig, key
from jukedrummer.corpus.files import (
    artist_of,
    check_ffmpeg,
    song_name,
    unusable,
    walk_files,
    without_copies,
)
from jukedrummer.corpus.song import SourceSong, Stem, Unfit, Unusable, Work
from jukedrummer.errors import UserError


class MixesConfig(FilesConfig):
    """Recordings without stems, in a folder and its subfolders, which demucs separates."""

    gives_mixes: ClassVar[bool] = True
    kind: Literal["mixes"] = "mixes"
    artist: Literal["name", "folder"] = key(
        "name",
        "name: the artist is the text before ' - ' in the file's name; folder: the artist is the "
        "name of the first folder below path",
    )

    def check_machine(self, where: str) -> None:
        """Check that the folder exists, and that ffmpeg is installed if a recording needs it."""
        super().check_machine(where)
        check_ffmpeg(Path(self.path), where, lambda path: True)


# Two files of these names in one folder are stems of a song, not two songs.
STEM_NAMES = ("drums", "bass", "vocals", "other", "guitar", "piano", "keys", "kick", "snare")


def songs(config: MixesConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Find the recordings. Each audio file is a song.

    Args:
        config: the folder.
        work: not used, because nothing is made.

    Raises:
        UserError: the folder has no audio files.
    """
    root = Path(config.path).absolute()
    errors: list[Unfit] = []
    paths = without_copies(walk_files(root, on_error=errors.append))
    if not paths and not errors:
        raise UserError(f"{root}: no audio files found in the folder and its subfolders")
    yield from (unusable(str(root), error) for error in errors)
    named = Counter(path.parent for path in paths if song_name(path).lower() in STEM_NAMES)
    for path in paths:
        relative, name = path.relative_to(root), song_name(path)
        if named[path.parent] >= 2:
            reason = f"{path}: its folder has files called {' or '.join(STEM_NAMES[:3])}, as stems"
            yield Unusable(relative.as_posix(), "stems", f"{reason} are; use the kind folder")
            continue
        folder = relative.parts[0] if len(relative.parts) > 1 else ""
        yield SourceSong(
            name=name,
            stems=(Stem("mixture", path),),
            # Not the name: a.wav and a.stem.mp4 are two recordings, and may be copies.
            identity=relative.with_suffix("").as_posix(),
            artist=folder if config.artist == "folder" else artist_of(name),
        )


Config = MixesConfig
