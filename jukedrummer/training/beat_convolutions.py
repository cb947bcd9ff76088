"""Training of the convolutional beat tracker on songs with stems and beats."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.network_tracker import decode, make_decoder
from jukedrummer.beats.tracker import FPS
from jukedrummer.beats.trackers.drum_aware import smoothed
from jukedrummer.config import DBNConfig, TrackerConfig
from jukedrummer.evaluation.metrics.beats import beat_f1
from jukedrummer.model.beat_convolutions import BeatConvolutions, class_probabilities
from jukedrummer.model.transcriber import TRANSCRIBER_MEL, recording_mel
from jukedrummer.storage.weights import ModelInfo, describe
from jukedrummer.training.loop import train
from jukedrummer.training.random import example_random, random_for
from jukedrummer.training.stored_songs import StoredSongs, stored_splits
from jukedrummer.training.task import Batch, Metrics, Task
from jukedrummer.training.tracker_data import OPENING_FRAMES, AnnotatedSong, annotated_songs
from jukedrummer.training.transcriber_data import SILENT_BAND

MEL_VERSIONS = ("drumless", "drums")
POSITIVE_WEIGHTS = (3.0, 6.0)  # of beats and downbeats, which are rare
TARGET = {-2: 0.25, -1: 0.6, 1: 0.6, 2: 0.25, 0: 1.0}  # frames beside a beat
TEMPO_RANGE = 0.3  # the logarithm of a crop's speed is at most this
WITH_DRUMS = 0.35  # probability that drums are mixed in
VALID_CROPS = 16
VALID_SONGS = 8


class StoredVersions(StoredSongs[AnnotatedSong]):
    """Log-mels of the drumless recordings and the drums of songs."""

    frame_shape = (len(MEL_VERSIONS), TRANSCRIBER_MEL.bands)

    def features(self) -> Iterator[Tensor]:
        """The mels of each song, (T, 2, F); silence fills up the last frame."""
        for song in self.songs:
            values = torch.full((song.frames, *self.frame_shape), SILENT_BAND)
            for column, name in enumerate(MEL_VERSIONS):
                mel = recording_mel(read_audio(song.folder / f"{name}.flac")).T[: song.frames]
                values[: len(mel), column] = mel
            yield values

    def crop(
        self, song: int, start: float, frames: int, speed: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A crop of a song, faster or slower, with silence after the song's end.

        Returns:
            Mels (2, T, F), targets (2, T), and which frames are inside the annotation, (T,) bool.
        """
        length, begin = self.songs[song].frames, int(self.starts[song])
        at = start + np.arange(frames) * speed
        left = np.minimum(at.astype(int), length - 1)
        right = np.minimum(left + 1, length - 1)
        share = (at - left)[:, None, None].clip(0, 1).astype(np.float32)
        mels = self.values[begin + left] * (1 - share) + self.values[begin + right] * share
        mels[at >= length] = SILENT_BAND
        beats = self.songs[song].beats
        ends = beats[[0, -1], 0] * FPS if len(beats) else np.zeros(2)
        inside = (at < length) & (at > ends[0] - FPS) & (at < ends[1] + 30)
        return mels.transpose(1, 0, 2), beat_targets(beats, start, frames, speed), inside


def beat_targets(beats: np.ndarray, start: float, frames: int, speed: float = 1.0) -> np.ndarray:
    """Targets (2, T) of beats and downbeats for the frames of a crop, from beats (n, 2)."""
    result = np.zeros((2, frames), np.float32)
    for row, chosen in zip(result, (beats[:, 1] >= 1, beats[:, 1] == 1), strict=True):
        centres = np.rint((beats[chosen, 0] * FPS - start) / speed).astype(int)
        for offset, value in TARGET.items():
            at = centres + offset
            at = at[(at >= 0) & (at < frames)]
            row[at] = np.maximum(row[at], value)
    return result


def changed_mel(drumless: np.ndarray, drums: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A random change of log-mels (T, F): drums, level, bands, noise, masks and a gap."""
    mel = drumless
    frames, bands = mel.shape
    if random.random() < WITH_DRUMS:
        mel = np.log10(10**mel + 10 ** (drums + random.uniform(-1.5, 0.1)))
    mel = np.maximum(mel + random.uniform(-1, 0.5), SILENT_BAND)
    mel = np.roll(mel, random.integers(-3, 4), axis=1)
    curve = random.normal(0, 0.25, 6)
    mel = mel + np.interp(np.arange(bands), np.linspace(0, bands - 1, len(curve)), curve)
    if random.random() < 0.5:
        mel = np.log10(
            10**mel + 10 ** random.uniform(-4.5, -2.5) * np.abs(random.normal(1, 0.3, mel.shape))
        )
    for _ in range(2):
        if random.random() < 0.4:
            low = random.integers(0, bands)
            mel[:, low : low + random.integers(3, 20)] = SILENT_BAND + 1
    if random.random() < 0.3:
        gap = random.integers(0, frames)
        mel[gap : gap + random.integers(20, 300)] = SILENT_BAND
    changed: np.ndarray = (mel + random.normal(0, 0.08, mel.shape)).astype(np.float32)
    return changed


class BeatConvolutionsTask(Task):
    """Beats of random crops.

    Args:
        model: the network.
        config: its settings.
        stored: training songs.
        valid: validation songs.
    """

    model: BeatConvolutions
    positive: Tensor

    def __init__(
        self,
        model: BeatConvolutions,
        config: TrackerConfig,
        stored: StoredVersions,
        valid: StoredVersions,
    ) -> None:
        super().__init__()
        self.model, self.config, self.stored, self.valid = model, config, stored, valid
        self.register_buffer("positive", torch.tensor(POSITIVE_WEIGHTS)[:, None])
        self.frames = round(config.crop_seconds * FPS)

    def batch(self, step: int, part: slice) -> Batch:
        """Random crops: mels (B, F, T), targets (B, 2, T), valid frames (B, T)."""
        optim = self.config.optim
        songs = random_for(optim.seed, step).integers(0, len(self.stored.songs), optim.batch_size)
        examples = []
        for place in range(optim.batch_size)[part]:
            random, song = example_random(optim.seed, step, place), int(songs[place])
            speed = float(np.exp(random.uniform(-TEMPO_RANGE, TEMPO_RANGE)))
            free = max(0.0, self.stored.songs[song].frames - self.frames * speed)
            mels, target, inside = self.stored.crop(
                song, random.uniform() * free, self.frames, speed
            )
            examples.append((changed_mel(mels[0], mels[1], random).T, target, inside))
        return tuple(torch.from_numpy(np.stack(values)) for values in zip(*examples, strict=True))

    def forward(self, mel: Tensor, target: Tensor, inside: Tensor) -> dict[str, Tensor]:
        """Weighted cross-entropy of crops; see `batch` for the arguments."""
        losses = binary_cross_entropy_with_logits(
            self.model(mel)[1], target, reduction="none", pos_weight=self.positive
        )
        return {"loss": (losses * inside[:, None]).sum() / inside.sum().clamp(min=1)}

    def validate(self) -> Metrics:
        """The loss over fixed drumless crops, and the beat F1 of drumless songs."""
        crops = []
        for number in range(VALID_CROPS):
            song = number % len(self.valid.songs)
            free = max(0, self.valid.songs[song].frames - self.frames)
            start = (number + 0.5) / VALID_CROPS * free
            mels, target, inside = self.valid.crop(song, start, self.frames)
            crops.append((mels[0].T, target, inside))
        tensors = [torch.from_numpy(np.stack(values)) for values in zip(*crops, strict=True)]
        loss = self(*(tensor.to(self.positive.device) for tensor in tensors))["loss"].item()
        songs = range(min(VALID_SONGS, len(self.valid.songs)))
        return {
            "loss": loss,
            "drumless_beat_f1": float(np.mean([self._beat_f1(song) for song in songs])),
        }

    def _beat_f1(self, song: int) -> float:
        """Beat F1 of the start of a drumless validation song, with the default DBN."""
        frames = min(OPENING_FRAMES, self.valid.songs[song].frames)
        mel = torch.from_numpy(self.valid.crop(song, 0, frames)[0][0].T.copy())
        logits = self.model(mel[None].to(self.positive.device))[1][0]
        activations = class_probabilities(logits.float()).cpu().numpy()
        tracked = decode(make_decoder(DBNConfig()), smoothed(activations))
        annotated = self.valid.songs[song].beats[:, 0]
        return beat_f1(annotated[annotated < frames / FPS], tracked[:, 0])


def fit_beat_convolutions(
    pairs: list[Path], output: Path, tracker: TrackerConfig, devices: int = 1
) -> ModelInfo:
    """As `fit_tracker`, for the kind convolutional."""
    with stored_splits(StoredVersions, annotated_songs, pairs, output) as songs:
        torch.manual_seed(tracker.optim.seed)
        task = BeatConvolutionsTask(BeatConvolutions(tracker), tracker, songs.train, songs.valid)
        info = describe(
            "tracker",
            tracker,
            TRANSCRIBER_MEL,
            sizes={},
            step=0,
            metrics={},
            data_sha256=songs.data,
        )
        return train(task, output, info, tracker.optim, devices)
