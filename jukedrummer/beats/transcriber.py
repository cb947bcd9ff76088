"""Transcription: drums to the strokes of each piece, with a trained network."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import scipy.signal
import torch
from torch import Tensor

from jukedrummer.audio.mel import check_same_mel
from jukedrummer.model.build import load_model
from jukedrummer.model.chunks import Chunks, in_chunks
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.transcriber import (
    FRAME_RATE,
    TRANSCRIBER_MEL,
    TranscriberNetwork,
    Transcription,
    recording_mel,
)
from jukedrummer.storage.weights import default_device

STROKES_APART = 3  # frames: nearer strokes of one piece count as one
CHUNKS = Chunks(size=4_096, margin=300)  # frames: 41 seconds, and 3 seconds of context


class Transcriber:
    """Transcribes drums of any length.

    Args:
        network: the trained network.
        device: where it runs, e.g. "cpu" or "cuda".
        chunks: frames that are computed at a time, and their context.
    """

    def __init__(
        self, network: TranscriberNetwork, device: str = "cpu", chunks: Chunks = CHUNKS
    ) -> None:
        self.network = network.to(device).eval()
        self.device, self.chunks = device, chunks

    def transcribe(self, audio: np.ndarray) -> Strokes:
        """The strokes of a recording of drums.

        Besides the log-mel (115 MB an hour), a chunk of a minute is in memory.

        Args:
            audio: (N,) float32 at 44,100 Hz.
        """
        values = self._run(audio, lambda output: [output.logits.sigmoid(), output.velocities])
        onsets, velocities = np.split(values, 2, axis=1)
        return pick_strokes(onsets, velocities, self.network.thresholds.cpu().numpy())

    def embed(self, audio: np.ndarray) -> np.ndarray:
        """The features of a recording (N,) in each frame: (T, 2 H) float32."""
        return self._run(audio, lambda output: [output.features])

    @torch.inference_mode()
    def _run(
        self, audio: np.ndarray, chosen: Callable[[Transcription], list[Tensor]]
    ) -> np.ndarray:
        def run(mel: Tensor) -> Tensor:
            output = self.network(mel[None].to(self.device))
            return torch.cat(chosen(output), -1)[0].T.cpu()

        values = in_chunks(run, recording_mel(audio), 1, *self.chunks)
        frames: np.ndarray = values.T.float().numpy()
        return frames


def pick_strokes(onsets: np.ndarray, velocities: np.ndarray, thresholds: np.ndarray) -> Strokes:
    """The strokes at the peaks of onset probabilities.

    A peak's time is finer than a frame. The network is trained on triangles that reach two frames
    to each side, and the frames beside a peak show where the triangle's tip is.

    Args:
        onsets: (T, P) probabilities.
        velocities: (T, P), 0 to 1.
        thresholds: (P,) least probability of a stroke.
    """
    times, pieces, levels = [], [], []
    for piece, threshold in enumerate(thresholds):
        # A frame more at both ends, so that the first and the last frame can be peaks.
        column = np.pad(onsets[:, piece].astype(np.float64), 1, mode="reflect")
        peaks, _ = scipy.signal.find_peaks(column, height=threshold, distance=STROKES_APART)
        before, after = column[peaks - 1], column[peaks + 1]
        shift = (after - before) / np.maximum(after + before, 1e-9)
        frames = peaks - 1
        times.append((frames + 0.5 + np.clip(shift, -0.5, 0.5)) / FRAME_RATE)
        pieces.append(np.full(len(peaks), piece))
        levels.append(np.clip(velocities[frames, piece], 1e-3, 1))
    joined = (np.concatenate(values) for values in (times, pieces, levels))
    return Strokes.sorted(*joined)


def load_transcriber(folder: Path | str, device: str | None = None) -> Transcriber:
    """The transcriber of a folder, on the GPU if there is one.

    Args:
        folder: folder of the model.
        device: where it runs; None chooses.

    Raises:
        UserError: a file is missing, broken or foreign, or the model is of another kind.
    """
    network, info = load_model(folder, "transcriber")
    check_same_mel(TRANSCRIBER_MEL, info.mel, str(folder))
    return Transcriber(cast(TranscriberNetwork, network), device or default_device())
