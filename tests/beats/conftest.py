"""Small songs of clicks, and madmom's own tracker to compare with."""

from collections.abc import Callable

import numpy as np
import pytest

from jukedrummer.beats.madmom_shim import load_madmom


def click_song(
    seconds: float, bpm: float = 120, beats_per_bar: int = 4, first: float = 0.3
) -> np.ndarray:
    """Decaying tones on the beats, lower and louder on downbeats, over quiet noise: (N,) float32."""
    audio = np.random.default_rng(0).normal(0, 0.01, int(seconds * 44_100))
    for count, time in enumerate(np.arange(first, seconds, 60 / bpm)):
        start = round(time * 44_100)
        ramp = np.arange(min(4_000, len(audio) - start))
        pitch, level = (80, 0.7) if count % beats_per_bar == 0 else (400, 0.4)
        audio[start : start + len(ramp)] += (
            level * np.sin(2 * np.pi * pitch * ramp / 44_100) * np.exp(-ramp / 800)
        )
    return audio.astype(np.float32)


class Original:
    """madmom's `RNNDownBeatProcessor`, cut into its features and its networks."""

    def __init__(self) -> None:
        load_madmom()
        from madmom.audio.signal import Signal
        from madmom.features.downbeats import RNNDownBeatProcessor

        self.signal = Signal
        self.features_of, ensemble, _ = RNNDownBeatProcessor().processors
        parallel, self.average = ensemble.processors
        self.networks = parallel.processors

    def features(self, audio: np.ndarray) -> np.ndarray:
        """(T, 314)."""
        return np.asarray(self.features_of(self.signal(audio, sample_rate=44_100)))

    def embeddings(self, features: np.ndarray, network: int) -> np.ndarray:
        """(T, 50)."""
        for layer in self.networks[network].layers[:-1]:
            features = layer.activate(features, reset=True)
        return features

    def activations(self, features: np.ndarray, networks: int = 8) -> np.ndarray:
        """(T, 3)."""
        return self.average([network(features) for network in self.networks[:networks]])


@pytest.fixture(scope="session")
def original() -> Original:
    return Original()


@pytest.fixture(scope="session")
def song() -> np.ndarray:
    """Five seconds at 120 beats a minute."""
    return click_song(5)


@pytest.fixture(scope="session")
def clicks() -> Callable[..., np.ndarray]:
    """The maker of songs itself."""
    return click_song
