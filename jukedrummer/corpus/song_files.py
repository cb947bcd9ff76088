"""The files of a song that the package renders: stems, beats, drum score, description."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.audio.io import write_pcm16
from jukedrummer.corpus.song import Role, Stem
from jukedrummer.storage.files import write_json, write_text


def write_song_files(
    folder: Path,
    stems: Mapping[str, np.ndarray],
    beats: Iterable[tuple[float, int]],
    strokes: Iterable[tuple[float, int, int]],
    about: Mapping[str, Any],
) -> None:
    """Write the stems, `beats.tsv`, `drums.tsv` and `song.json`.

    Args:
        folder: an existing folder.
        stems: int16 (samples,) by name, including `drums`.
        beats: seconds and position in the bar of each beat.
        strokes: seconds, General MIDI pitch and velocity of each stroke of the drums.
        about: content of song.json.

    Raises:
        UserError: a file cannot be written.
    """
    for name, wave in stems.items():
        write_pcm16(folder / f"{name}.wav", wave)
    write_text(folder / "beats.tsv", "".join(f"{time:.6f}\t{place}\n" for time, place in beats))
    write_text(
        folder / "drums.tsv",
        "".join(f"{time:.6f}\t{pitch}\t{strength}\n" for time, pitch, strength in strokes),
    )
    write_json(folder / "song.json", about)


def song_stems(folder: Path) -> tuple[Stem, ...]:
    """The recordings of a rendered song: drums.wav, mixture.wav, and the others in its folder."""
    roles: dict[str, Role] = {"drums": "drums", "mixture": "mixture"}
    files = sorted(path for path in folder.iterdir() if path.suffix == ".wav")
    return tuple(Stem(roles.get(path.stem, "other"), path) for path in files)
