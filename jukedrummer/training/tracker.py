"""Training of the drum-aware beat tracker (arXiv 2106.08685) on songs with stems and beats."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from jukedrummer.beats.downbeat_features import DownbeatFeatures
from jukedrummer.beats.network_tracker import decode, make_decoder
from jukedrummer.beats.tracker import CLASSES, FPS
from jukedrummer.beats.trackers.drum_aware import SMOOTHING, smoothed
from jukedrummer.config import DBNConfig, TrackerConfig, plain
from jukedrummer.evaluation.metrics.beats import beat_f1
from jukedrummer.model.drum_aware import (
    BeatNetwork,
    DrumAware,
    TrackerNetwork,
    make_tracker_network,
)
from jukedrummer.storage.weights import ModelInfo, git_commit
from jukedrummer.training.beat_convolutions import fit_beat_convolutions
from jukedrummer.training.loop import train
from jukedrummer.training.random import random_for
from jukedrummer.training.stored_songs import stored_splits
from jukedrummer.training.task import Batch, Metrics, Task, add_up
from jukedrummer.training.tracker_data import STORED_VERSIONS, StoredBands, annotated_songs, louder

CLASS_WEIGHTS = (1.0, 4.0, 8.0)  # of `CLASSES`: one frame in 50 is a beat, one in 200 a downbeat
# The whole network is slow, so only one in this many examples goes through it. All examples go
# through the part for drumless recordings.
WHOLE_EVERY = 4
UNMIXING_WEIGHT = 10.0  # scales the mean square error of log10 features to the other losses
FASTEST = 1.25  # the tempo of crops is multiplied by 1 / this to this
GAIN_DECIBEL = 10.0  # crops are louder or quieter by at most this
VALID_CROPS = 32
VALID_SONGS = 8
STATISTICS_SONGS = 50


class TrackerTask(Task):
    """Beats of random crops.

    Each beat network is trained on its version of the songs. The unmixing networks are trained on
    the stems.

    Args:
        model: the network.
        config: its settings.
        stored: training songs.
        valid: validation songs.
    """

    model: TrackerNetwork
    weights: Tensor  # of `CLASSES`

    def __init__(
        self,
        model: TrackerNetwork,
        config: TrackerConfig,
        stored: StoredBands,
        valid: StoredBands,
    ) -> None:
        super().__init__()
        self.model, self.config, self.stored, self.valid = model, config, stored, valid
        self.features = DownbeatFeatures()
        self.register_buffer("weights", torch.tensor(CLASS_WEIGHTS))
        self.frames = round(config.crop_seconds * FPS)

    def batch(self, step: int, part: slice) -> Batch:
        """Random crops: bands (B, 3, T, 157) and target probabilities (B, T, 3)."""
        random = random_for(self.config.optim.seed, step)
        lengths = np.diff(self.stored.starts)
        songs = random.choice(len(lengths), self.config.optim.batch_size, p=lengths / lengths.sum())
        places, speeds, gains = random.uniform(size=(3, self.config.optim.batch_size))
        crops = [
            self._crop(*drawn)
            for drawn in zip(songs[part], places[part], speeds[part], gains[part], strict=True)
        ]
        bands, target = zip(*crops, strict=True)
        return torch.from_numpy(np.stack(bands)), torch.from_numpy(np.stack(target))

    def _crop(
        self, song: int, place: float, speed: float, gain: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """A random crop; the last three arguments are in [0, 1)."""
        speed = FASTEST ** (2 * speed - 1)
        start = place * max(0, self.stored.songs[song].frames - self.frames * speed)
        bands, target = self.stored.crop(song, start, self.frames, speed)
        return louder(bands, GAIN_DECIBEL * (2 * gain - 1)), target

    def forward(self, bands: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Losses of crops; see `batch` for the arguments."""
        mix, drumless, drums = self.features.with_rises(bands).unbind(1)
        if isinstance(self.model, BeatNetwork):
            versions = {"mix": mix, "drumless": drumless}
            losses = {
                name: self._loss(self.model(features).logits, target)
                for name, features in versions.items()
            }
        else:
            losses = {"drumless": self._loss(self.model.drumless(drumless).logits, target)}
            few = slice(None, None, WHOLE_EVERY)
            losses |= self._whole_losses(
                self.model, mix[few], drumless[few], drums[few], target[few]
            )
        return {"loss": add_up(losses.values()), **losses}

    def _whole_losses(
        self, model: DrumAware, mix: Tensor, drumless: Tensor, drums: Tensor, target: Tensor
    ) -> dict[str, Tensor]:
        """Losses of the whole network for features (B, T, 314)."""
        output = model(mix)
        losses = {
            "drums": self._loss(model.drums(drums).logits, target),
            "fused": self._loss(output.logits, target),
        }
        for name in STORED_VERSIONS:
            losses[f"{name}_of_mix"] = self._loss(getattr(output, name).logits, target)
        drumless_error = mse_loss(output.drumless_features, drumless)
        unmixing = drumless_error + mse_loss(output.drums_features, drums)
        return {**losses, "unmixing": UNMIXING_WEIGHT * unmixing}

    def _loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Weighted cross-entropy of (B, T, 3) with probabilities of the same shape.

        Weights alone would raise the probabilities of rare classes. To compensate, the logits are
        shifted, so that their probabilities stay unbiased.
        """
        shifted = (logits + self.weights.log()).log_softmax(-1)
        return -(self.weights * target * shifted).sum(-1).mean()

    def standardise(self, model: DrumAware) -> None:
        """Set the input of the unmixing networks to mean 0 and deviation 1 on training mixes."""
        songs = range(0, len(self.stored.songs), max(1, len(self.stored.songs) // STATISTICS_SONGS))
        crops = [self.stored.opening(song)[STORED_VERSIONS.index("mix")] for song in songs]
        mixes = torch.cat([self.features.with_rises(torch.from_numpy(crop)) for crop in crops])
        for unmix in (model.unmix_drumless, model.unmix_drums):
            unmix.input_shift.copy_(-mixes.mean(0))
            unmix.input_scale.copy_(1 / mixes.std(0).clamp(min=1e-3))

    def validate(self) -> Metrics:
        """Mean losses over fixed crops, and the beat F1 of drumless songs."""
        crops = []
        for number in range(VALID_CROPS):
            song = number % len(self.valid.songs)
            free = max(0, self.valid.songs[song].frames - self.frames)
            crops.append(self.valid.crop(song, (number + 0.5) / VALID_CROPS * free, self.frames))
        bands, target = (torch.from_numpy(np.stack(part)) for part in zip(*crops, strict=True))
        losses = self(bands.to(self.weights.device), target.to(self.weights.device))
        songs = range(min(VALID_SONGS, len(self.valid.songs)))
        beat_f1s = [self._beat_f1(song) for song in songs]
        means = {name: value.item() for name, value in losses.items()}
        return {**means, "drumless_beat_f1": float(np.mean(beat_f1s))}

    def _beat_f1(self, song: int) -> float:
        """Beat F1 of the start of a drumless validation song, with the default DBN."""
        bands = self.valid.opening(song)[STORED_VERSIONS.index("drumless")]
        features = self.features.with_rises(torch.from_numpy(bands).to(self.weights.device))
        logits = self.model.analyse(features[None], "drumless")[1][0]
        activations = smoothed(logits.float().softmax(-1).cpu().numpy())
        tracked = decode(make_decoder(DBNConfig()), activations)
        annotated = self.valid.songs[song].beats[:, 0]
        return beat_f1(annotated[annotated < len(bands) / FPS], tracked[:, 0])


def fit_tracker(
    pairs: list[Path], output: Path, *, tracker: TrackerConfig, devices: int = 1
) -> ModelInfo:
    """Train the tracker on the training songs that have annotated beats.

    Args:
        pairs: folders of the shards of pairs.
        output: folder of the model. It contains the songs' features until the training is complete.
        tracker: settings of the network.
        devices: processes that share the training.

    Raises:
        UserError: no training or no validation song has annotated beats.
    """
    if tracker.kind == "convolutional":
        return fit_beat_convolutions(pairs, output, tracker, devices)
    with stored_splits(StoredBands, annotated_songs, pairs, output) as songs:
        torch.manual_seed(tracker.optim.seed)
        model = make_tracker_network(tracker)
        task = TrackerTask(model, tracker, songs.train, songs.valid)
        if isinstance(model, DrumAware):
            task.standardise(model)
        info = ModelInfo(
            kind="tracker",
            config=plain(tracker),
            mel={},
            sizes={**{name: index for index, name in enumerate(CLASSES)}, "smoothing": SMOOTHING},
            step=0,
            metrics={},
            data_sha256=songs.data,
            commit=git_commit(),
        )
        return train(task, output, info, tracker.optim, devices)
