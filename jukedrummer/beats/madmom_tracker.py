"""madmom's downbeat tracker: its features and networks in PyTorch, its dynamic Bayesian network as it is.

The code of madmom is BSD; its model files are CC BY-NC-SA 4.0.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from jukedrummer.audio import resample
from jukedrummer.beats.downbeat_features import SAMPLE_RATE, DownbeatFeatures
from jukedrummer.beats.downbeat_networks import DownbeatNetworks
from jukedrummer.beats.madmom_shim import load_madmom, madmom_version
from jukedrummer.beats.tracker import FPS, Tracked, beat_confidence
from jukedrummer.config import BeatsConfig

# Frames of a batch, padding included: bounds the memory (about 25 kB a frame with eight networks).
_BATCH_FRAMES = 24_000
# A second or less holds no bar: nothing can be said about the beat.
_TOO_FEW_FRAMES = FPS
_CERTAIN = 1e-9


class MadmomTracker:
    """Tracks beats and downbeats.

    Args:
        config: which networks vote, and the settings of the dynamic Bayesian network.
        device: where the features and networks run, e.g. "cpu" or "cuda".
    """

    name = "madmom"

    def __init__(self, config: BeatsConfig, device: str = "cpu") -> None:
        load_madmom()
        from madmom.features.downbeats import DBNDownBeatTrackingProcessor

        self.version = f"{madmom_version()}, {config.networks} of 8 networks"
        self.device = torch.device(device)
        self.features = DownbeatFeatures().to(self.device)
        self.networks = DownbeatNetworks(config.networks).to(self.device)
        self.decoder = DBNDownBeatTrackingProcessor(
            beats_per_bar=list(config.beats_per_bar),
            min_bpm=config.min_bpm,
            max_bpm=config.max_bpm,
            num_tempi=config.num_tempi,
            transition_lambda=config.transition_lambda,
            observation_lambda=config.observation_lambda,
            threshold=config.threshold,
            fps=FPS,
        )

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        """Track one song; see `Tracker`."""
        return self.track_many([audio], sample_rate)[0]

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track songs as batches of like length; see `Tracker`."""
        tracked: dict[int, Tracked] = {}
        for batch in _batches([len(song) * SAMPLE_RATE // sample_rate for song in songs]):
            audio = [resample(songs[index], sample_rate, SAMPLE_RATE) for index in batch]
            embeddings, activations = self.activations(audio)
            for index, embedding, activation in zip(batch, embeddings, activations, strict=True):
                tracked[index] = self._decode(embedding, activation)
        return [tracked[index] for index in range(len(songs))]

    def activations(self, songs: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Features and networks of one batch.

        Args:
            songs: each (N,) float32 at 44,100 Hz.

        Returns:
            For each song the first network's embeddings (T, 50) and the activations (T, 3), float32.
        """
        features = [self.features(torch.as_tensor(song, device=self.device)) for song in songs]
        lengths = torch.tensor([len(frames) for frames in features], device=self.device)
        padded = torch.nn.utils.rnn.pad_sequence(features, batch_first=True)
        embeddings, activations = self.networks(padded, lengths)
        return _unpad(embeddings[:, :, 0], lengths), _unpad(activations, lengths)

    def _decode(self, embeddings: np.ndarray, activations: np.ndarray) -> Tracked:
        beats = np.empty((0, 2))
        if len(activations) > _TOO_FEW_FRAMES:
            beats = self.decoder(_open_interval(activations[:, 1:]))
        return Tracked(
            beats=beats,
            activations=activations,
            embeddings=embeddings,
            confidence=beat_confidence(beats, activations),
            tracker=self.name,
            version=self.version,
        )


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indices of songs in batches of at most `_BATCH_FRAMES` padded frames, or of one song."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Ascending: the newest is the longest, to which the others are padded.
        if batch and (len(batch) + 1) * (lengths[index] // 441 + 1) > _BATCH_FRAMES:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _open_interval(votes: np.ndarray) -> np.ndarray:
    """Probabilities of beat and downbeat (T, 2) in float64, each above 0 and their sum below 1.

    The decoder takes the logarithm of each and of what is left of 1. Where a network is certain, float32
    rounds to 0 or beyond 1, and the decoder would fail on the infinity.
    """
    votes = np.maximum(votes.astype(np.float64), _CERTAIN)
    return votes / np.maximum(1, votes.sum(axis=1, keepdims=True) / (1 - _CERTAIN))


def _unpad(batch: Tensor, lengths: Tensor) -> list[np.ndarray]:
    """(B, T, D) to B arrays of their own lengths, which share no memory with the batch."""
    arrays = batch.cpu().numpy()
    return [song[:length].copy() for song, length in zip(arrays, lengths.tolist(), strict=True)]
