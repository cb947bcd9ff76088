"""What trackers of one kind share: the 314 features, networks over them, the dynamic Bayesian network.

An hour of audio is one song with one beat grid. What would not fit in memory then is replaced by what does,
with the same results: features of a long song are made piece by piece, `BarViterbi` decodes all songs.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.audio.io import resample
from jukedrummer.beats.bar_viterbi import BarViterbi
from jukedrummer.beats.downbeat_features import SAMPLE_RATE, WIDTH, DownbeatFeatures
from jukedrummer.beats.madmom_shim import load_madmom
from jukedrummer.beats.tracker import FPS, Tracked, beat_confidence
from jukedrummer.config import BeatsConfig

# Frames of a batch, padding included: bounds the memory (about 25 kB a frame with madmom's eight networks).
_BATCH_FRAMES = 24_000
# Of a song that exceeds a batch: seconds whose features are computed at once, and seconds that are heard on
# either side of them. The longest window and the resampling's filter reach a few tenths at most.
_PIECE = 60
_MARGIN = 1
# A second or less holds no bar: nothing can be said about the beat.
_TOO_FEW_FRAMES = FPS
_CERTAIN = 1e-9


class NetworkTracker:
    """Audio to features to networks to beats; a kind of tracker adds `name`, `version` and the networks.

    Args:
        config: the settings of the dynamic Bayesian network.
        device: where the features and networks run, e.g. "cpu" or "cuda".
    """

    name: str
    version: str

    def __init__(self, config: BeatsConfig, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.features = DownbeatFeatures().to(self.device)
        self.decoder = make_decoder(config)

    def hear(self, songs: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        """Run the networks over the songs of one batch.

        Args:
            songs: features, each (T, 314); T may be 0.

        Returns:
            For each song embeddings (T, 50) and probabilities of `CLASSES` (T, 3).
        """
        raise NotImplementedError

    def hear_long(self, song: Tensor) -> tuple[Tensor, Tensor]:
        """As `hear`, for a song (T, 314) that exceeds a batch."""
        return self.hear([song])[0]

    def observations(self, activations: np.ndarray) -> np.ndarray:
        """What the Bayesian network sees of the activations (T, 3), of the same shape."""
        return activations

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        """Track one song; see `Tracker`."""
        return self.track_many([audio], sample_rate)[0]

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track songs as batches of like length, long ones one by one; see `Tracker`."""
        tracked: dict[int, Tracked] = {}
        for batch in _batches([len(song) * SAMPLE_RATE // sample_rate for song in songs]):
            embeddings, activations = self._heard([songs[index] for index in batch], sample_rate)
            for index, embedding, activation in zip(batch, embeddings, activations, strict=True):
                tracked[index] = self._decode(embedding, activation)
        return [tracked[index] for index in range(len(songs))]

    def _heard(
        self, songs: Sequence[np.ndarray], sample_rate: int
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """What `activations` returns, for the songs of one batch at their own rate."""
        if len(songs[0]) > _BATCH_FRAMES // FPS * sample_rate:  # alone in its batch
            embeddings, activations = self.hear_long(self._long_features(songs[0], sample_rate))
            return [embeddings.cpu().numpy()], [activations.cpu().numpy()]
        return self.activations([resample(song, sample_rate, SAMPLE_RATE) for song in songs])

    def _long_features(self, song: np.ndarray, sample_rate: int) -> Tensor:
        """Features (T, 314) of a song (N,), made piece by piece.

        Pieces start at whole seconds: these are a frame, and a sample of any rate.
        """
        seconds = -(-len(song) // sample_rate)
        features = torch.empty(seconds * FPS, WIDTH, device=self.device)
        end = 0
        for start in tqdm(
            range(0, seconds, _PIECE), desc="features", unit="min", delay=2, leave=False
        ):
            before = min(start, _MARGIN)
            heard = song[(start - before) * sample_rate : (start + _PIECE + _MARGIN) * sample_rate]
            audio = torch.as_tensor(resample(heard, sample_rate, SAMPLE_RATE), device=self.device)
            piece = self.features(audio)[before * FPS :][: _PIECE * FPS]
            end = start * FPS + len(piece)
            features[start * FPS : end] = piece
        return features[:end]

    def activations(self, songs: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Features and networks of one batch.

        Args:
            songs: each (N,) float32 at 44,100 Hz.

        Returns:
            For each song the embeddings (T, 50) and the activations (T, 3), float32.
        """
        heard = self.hear(
            [self.features(torch.as_tensor(song, device=self.device)) for song in songs]
        )
        embeddings, activations = zip(*heard, strict=True)
        # Copies, which do not keep the whole batch in memory.
        return [_own(values) for values in embeddings], [_own(values) for values in activations]

    def _decode(self, embeddings: np.ndarray, activations: np.ndarray) -> Tracked:
        beats = decode(self.decoder, self.observations(activations))
        return Tracked(
            beats=beats,
            activations=activations,
            embeddings=embeddings,
            confidence=beat_confidence(beats, activations),
            tracker=self.name,
            version=self.version,
        )


def make_decoder(config: BeatsConfig) -> Any:
    """madmom's dynamic Bayesian network with the Viterbi of bounded memory; see `decode`."""
    load_madmom()
    from madmom.features.downbeats import DBNDownBeatTrackingProcessor

    decoder = DBNDownBeatTrackingProcessor(
        beats_per_bar=list(config.beats_per_bar),
        min_bpm=config.min_bpm,
        max_bpm=config.max_bpm,
        num_tempi=config.num_tempi,
        transition_lambda=config.transition_lambda,
        observation_lambda=config.observation_lambda,
        threshold=config.threshold,
        fps=FPS,
    )
    decoder.hmms = [BarViterbi(hmm) for hmm in decoder.hmms]
    return decoder


def decode(decoder: Any, activations: np.ndarray) -> np.ndarray:
    """Beats (n, 2) of probabilities of `CLASSES` (T, 3); none in a second or less."""
    if len(activations) <= _TOO_FEW_FRAMES:
        return np.empty((0, 2))
    return decoder(_open_interval(activations[:, 1:]))


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


def _own(values: Tensor) -> np.ndarray:
    return values.cpu().numpy().copy()
