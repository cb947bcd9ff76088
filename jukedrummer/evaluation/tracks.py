"""Tracking of many recordings in batches, and cutting of recordings to a length."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import SAMPLE_RATE

T = TypeVar("T")
SONGS_AT_ONCE = 8  # tracked as one batch; bounds the audio in memory


def track_batches(
    items: Sequence[T], read: Callable[[T], np.ndarray], tracker: Tracker
) -> Iterator[tuple[T, np.ndarray, np.ndarray]]:
    """Read and track many recordings; `SONGS_AT_ONCE` of them are in memory.

    Args:
        items: keys of the recordings, e.g. paths.
        read: an item to its audio, (N,) at 44,100 Hz.
        tracker: the tracker.

    Yields:
        Each item with its audio (N,) and its beats (n, 2), in order.
    """
    for start in range(0, len(items), SONGS_AT_ONCE):
        batch = items[start : start + SONGS_AT_ONCE]
        recordings = [read(item) for item in batch]
        tracked = tracker.track_many(recordings, SAMPLE_RATE)
        for item, audio, result in zip(batch, recordings, tracked, strict=True):
            yield item, audio, result.beats


def fit_length(audio: np.ndarray, samples: int) -> np.ndarray:
    """Cut (N,) to `samples`, or pad it with silence."""
    return np.pad(audio[:samples], (0, max(0, samples - len(audio))))
