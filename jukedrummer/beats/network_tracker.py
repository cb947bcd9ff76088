"""The base of trackers: features, networks, and the dynamic Bayesian network (DBN).

A song of an hour is tracked as a whole. To save memory, its features are computed piece by piece,
and `BarViterbi` decodes all songs. The result does not change.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.audio.io import resample
from jukedrummer.beats.bar_viterbi import BarViterbi
from jukedrummer.beats.downbeat_features import HOP, DownbeatFeatures
from jukedrummer.beats.madmom_shim import load_madmom
from jukedrummer.beats.tracker import FPS, Tracked, beat_confidence
from jukedrummer.config import SAMPLE_RATE, DBNConfig
from jukedrummer.model.drum_aware import FEATURE_WIDTH

# Frames of a batch with padding. They bound the memory: 25 kB a frame with madmom's 8 networks.
BATCH_FRAMES = 24_000
# The features of a song that exceeds a batch are computed in pieces of this many seconds, with a
# margin on both sides. The longest window and the resampling filter need a few tenths of a second.
PIECE_SECONDS = 60
_MARGIN_SECONDS = 1
_LEAST_FRAMES = FPS  # a song of this many frames or fewer has no bar
_SMALLEST = 1e-9  # probability


class NetworkTracker:
    """Audio to features, networks, beats. Subclasses add `name`, `version` and the networks.

    Args:
        config: the settings of the DBN.
        device: where the features and networks run, e.g. "cpu" or "cuda".

    Attributes:
        device: where the features and networks run.
        features: waveform to features.
        decoder: the DBN; see `decode`.
    """

    name: str
    version: str

    def __init__(self, config: DBNConfig, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.features = DownbeatFeatures().to(self.device)
        self.decoder = make_decoder(config)

    def run(self, songs: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        """Run the networks over the songs of one batch.

        Args:
            songs: features, each (T, 314); T may be 0.

        Returns:
            For each song embeddings (T, 50) and probabilities of `CLASSES` (T, 3).
        """
        raise NotImplementedError

    def run_long(self, song: Tensor) -> tuple[Tensor, Tensor]:
        """As `run`, for a song (T, 314) that exceeds a batch."""
        return self.run([song])[0]

    def observations(self, activations: np.ndarray) -> np.ndarray:
        """The observations of the DBN, (T, 3), from activations of the same shape."""
        return activations

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        """Track one song; see `Tracker`."""
        return self.track_many([audio], sample_rate)[0]

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track songs as batches of similar length, long ones one by one; see `Tracker`."""
        tracked: dict[int, Tracked] = {}
        for batch in batches([len(song) * SAMPLE_RATE // sample_rate for song in songs]):
            outputs = self._run_batch([songs[index] for index in batch], sample_rate)
            for index, embeddings, activations in zip(batch, *outputs, strict=True):
                tracked[index] = self.decode(embeddings, activations)
        return [tracked[index] for index in range(len(songs))]

    def _run_batch(
        self, songs: Sequence[np.ndarray], sample_rate: int
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """As `activations`, for songs of any sample rate."""
        if len(songs[0]) > BATCH_FRAMES // FPS * sample_rate:  # alone in its batch
            embeddings, activations = self.run_long(self._long_features(songs[0], sample_rate))
            return [embeddings.cpu().numpy()], [activations.cpu().numpy()]
        return self.activations([resample(song, sample_rate, SAMPLE_RATE) for song in songs])

    def _long_features(self, song: np.ndarray, sample_rate: int) -> Tensor:
        """Features (T, 314) of a song (N,), computed piece by piece.

        Pieces start at whole seconds, because frames and samples of any rate start there too.
        """
        seconds = -(-len(song) // sample_rate)
        features = torch.empty(seconds * FPS, FEATURE_WIDTH, device=self.device)
        end = 0
        starts = range(0, seconds, PIECE_SECONDS)
        for start in tqdm(starts, desc="features", unit="min", delay=2, leave=False):
            before = min(start, _MARGIN_SECONDS)
            after = start + PIECE_SECONDS + _MARGIN_SECONDS
            samples = song[(start - before) * sample_rate : after * sample_rate]
            audio = torch.as_tensor(resample(samples, sample_rate, SAMPLE_RATE), device=self.device)
            piece = self.features(audio)[before * FPS :][: PIECE_SECONDS * FPS]
            end = start * FPS + len(piece)
            features[start * FPS : end] = piece
        return features[:end]

    def activations(self, songs: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Run features and networks on one batch.

        Args:
            songs: each (N,) float32 at 44,100 Hz.

        Returns:
            For each song the embeddings (T, 50) and the activations (T, 3), float32.
        """
        outputs = self.run(
            [self.features(torch.as_tensor(song, device=self.device)) for song in songs]
        )
        embeddings, activations = zip(*outputs, strict=True)
        return [_copied(values) for values in embeddings], [
            _copied(values) for values in activations
        ]

    def decode(self, embeddings: np.ndarray, activations: np.ndarray) -> Tracked:
        """The result for one song, from its embeddings (T, 50) and activations (T, 3)."""
        beats = decode(self.decoder, self.observations(activations))
        return Tracked(
            beats=beats,
            activations=activations,
            embeddings=embeddings,
            confidence=beat_confidence(beats, activations),
            tracker=self.name,
            version=self.version,
        )


def make_decoder(config: DBNConfig) -> Any:
    """madmom's DBN with a Viterbi decoding that takes little memory; see `decode`."""
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
    """Beats of a song. A song of a second or less has no beats.

    Args:
        decoder: from `make_decoder`.
        activations: (T, 3) probabilities of `CLASSES`.

    Returns:
        (n, 2) float64: seconds, position.
    """
    if len(activations) <= _LEAST_FRAMES:
        return np.empty((0, 2))
    beats: np.ndarray = decoder(_open_interval(activations[:, 1:]))
    return beats


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Batches of songs, of at most `BATCH_FRAMES` frames with padding, or of one song.

    Args:
        lengths: samples of each song at 44,100 Hz.

    Yields:
        Indices of the songs of a batch, by length.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Songs are sorted by length. All songs of a batch are padded to the last.
        if batch and (len(batch) + 1) * (lengths[index] // HOP + 1) > BATCH_FRAMES:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _open_interval(votes: np.ndarray) -> np.ndarray:
    """Probabilities of beat and downbeat (T, 2) in float64, each above 0 and their sum below 1.

    The decoder takes the logarithm of each and of 1 minus their sum. If a network is certain, its
    float32 values are rounded to 0 or to a sum above 1. The logarithm would then be infinite.
    """
    votes = np.maximum(votes.astype(np.float64), _SMALLEST)
    limited: np.ndarray = votes / np.maximum(1, votes.sum(axis=1, keepdims=True) / (1 - _SMALLEST))
    return limited


def _copied(values: Tensor) -> np.ndarray:
    # A view would keep the whole batch in memory.
    copy: np.ndarray = values.cpu().numpy().copy()
    return copy
