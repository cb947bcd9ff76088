"""A corpus of impulses, and trackers with known errors."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.tracker import Tracked
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation import beat_tracking as tracking
from tests.evaluation.helpers.corpus import Corpus
from tests.tiny import pair, write_pairs_table

SONGS = {  # split, style, period in seconds, whether its beats are annotated
    "a": ("test", "rock", 0.8, True),
    "b": ("test", "waltz", 0.45, True),
    "c": ("test", "rock", 0.45, True),
    "unknown": ("test", "rock", 0.5, False),
    "trained": ("train", "rock", 0.5, True),
}


class ImpulseTracker:
    """Finds the impulses of a track and converts their times to beats with a given function."""

    name, version = "impulses", "1"

    def __init__(self, make: Callable[[np.ndarray], np.ndarray], confidence: float = 0.5) -> None:
        self.make, self.confidence = make, confidence

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        """Track one song."""
        times = self.make(np.flatnonzero(audio > 0.25) / sample_rate)
        beats = np.stack([times, np.arange(len(times)) % 4 + 1], axis=1)
        return Tracked(beats, None, None, self.confidence, self.name, self.version)

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track several songs."""
        return [self.track(song, sample_rate) for song in songs]


def beats_of(song: str) -> np.ndarray:
    """The annotated beats of a song of `SONGS`, (n, 2)."""
    times = np.arange(0.25, 7.5, SONGS[song][2])
    return np.stack([times, np.arange(len(times)) % 4 + 1], axis=1)


def write_impulses(folder: Path) -> Corpus:
    """Impulses: on the beats in the drums, and between the beats in the drumless recording."""
    songs = []
    for name, (split, style, period, annotated) in SONGS.items():
        source = folder / "songs" / name
        source.mkdir(parents=True)
        write_beats(source / "beats.tsv", beats_of(name))
        beats = source / "beats.tsv" if annotated else None
        songs.append(pair(name, split, 8.0, beats=beats, style=style))
        for part, shift in (("drums", 0), ("drumless", period / 2)):
            audio = np.zeros(8 * SAMPLE_RATE, np.float32)
            audio[np.rint((beats_of(name)[:, 0] + shift) * SAMPLE_RATE).astype(int)] = 0.5
            write_audio(folder / "pairs" / name / f"{part}.flac", audio)
    return [write_pairs_table(folder / "pairs", *songs)]


def trackers(*impulses: ImpulseTracker) -> tracking.Trackers:
    """The trackers under the names madmom and drum_aware."""
    return {
        name: dict.fromkeys(tracking.VERSIONS, tracker)
        for name, tracker in zip(("madmom", "drum_aware"), impulses, strict=False)
    }


def two_trackers() -> tracking.Trackers:
    """One with a beat on every impulse and high confidence, and one with every other impulse."""
    return trackers(
        ImpulseTracker(lambda times: times, 0.9), ImpulseTracker(lambda times: times[::2], 0.2)
    )
