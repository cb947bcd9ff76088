"""Training examples of the beat tracker: annotated songs, their features on disk, random crops."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.downbeat_features import BANDS, DownbeatFeatures, frame_count
from jukedrummer.beats.tracker import CLASSES, FPS
from jukedrummer.corpus.pairs import Pair
from jukedrummer.training.stored_songs import StoredSongs, TrainingSong, training_songs

STORED_VERSIONS = ("mix", "drumless", "drums")  # of every song
# Frames next to a beat get half its probability, because annotations are not exact to 10 ms.
WIDENED = {-1: 0.5, 0: 1.0, 1: 0.5}
OPENING_FRAMES = 3_000  # at the start of a song: enough for its statistics and to track its beats


@dataclass(frozen=True, eq=False)
class AnnotatedSong(TrainingSong):
    """A pair with annotated `beats`, (n, 2) seconds, bar position."""

    beats: np.ndarray


def annotated_songs(shards: list[Path], split: str) -> list[AnnotatedSong]:
    """The songs of one split that have annotated beats. Prints the number of the others.

    Args:
        shards: folders of the shards of pairs.
        split: train, valid or test.

    Raises:
        UserError: no song has annotated beats.
    """
    return training_songs(
        shards,
        split,
        _annotated_song,
        annotation="annotated beats",
        hint=", but the drum-aware tracker is trained on them; set beats.weights to a trained or "
        "imported tracker, or beats.tracker to madmom",
    )


def _annotated_song(pair: Pair, folder: Path) -> AnnotatedSong | None:
    if not pair.beats:
        return None
    return AnnotatedSong(
        folder, frame_count(pair.samples), read_beats(pair.beats, pair.seconds + 1)
    )


class StoredBands(StoredSongs[AnnotatedSong]):
    """Bands of all versions of songs."""

    frame_shape = (len(STORED_VERSIONS), BANDS)

    def features(self) -> Iterator[Tensor]:
        """The bands of each song, (T, 3, 157)."""
        features = DownbeatFeatures()
        for song in self.songs:
            drumless, drums = (
                torch.from_numpy(read_audio(song.folder / f"{name}.flac"))
                for name in ("drumless", "drums")
            )
            versions = {"mix": drumless + drums, "drumless": drumless, "drums": drums}
            yield torch.stack([features.bands(versions[name]) for name in STORED_VERSIONS], dim=1)

    def crop(
        self, song: int, start: float, frames: int, speed: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """A crop of a song, faster or slower, with silence after the song's end.

        Args:
            song: index of the song.
            start: start in frames.
            frames: T, the number of frames to return. They cover T * speed frames of the song.
            speed: factor of the tempo.

        Returns:
            Bands (3, T, 157) float32 and target probabilities of `CLASSES` (T, 3) float32.
        """
        at = start + np.arange(frames) * speed
        first, length = int(start), int(np.ceil(frames * speed)) + 2
        begin = int(self.starts[song]) + first
        end = min(begin + length, int(self.starts[song + 1]))
        values = self.values[begin:end].astype(np.float32)
        values = np.pad(values, ((0, length - len(values)), (0, 0), (0, 0)))
        left = at.astype(int) - first
        share = (at - first - left)[:, None, None].astype(np.float32)
        bands = values[left] * (1 - share) + values[left + 1] * share
        return bands.transpose(1, 0, 2), targets(self.songs[song].beats, start, frames, speed)

    def opening(self, song: int) -> np.ndarray:
        """Bands (3, T, 157) of the first half minute of a song, or of a shorter song."""
        return self.crop(song, 0, min(OPENING_FRAMES, self.songs[song].frames))[0]


def targets(beats: np.ndarray, start: float, frames: int, speed: float = 1.0) -> np.ndarray:
    """Probabilities of `CLASSES` in the frames of a crop; see `StoredBands.crop`.

    Args:
        beats: (n, 2) seconds, bar position.
        start: start in frames.
        frames: T, number of frames.
        speed: factor of the tempo.

    Returns:
        (T, 3) float32.
    """
    result = np.zeros((frames, len(CLASSES)), dtype=np.float32)
    at = np.rint((beats[:, 0] * FPS - start) / speed).astype(int)
    column = np.where(beats[:, 1] == 1, CLASSES.index("downbeat"), CLASSES.index("beat"))
    for offset, probability in WIDENED.items():
        inside = (at + offset >= 0) & (at + offset < frames)
        places = at[inside] + offset, column[inside]
        result[places] = np.maximum(result[places], probability)
    result[:, CLASSES.index("none")] = np.maximum(0, 1 - result.sum(axis=1))
    return result


def louder(bands: np.ndarray, decibel: float) -> np.ndarray:
    """The bands log10(1 + x) of the same recording at another level.

    Args:
        bands: (..., 157).
        decibel: change of the level.
    """
    result: np.ndarray = np.log10(1 + np.float32(10 ** (decibel / 20)) * (10**bands - 1))
    return result
