"""Drum scores for songs of any length, with a trained score model."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from jukedrummer.audio.mel import check_same_mel
from jukedrummer.model.build import load_model
from jukedrummer.model.consensus import consensus
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.score import STROKES, ScoreNetwork, score_input
from jukedrummer.model.score_features import SCORE_MEL, slot_features
from jukedrummer.model.score_grid import (
    FEWEST_BEATS,
    GridScore,
    bar_lengths,
    tempo,
    to_strokes,
)
from jukedrummer.storage.weights import default_device

BEATS_AT_ONCE, MARGIN = 512, 96  # beats that are encoded at a time, and their context
TAKES = 32
"""Takes whose consensus is written."""
TEMPERATURE = 0.8
"""Temperature of the takes, chosen on validation songs."""


@dataclass(frozen=True)
class ScoreWriter:
    """Writes drum scores.

    Attributes:
        network: the trained network, in evaluation mode.
        device: where it runs, e.g. "cpu" or "cuda".
    """

    network: ScoreNetwork
    device: str = "cpu"

    def write(
        self, audio: np.ndarray, beats: np.ndarray, seed: int = 0, receives: bool = True
    ) -> Strokes:
        """The score that agrees best with many takes; see `consensus`.

        Args:
            audio: (N,) float32 at 44,100 Hz, the drumless recording.
            beats: (n, 2) seconds, bar position.
            seed: the same seed gives the same score.
            receives: False leaves the recording out; the score follows the beats alone.

        Returns:
            The strokes; none with fewer than two beats.
        """
        if len(beats) < FEWEST_BEATS:
            return Strokes.sorted(np.zeros(0), np.zeros(0), np.zeros(0))
        positions, lengths = _bars(beats)
        encoded = self._encode(audio, beats, receives)
        takes = self._draw(encoded, lengths, seed, TAKES, TEMPERATURE)
        return self._finished(consensus(takes, positions), encoded, beats)

    def takes(
        self, audio: np.ndarray, beats: np.ndarray, seed: int, count: int, temperature: float
    ) -> list[Strokes]:
        """Different plausible scores.

        Args:
            audio, beats, seed: as in `write`.
            count: number of scores.
            temperature: higher is bolder.
        """
        if len(beats) < FEWEST_BEATS:
            return [self.write(audio, beats)] * count
        encoded = self._encode(audio, beats, receives=True)
        drawn = self._draw(encoded, _bars(beats)[1], seed, count, temperature)
        return [self._finished(take, encoded, beats) for take in drawn]

    @torch.inference_mode()
    def _encode(self, audio: np.ndarray, beats: np.ndarray, receives: bool) -> Tensor:
        """The encoded beats, (1, Q, D). Long songs are encoded in parts."""
        features = slot_features(audio, beats, self.network.registers)
        positions, lengths = _bars(beats)
        parts = []
        for start in range(0, len(beats), BEATS_AT_ONCE):
            first, stop = max(0, start - MARGIN), start + BEATS_AT_ONCE
            part = slice(first, stop + MARGIN)
            song = score_input(
                features[part], positions[part], lengths[part], tempo(beats), receives
            )
            encoded = self.network.encode(type(song)(*(x.to(self.device) for x in song)))
            parts.append(encoded[:, start - first : stop - first])
        return torch.cat(parts, 1)

    def _draw(
        self, encoded: Tensor, lengths: np.ndarray, seed: int, count: int, temperature: float
    ) -> np.ndarray:
        random = np.random.default_rng(seed)
        # A generator of NumPy, so that all devices draw the same numbers.
        uniform = random.random((count, len(lengths), STROKES), np.float32)
        drawn = self.network.draw(
            encoded,
            torch.from_numpy(lengths)[None],
            torch.from_numpy(uniform).to(self.device),
            temperature,
        )
        takes: np.ndarray = drawn.cpu().numpy()
        return takes

    @torch.inference_mode()
    def _finished(self, strokes: np.ndarray, encoded: Tensor, beats: np.ndarray) -> Strokes:
        """Strokes (Q, S, P) with the velocities and offsets that the model gives them."""
        values = self.network.velocities_and_offsets(encoded)
        velocities, offsets = (value[0].float().cpu().numpy() for value in values)
        score = GridScore(
            np.where(strokes, np.clip(velocities, 1e-2, 1), 0), np.where(strokes, offsets, 0)
        )
        return to_strokes(score, beats)


def _bars(beats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bar positions from 0 and bar lengths of beats, (Q,) each."""
    positions = beats[:, 1].astype(np.int64)
    return positions - 1, bar_lengths(positions)


def load_score_writer(folder: Path | str, device: str | None = None) -> ScoreWriter:
    """The score model of a folder, on the GPU if there is one.

    Args:
        folder: folder of the model.
        device: where it runs; None chooses.

    Raises:
        UserError: a file is missing, broken or foreign, or the model is of another kind.
    """
    network, info = load_model(folder, "score")
    check_same_mel(SCORE_MEL, info.mel, str(folder))
    chosen = device or default_device()
    return ScoreWriter(cast(ScoreNetwork, network.to(chosen)), chosen)
