"""MUSDB18-HQ and MUSDB18: 16-bit stereo wav, or five AAC streams in an MP4."""

from pathlib import Path

from tests.layouts import music

SONGS = (
    ("train", "ANiMAL - Clinic A"),
    ("train", "Triviul - Angelsaint"),  # an official validation song
    ("test", "M.E.R.C. Music - Knockout"),
    ("test", "Triviul feat. The Fiend - Widow"),
    ("train", "Leaf - Wicked"),
    ("test", "Juliet's Rescue - Heartbeats"),
    ("train", "Johnny Lokke - Promises & Lies"),  # an official validation song
    ("test", "Detsky Sad - Walkie Talkie"),  # its drum stem is wrong
)
FIRST_SEED = 100


def make(root: Path, songs: int = 6, seconds: float = 10.0) -> Path:
    """Write MUSDB18-HQ: `train/<song>/drums.wav`, ...

    Args:
        root: the data set's folder.
        songs: how many of `SONGS`.
        seconds: length of each song.
    """
    for seed, (subset, name) in enumerate(SONGS[:songs], FIRST_SEED):
        parts = {"mixture": music.mixture(seed, seconds), **music.stems(seed, seconds)}
        for part, audio in parts.items():
            music.write(root / subset / name / f"{part}.wav", audio)
    return root


def make_compressed(root: Path, songs: int = 2, seconds: float = 3.0) -> Path:
    """Write MUSDB18: `train/<song>.stem.mp4`, ...; needs ffmpeg. Arguments as `make`."""
    for seed, (subset, name) in enumerate(SONGS[:songs], FIRST_SEED):
        parts = [music.mixture(seed, seconds), *music.stems(seed, seconds).values()]
        music.write_streams(root / subset / f"{name}.stem.mp4", parts)
    return root
