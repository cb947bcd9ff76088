"""Songs of clicks, results of trackers, and madmom's own tracker to compare with."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.madmom_shim import load_madmom
from jukedrummer.beats.tracker import Tracked
from jukedrummer.config import SAMPLE_RATE
from tests.tiny import pair, write_pairs_table


def click_song(
    seconds: float, bpm: float = 120, beats_per_bar: int = 4, first: float = 0.3, seed: int = 0
) -> np.ndarray:
    """Decaying tones on the beats, lower and louder on downbeats, and quiet noise: (N,) float32."""
    audio = np.random.default_rng(seed).normal(0, 0.01, int(seconds * SAMPLE_RATE))
    for count, time in enumerate(np.arange(first, seconds, 60 / bpm)):
        start = round(time * SAMPLE_RATE)
        ramp = np.arange(min(4_000, len(audio) - start))
        pitch, level = (80, 0.7) if count % beats_per_bar == 0 else (400, 0.4)
        audio[start : start + len(ramp)] += (
            level * np.sin(2 * np.pi * pitch * ramp / SAMPLE_RATE) * np.exp(-ramp / 800)
        )
    return audio.astype(np.float32)


def tracked(
    beats: np.ndarray | None = None,
    activations: np.ndarray | None = None,
    embeddings: np.ndarray | None = None,
) -> Tracked:
    """A tracker's result with some of its parts; no beats by default."""
    beats = np.empty((0, 2)) if beats is None else beats
    return Tracked(beats, activations, embeddings, confidence=1.0, tracker="test", version="1")


def assert_same(actual: Tracked, expected: Tracked) -> None:
    """Check that two results are equal except for rounding."""
    np.testing.assert_array_equal(actual.beats, expected.beats)
    for name in ("activations", "embeddings"):
        np.testing.assert_allclose(getattr(actual, name), getattr(expected, name), atol=1e-5)
    assert actual.confidence == pytest.approx(expected.confidence, abs=1e-4)


class KnownTracker:
    """A tracker that returns the beats that a song was made with.

    Args:
        beats: length of a song in samples to its beats.
    """

    name, version = "known", "1"

    def __init__(self, beats: dict[int, np.ndarray]) -> None:
        self.beats = beats
        self.groups: list[int] = []

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """The beats of the songs; `groups` counts them."""
        assert sample_rate == SAMPLE_RATE
        self.groups.append(len(songs))
        return [self._tracked(len(song)) for song in songs]

    def _tracked(self, samples: int) -> Tracked:
        rng = np.random.default_rng(samples)
        frames = -(-samples // 441)
        embeddings = rng.normal(size=(frames, 50)).astype(np.float32)
        activations = rng.dirichlet((8, 1, 1), frames).astype(np.float32)
        return Tracked(self.beats[samples], activations, embeddings, 0.5, self.name, self.version)


def beat_grid(seconds: float, bpm: float, first: float) -> np.ndarray:
    """The beats of `click_song` in 4/4: (n, 2)."""
    times = np.arange(first, seconds, 60 / bpm)
    return np.stack([times, np.arange(len(times)) % 4 + 1.0], axis=1)


def write_pairs(
    folder: Path, separated: str = "", **songs: tuple[str, float, float, float]
) -> Path:
    """The folder of a shard.

    Args:
        folder: where to write it.
        separated: the name of a song that was separated.
        songs: by name: (split, seconds, bpm, seconds of the first beat).
    """
    rows = []
    for number, (name, (split, seconds, bpm, first)) in enumerate(songs.items()):
        drumless = click_song(seconds, bpm, first=first, seed=number)
        write_audio(folder / name / "drumless.flac", drumless)
        write_audio(folder / name / "drums.flac", drumless[::-1])
        kind = "separated" if name == separated else "true"
        length = round(len(drumless) / SAMPLE_RATE, 3)
        rows.append(pair(name, split, length, source="demo", kind=kind, samples=len(drumless)))
    return write_pairs_table(folder, *rows)


def rows_by_song(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a table by their first cell."""
    header, *lines = path.read_text().splitlines()
    return {
        line.split("\t")[0]: dict(zip(header.split("\t"), line.split("\t"), strict=True))
        for line in lines
    }


class Original:
    """madmom's `RNNDownBeatProcessor`, cut into its features and its networks."""

    def __init__(self) -> None:
        load_madmom()
        from madmom.audio.signal import Signal
        from madmom.features.downbeats import RNNDownBeatProcessor

        self.signal: Callable[..., Any] = Signal
        self.features_of, ensemble, _ = RNNDownBeatProcessor().processors
        parallel, self.average = ensemble.processors
        self.networks: Sequence[Any] = parallel.processors

    def features(self, audio: np.ndarray) -> np.ndarray:
        """(T, 314)."""
        return np.asarray(self.features_of(self.signal(audio, sample_rate=SAMPLE_RATE)))

    def embeddings(self, features: np.ndarray, network: int) -> np.ndarray:
        """(T, 50)."""
        for layer in self.networks[network].layers[:-1]:
            features = layer.activate(features, reset=True)
        return features

    def activations(self, features: np.ndarray, networks: int = 8) -> np.ndarray:
        """(T, 3)."""
        return np.asarray(self.average([net(features) for net in self.networks[:networks]]))
