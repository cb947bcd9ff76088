"""What the score model receives of a recording: levels and onsets at the slots of its beats.

The features are few and mean the same everywhere, so that a model that was trained on some
composers and sounds carries over to others. With all bands of the mel, a model learns songs by
heart. A recording is described relative to itself: each value has the mean 0 and about the
deviation 1 over the song, so that level, equalisation and instruments of the mix matter less.
"""

from collections.abc import Iterator

import numpy as np
import torch

from jukedrummer.audio.mel import log_mel_of_chunks
from jukedrummer.config import SAMPLE_RATE, MelConfig
from jukedrummer.model.score_grid import slot_times

SCORE_MEL = MelConfig(hop=441)
FEATURE_RATE = SAMPLE_RATE / SCORE_MEL.hop  # frames a second
_CHUNK_SAMPLES = 2**20
RISE_FRAMES = 2  # an onset is the rise of the log-mel over one or two frames, the larger
EARLY, LATE = 2, 5  # frames of a slot's onset, before and after its time
SHORTEST_SLOT = 4  # frames of a slot's level
LEAST_DEVIATION = 0.15  # of log10 levels; smaller changes of a band are not enlarged


def slot_features(audio: np.ndarray, beats: np.ndarray, registers: int) -> np.ndarray:
    """The features of a drumless recording.

    A slot has the level of each register, then the onset strength of each register. Letters beyond
    those of `score_grid`: R registers.

    Args:
        audio: (N,) float32 at 44,100 Hz.
        beats: (Q, 2) seconds, bar position; Q at least 2.
        registers: R, groups of neighbouring bands, from the bass to the cymbals; it divides F.

    Returns:
        (Q, S, 2 R) float32.
    """
    mel = _mel(audio)
    rise = _rise(mel)
    times = slot_times(beats)
    starts = times.ravel()
    ends = np.append(starts[1:], 2 * starts[-1] - starts[-2])
    rows = [
        np.concatenate([_level(mel, start, end), _onset(rise, start)])
        for start, end in zip(starts, ends, strict=True)
    ]
    bands = _standardised(np.array(rows, np.float32)).reshape(len(starts), 2 * registers, -1)
    return _standardised(bands.mean(-1)).reshape(*times.shape, 2 * registers)


def _standardised(values: np.ndarray) -> np.ndarray:
    """Mean 0 and deviation 1 of each column, or less where a column hardly changes."""
    return np.asarray((values - values.mean(0)) / (values.std(0) + LEAST_DEVIATION), np.float32)


def _mel(audio: np.ndarray) -> np.ndarray:
    """The log-mel as (T, F); T is at least 1."""
    missing = SCORE_MEL.n_fft - len(audio)
    padded = np.pad(audio, (0, missing)) if missing > 0 else audio
    return torch.cat(list(log_mel_of_chunks(_chunks(padded), SCORE_MEL)), -1).T.numpy()


def _chunks(audio: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(audio), _CHUNK_SAMPLES):
        yield audio[start : start + _CHUNK_SAMPLES].astype(np.float32, copy=False)


def _rise(mel: np.ndarray) -> np.ndarray:
    rise = np.zeros_like(mel)
    for frames in range(1, RISE_FRAMES + 1):
        rise[frames:] = np.maximum(rise[frames:], mel[frames:] - mel[:-frames])
    return rise


def _level(mel: np.ndarray, start: float, end: float) -> np.ndarray:
    first = _frame(start, len(mel))
    last = max(int(end * FEATURE_RATE), int(start * FEATURE_RATE) + SHORTEST_SLOT)
    return np.asarray(mel[first : max(min(last, len(mel)), first + 1)].mean(0))


def _onset(rise: np.ndarray, time: float) -> np.ndarray:
    frame = int(time * FEATURE_RATE)
    first = min(max(0, frame - EARLY), len(rise) - 1)
    return np.asarray(rise[first : max(min(frame + LATE, len(rise)), first + 1)].max(0))


def _frame(time: float, frames: int) -> int:
    return min(max(0, int(time * FEATURE_RATE)), frames - 1)
