"""Plain recordings: a collection of music in several formats and subfolders."""

from pathlib import Path

from tests.layouts import music

SONGS = (
    "Nobody - One.mp3",
    "Somebody/Album/01 - Somebody - Two.flac",
    "Somebody/Album/02 - Three.ogg",
    "four.wav",
)
FIRST_SEED = 300


def make(root: Path, songs: int = 2, seconds: float = 10.0) -> Path:
    """Write the first `songs` of `SONGS`, `seconds` long, into the folder `root`."""
    for seed, name in enumerate(SONGS[:songs], FIRST_SEED):
        music.write(root / name, music.mixture(seed, seconds))
    return root
