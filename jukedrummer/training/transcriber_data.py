"""Training examples of the transcriber: songs with a drum score, their mels on disk, crops."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import read_audio
from jukedrummer.corpus.pairs import all_pairs
from jukedrummer.errors import UserError
from jukedrummer.model.drum_score import Strokes, read_strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.transcriber import FRAME_RATE, TRANSCRIBER_MEL, recording_mel
from jukedrummer.storage.files import atomic_path

REACH = 2.0  # frames: the target of an onset is a triangle that reaches this far to each side
SILENT_BAND = float(np.log10(TRANSCRIBER_MEL.floor))


@dataclass(frozen=True, eq=False)
class ScoredSong:
    """A pair with a drum score.

    Attributes:
        folder: folder with drums.flac.
        frames: T at 100 frames a second.
        strokes: its score.
    """

    folder: Path
    frames: int
    strokes: Strokes


def scored_songs(shards: list[Path], split: str) -> list[ScoredSong]:
    """The songs of one split that have a drum score. Prints the number of the others.

    Args:
        shards: folders of the shards of pairs.
        split: train, valid or test.

    Raises:
        UserError: no song has a score with a stroke, or a score cannot be read.
    """
    chosen = [(pair, folder) for pair, folder in all_pairs(shards) if pair.split == split]
    songs = [
        ScoredSong(
            folder,
            max(1, pair.samples // TRANSCRIBER_MEL.hop),
            read_strokes(pair.score, pair.seconds + 1),
        )
        for pair, folder in chosen
        if pair.score
    ]
    if not any(len(song.strokes) for song in songs):
        raise UserError(
            f"{shards[0].parent}: none of the {len(chosen)} songs of split {split!r} has a drum "
            "score with strokes, but the transcriber is trained on them; set transcriber.weights "
            "to a trained transcriber, or add songs with scores (the sources demo and midi)"
        )
    if len(songs) < len(chosen):
        tqdm.write(
            f"{split}: {len(chosen) - len(songs)} of {len(chosen)} songs have no drum score: "
            "left out"
        )
    return songs


class StoredMels:
    """Log-mels of the drums of songs, in a file. Only one crop at a time is in memory.

    Args:
        path: the file. It is created if it is missing.
        songs: the songs in a fixed order.
    """

    def __init__(self, path: Path, songs: list[ScoredSong]) -> None:
        self.path, self.songs = path, songs
        self.starts = np.cumsum([0] + [song.frames for song in songs])
        if not path.exists():
            self._write(path)
        shape = (int(self.starts[-1]), TRANSCRIBER_MEL.bands)
        self._values = np.memmap(path, np.float16, "r", shape=shape)

    def _write(self, path: Path) -> None:
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            for song in tqdm(self.songs, desc="features of the transcriber", unit="song"):
                mel = recording_mel(read_audio(song.folder / "drums.flac"))
                file.write(mel.T.half().numpy().tobytes())

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
            result[first - start : last - start] = self._values[begin + first : begin + last]
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
        values = [self._values[spot : spot + frames].reshape(-1) for spot in spots]
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
