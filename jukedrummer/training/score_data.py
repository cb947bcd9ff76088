"""Training examples of the score model: songs with beats and a drum score, as crops of beats."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.corpus.pairs import Pair
from jukedrummer.model.drum_score import read_strokes
from jukedrummer.model.score import SLOTS, STROKES
from jukedrummer.model.score_features import slot_features
from jukedrummer.model.score_grid import FEWEST_BEATS, bar_lengths, tempo, to_grid
from jukedrummer.training.stored_songs import StoredSongs, TrainingSong, training_songs

# Changes of the features in training. They are deviations, in units of the standardised features,
# or probabilities. With less, the model learns its songs by heart.
EQ_POINTS, EQ = 7, 0.5
MASKS, MASK = 2, 0.5  # masks of up to a third of the registers
NO_LEVELS = 0.3  # only onsets are left
GAP, GAP_BEATS = 0.3, 16  # a part of the crop without the recording
STRENGTHS = (0.6, 1.3)
NOISE = 0.5
# Errors of the earlier strokes that condition a take.
MISSED, ADDED, FORGOTTEN = 0.1, 0.04, 0.15


@dataclass(frozen=True, eq=False)
class ScoreSong(TrainingSong):
    """A pair with beats and a drum score. Its `frames` are beats.

    Attributes:
        beats: (Q, 2) seconds, bar position.
        score: file of the drum score.
        seconds: duration.
    """

    beats: np.ndarray
    score: Path
    seconds: float


def score_songs(shards: list[Path], split: str) -> list[ScoreSong]:
    """The songs of one split that have annotated beats and a drum score.

    Args:
        shards: folders of the shards of pairs.
        split: train or valid.

    Raises:
        UserError: no song has both, or a file cannot be read.
    """
    return training_songs(
        shards,
        split,
        _score_song,
        annotation="beats and a drum score",
        hint=", but the score model is trained on them; set score.weights to a trained model, or "
        "add songs with scores (the sources demo, midi and mma)",
    )


def _score_song(pair: Pair, folder: Path) -> ScoreSong | None:
    if not (pair.score and pair.beats):
        return None
    beats = read_beats(Path(pair.beats), pair.seconds + 1)
    if len(beats) < FEWEST_BEATS:
        return None
    return ScoreSong(folder, len(beats), beats, pair.score, pair.seconds)


class Crop(NamedTuple):
    """Some beats of a song; see `ScoreInput` and `GridScore`.

    Attributes:
        features: (Q, S, 2 R) float32.
        velocities, offsets: (Q, S, P) float32.
        positions, lengths: (Q,) int64.
        bpm: tempo of the song.
    """

    features: np.ndarray
    velocities: np.ndarray
    offsets: np.ndarray
    positions: np.ndarray
    lengths: np.ndarray
    bpm: float


class StoredScores(StoredSongs[ScoreSong]):
    """Features and scores of songs, a row for each beat.

    Args:
        path, songs: as `StoredSongs`.
        registers: R of the features.
    """

    def __init__(self, path: Path, songs: list[ScoreSong], *, registers: int) -> None:
        self.registers = registers
        self.frame_shape = (2 * SLOTS * registers + 2 * STROKES,)
        super().__init__(path, songs)

    def features(self) -> Iterator[Tensor]:
        """The rows of each song, (Q, ...): features, velocities, offsets."""
        for song in self.songs:
            heard = slot_features(
                read_audio(song.folder / "drumless.flac"), song.beats, self.registers
            )
            score = to_grid(read_strokes(song.score, song.seconds + 1), song.beats)
            parts = (heard, score.velocities, score.offsets)
            rows = np.concatenate([part.reshape(len(song.beats), -1) for part in parts], axis=1)
            yield torch.from_numpy(rows)

    def crop(self, song: int, start: int, beats: int) -> Crop:
        """Up to `beats` beats of a song from beat `start`."""
        chosen = self.songs[song]
        stop = min(start + beats, chosen.frames)
        begin = int(self.starts[song])
        rows = np.asarray(self.values[begin + start : begin + stop], np.float32)
        edges = [len(rows[0]) - 2 * STROKES, len(rows[0]) - STROKES]
        heard, velocities, offsets = (
            part.reshape(len(rows), SLOTS, -1) for part in np.split(rows, edges, axis=1)
        )
        positions = chosen.beats[:, 1].astype(np.int64)
        lengths = bar_lengths(positions)[start:stop]
        return Crop(
            heard, velocities, offsets, positions[start:stop] - 1, lengths, tempo(chosen.beats)
        )


def changed_features(features: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Features (Q, S, 2 R) as of another mix, band or recording of the same song."""
    registers = features.shape[-1] // 2
    points = random.normal(0, EQ, EQ_POINTS)
    curve = np.interp(np.linspace(0, EQ_POINTS - 1, registers), np.arange(EQ_POINTS), points)
    changed = features + random.random() * np.tile(curve, 2)
    for _ in range(MASKS):
        if random.random() < MASK:
            first = int(random.integers(registers))
            last = first + int(random.integers(1, max(2, registers // 3)))
            changed[..., first : min(last, registers)] = 0
            changed[..., registers + first : registers + min(last, registers)] = 0
    if random.random() < NO_LEVELS:
        changed[..., :registers] = 0
    if random.random() < GAP:
        first = int(random.integers(len(changed)))
        changed[first : first + int(random.integers(1, GAP_BEATS))] = 0
    noise = random.normal(0, random.uniform(0, NOISE), changed.shape)
    return np.asarray(changed * random.uniform(*STRENGTHS) + noise, np.float32)


def with_errors(strokes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Strokes (Q, S, P) of a take with missed and added ones, or without any."""
    if random.random() < FORGOTTEN:
        return np.zeros_like(strokes)
    missed = random.random(strokes.shape) < MISSED
    added = random.random(strokes.shape) < ADDED / 2
    return np.asarray(np.where(missed, 0, np.maximum(strokes, added)), np.float32)
