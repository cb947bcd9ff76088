"""Short excerpts of songs, to listen to on the page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np

from jukedrummer.audio.chunks import read_chunks
from jukedrummer.audio.io import open_audio
from jukedrummer.corpus.activity import WindowLevels
from jukedrummer.report.media import mp3

SECONDS = 6
RECORDINGS = ("drumless", "drums")


@dataclass(frozen=True)
class Excerpt:
    """The same stretch of both recordings of a song.

    Attributes:
        start: where it starts, seconds.
        sounds: name of each recording to its MP3, a data URL.
    """

    start: int
    sounds: dict[str, str]


def chosen_songs(lists: Iterable[Sequence[int]], most: int) -> list[int]:
    """At most `most` songs of lists, each once: the first of each list, then the second, ..."""
    ranks = zip_longest(*lists)
    songs = dict.fromkeys(song for song in chain.from_iterable(ranks) if song is not None)
    return list(songs)[:most]


def read_excerpt(folder: Path) -> Excerpt:
    """The excerpt where the drums of a song are loudest.

    Args:
        folder: folder of the song's two recordings.

    Raises:
        UserError: a recording is missing or damaged.
    """
    start = loudest(folder / "drums.flac")
    sounds = {name: mp3(_read(folder / f"{name}.flac", start)) for name in RECORDINGS}
    return Excerpt(start, sounds)


def loudest(path: Path) -> int:
    """Start of the loudest excerpt, seconds; 0 if the recording is not longer than an excerpt.

    Raises:
        UserError: the recording is missing or damaged.
    """
    levels = WindowLevels()
    with read_chunks(path) as chunks:
        for chunk in chunks:
            levels.add(chunk.mean(axis=1))
    powers = 10 ** (levels.finish() / 10)
    if len(powers) <= SECONDS:
        return 0
    return int(np.convolve(powers, np.ones(SECONDS), "valid").argmax())


def _read(path: Path, start: int) -> np.ndarray:
    with open_audio(path) as audio:
        rate = audio.file.samplerate
        audio.file.seek(start * rate)
        samples = audio.file.read(SECONDS * rate, dtype="float32", always_2d=True)
    mono: np.ndarray = samples.mean(axis=1)
    return mono
