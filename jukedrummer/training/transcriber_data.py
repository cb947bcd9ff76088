"""Training examples of the transcriber: songs with a drum score, their mels on disk, crops."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from torch import Tensor

from jukedrummer.audio.io import read_audio
from jukedrummer.corpus.pairs import Pair
from jukedrummer.errors import UserError
from jukedrummer.model.drum_score import Strokes, read_strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.transcriber import FRAME_RATE, TRANSCRIBER_MEL, recording_mel
from jukedrummer.training.stored_songs import StoredSongs, TrainingSong, training_songs

REACH = 2.0  # frames: the target of an onset is a triangle that reaches this far to each side
SILENT_BAND = float(np.log10(TRANSCRIBER_MEL.floor))


@dataclass(frozen=True, eq=False)
class ScoredSong(TrainingSong):
    """A pair with a drum score, its `strokes`."""

    strokes: Strokes


def scored_songs(shards: list[Path], split: str) -> list[ScoredSong]:
    """The songs of one split that have a drum score. Prints the number of the others.

    Args:
        shards: folders of the shards of pairs.
        split: train, valid or test.

    Raises:
        UserError: no song has a score with a stroke, or a score cannot be read.
    """
    songs = training_songs(
        shards,
        split,
        _scored_song,
        annotation="a drum score",
        hint=", but the transcriber is trained on them; set transcriber.weights to a trained "
        "transcriber, or add songs with scores (the sources demo and midi)",
    )
    if not any(len(song.strokes) for song in songs):
        raise UserError(
            f"{shards[0].parent}: the drum scores of split {split} have no strokes: do they have "
            "other percussion only?"
        )
    return songs


def _scored_song(pair: Pair, folder: Path) -> ScoredSong | None:
    if not pair.score:
        return None
    frames = max(1, pair.samples // TRANSCRIBER_MEL.hop)
    return ScoredSong(folder, frames, read_strokes(pair.score, pair.seconds + 1))


class StoredMels(StoredSongs[ScoredSong]):
    """Log-mels of the drums of songs."""

    frame_shape = (TRANSCRIBER_MEL.bands,)

    def features(self) -> Iterator[Tensor]:
        """The mel of each song's drums, (T, F)."""
        for song in self.songs:
            yield recording_mel(read_audio(song.folder / "drums.flac")).T

    def crop(self, song: int, start: int, frames: int) -> np.ndarray:
        """The mel (F, T) float32 of a crop, with silence outside the song.

        Args:
            song: index of the song.
            start: first frame; it may be before the song's start.
            frames: T.
        """
        length = self.songs[song].frames
        first, last = max(0, start), min(start + frames, length)
        begin = int(self.starts[song])
        result = np.full((frames, TRANSCRIBER_MEL.bands), SILENT_BAND, np.float32)
        if first < last:
            result[first - start : last - start] = self.values[begin + first : begin + last]
        return result.T

    @cached_property
    def places(self) -> list[np.ndarray]:
        """For each piece that has strokes: (n, 2) song and frame of each stroke."""
        rows = [
            np.stack([np.full(len(song.strokes), index), frame_of(song.strokes.times)], axis=1)
            for index, song in enumerate(self.songs)
        ]
        joined = np.concatenate(rows).astype(int)
        pieces = np.concatenate([song.strokes.pieces for song in self.songs])
        every = [joined[pieces == piece] for piece in range(len(PIECES))]
        return [places for places in every if len(places)]

    def patches(self, random: np.random.Generator, frames: int, number: int) -> np.ndarray:
        """Random patches of a few frames, half of them at strokes: (number, frames * F) float32."""
        spots = random.integers(0, self.starts[-1] - frames + 1, number)
        for index in range(0, number, 2):
            places = self.places[random.integers(len(self.places))]
            song, frame = places[random.integers(len(places))]
            spots[index] = self.starts[song] + frame + random.integers(-1, 2)
        spots = np.clip(spots, 0, self.starts[-1] - frames)
        values = [self.values[spot : spot + frames].reshape(-1) for spot in spots]
        return np.stack(values).astype(np.float32)


def frame_of(times: np.ndarray) -> np.ndarray:
    """The frame whose centre is at each time, seconds; a fraction for other times."""
    frames: np.ndarray = times * FRAME_RATE - 0.5
    return frames


def stroke_targets(strokes: Strokes, start: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """The targets of a crop.

    Args:
        strokes: score of the song.
        start: first frame of the crop.
        frames: T.

    Returns:
        Onset targets (T, P) float32: 1 where a stroke is at the centre of a frame, less beside it.
        Velocities (T, P) float32: those of the nearest stroke; 0 without a stroke.
    """
    onsets = np.zeros((frames, len(PIECES)), np.float32)
    velocities = np.zeros_like(onsets)
    every = frame_of(strokes.times) - start
    inside = slice(*np.searchsorted(every, [-REACH, frames + REACH]))
    rows = zip(every[inside], strokes.pieces[inside], strokes.velocities[inside], strict=True)
    for at, piece, velocity in rows:
        near = np.arange(max(0, np.ceil(at - REACH)), min(frames, at + REACH), dtype=int)
        height = 1 - np.abs(near - at) / REACH
        higher = height > onsets[near, piece]
        onsets[near[higher], piece] = height[higher]
        velocities[near[higher], piece] = velocity
    return onsets, velocities
