"""Your own stems: folders with names as people give them, in several formats."""

from pathlib import Path

import numpy as np

from tests.layouts import music

FIRST_SEED = 200


def make(root: Path, songs: int = 4, seconds: float = 10.0) -> Path:
    """Write songs: plain stems, folders of stems, a MUSDB18 file, 48 kHz.

    Args:
        root: the data set's folder.
        songs: number of songs, at most 4.
        seconds: length of each song.
    """
    writers = (_plain, _nested, _studio, _compressed)
    for seed, write_song in enumerate(writers[:songs], FIRST_SEED):
        write_song(root, seed, seconds)
    return root


def _plain(root: Path, seed: int, seconds: float) -> None:
    folder = root / 'Söhne & Töchter - It\'s "Here"'
    for part, audio in music.stems(seed, seconds).items():
        music.write(folder / f"{part}.wav", audio, subtype="PCM_24")
    music.write(folder / "mixture.wav", music.mixture(seed, seconds), subtype="PCM_24")
    music.write_beats(folder / "beats.tsv", seed, seconds)


def _nested(root: Path, seed: int, seconds: float) -> None:
    folder, parts = root / "Nobody - Second", music.stems(seed, seconds)
    music.write(folder / "Drums" / "01_Kick.flac", 0.6 * parts["drums"])
    music.write(folder / "Drums" / "02_OH L.flac", 0.4 * parts["drums"])
    music.write(folder / "Band" / "Bass.flac", parts["bass"])
    music.write(folder / "Band" / "Bottom Keys.flac", parts["other"])
    music.write(folder / "Band" / "Vox.flac", parts["vocals"])
    music.write(folder / "Master.mp3", music.mixture(seed, seconds))


def _studio(root: Path, seed: int, seconds: float) -> None:
    folder, parts = root / "studio take", music.stems(seed, seconds)
    music.write(folder / "DRUM BUS.wav", parts["drums"], 48_000, "FLOAT")
    music.write(folder / "no_drums.wav", _without_drums(parts), 48_000, "FLOAT")
    music.write(folder / "accompaniment.wav", music.mixture(seed, seconds), 48_000, "FLOAT")


def _compressed(root: Path, seed: int, seconds: float) -> None:
    parts = [music.mixture(seed, seconds), *music.stems(seed, seconds).values()]
    music.write_streams(root / "Nobody - Fourth.stem.mp4", parts)


def _without_drums(parts: dict[str, np.ndarray]) -> np.ndarray:
    return parts["bass"] + parts["other"] + parts["vocals"]
