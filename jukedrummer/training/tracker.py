"""Training the drum-aware beat tracker (arXiv 2106.08685) on songs with stems and annotated beats."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss
from tqdm import tqdm

from jukedrummer.audio.io import SAMPLE_RATE, read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.downbeat_features import BANDS, DownbeatFeatures, frame_count
from jukedrummer.beats.network_tracker import decode, make_decoder
from jukedrummer.beats.tracker import CLASSES, FPS
from jukedrummer.beats.trackers.drum_aware import SMOOTHING, check_embedding, smoothed
from jukedrummer.config import BeatsConfig, TrackerConfig, plain
from jukedrummer.corpus.manifest import read_manifest
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.errors import UserError
from jukedrummer.evaluation.metrics import beat_f1
from jukedrummer.model.drum_aware import BeatNetwork, DrumAware, make_tracker_network
from jukedrummer.storage.files import atomic_path, sha256
from jukedrummer.storage.weights import ModelInfo, git_commit
from jukedrummer.training.loop import Batch, Metrics, Task, random_for, train

VERSIONS = ("mix", "drumless", "drums")  # of every song
# A beat is also half a beat in the frames beside it: annotations are not exact to 10 ms.
WIDENED = {-1: 0.5, 0: 1.0, 1: 0.5}
CLASS_WEIGHTS = (1.0, 4.0, 8.0)  # of `CLASSES`: beats are in a frame of 50, downbeats in one of 200
# One example in so many takes the whole network, which is slow; all take what a drumless recording does.
WHOLE_EVERY = 4
UNMIXING_WEIGHT = (
    10.0  # brings the mean square error of log10 features to the size of the other losses
)
FASTEST = 1.25  # crops are played at 1 / this to this times their tempo
GAIN_DECIBEL = 10.0  # and louder or quieter by up to this
VALID_CROPS = 32
VALID_SONGS = 8
OPENING_FRAMES = 3_000  # at the start of a song: enough for its statistics, and to track its beats
STATISTICS_SONGS = 50


@dataclass(frozen=True)
class AnnotatedSong:
    """A pair with beats.

    Attributes:
        folder: with drumless.flac and drums.flac.
        frames: T at 100 frames a second.
        beats: (n, 2) seconds, bar position.
    """

    folder: Path
    frames: int
    beats: np.ndarray


def annotated_songs(pairs: list[Path], manifest: Path, split: str) -> list[AnnotatedSong]:
    """The songs of one split whose beats are known; a line on the terminal says how many are not.

    Raises:
        UserError: there is none.
    """
    beats = {song.song: song.beats for song in read_manifest(manifest)}
    chosen = [
        (folder / p.song, p) for folder in pairs for p in read_pairs(folder) if p.split == split
    ]
    found = [
        AnnotatedSong(
            folder, frame_count(pair.samples), read_beats(beats[pair.song], pair.seconds + 1)
        )
        for folder, pair in chosen
        if beats.get(pair.song)
    ]
    if not found:
        raise UserError(
            f"{manifest}: none of the {len(chosen)} songs of split {split!r} has annotated beats, which the "
            "drum-aware tracker learns from; set beats.weights to a trained or imported one, or "
            "beats.tracker to madmom (and beats.threshold to its 0.05)"
        )
    if len(found) < len(chosen):
        tqdm.write(
            f"{split}: {len(chosen) - len(found)} of {len(chosen)} songs have no beats: left out"
        )
    return found


class StoredBands:
    """The bands of songs' versions on disk; a crop at a time is in memory.

    Args:
        path: made where it is missing; its name says which songs it holds.
        songs: in a fixed order.
    """

    def __init__(self, path: Path, songs: list[AnnotatedSong]) -> None:
        self.path, self.songs = path, songs
        self.starts = np.cumsum([0] + [song.frames for song in songs])
        if not path.exists():
            self._write(path)
        shape = (int(self.starts[-1]), len(VERSIONS), BANDS)
        self._values = np.memmap(path, np.float16, "r", shape=shape)

    def _write(self, path: Path) -> None:
        features = DownbeatFeatures()
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            for song in tqdm(self.songs, desc="features of the tracker", unit="song"):
                drumless, drums = (
                    torch.from_numpy(read_audio(song.folder / f"{name}.flac", SAMPLE_RATE))
                    for name in ("drumless", "drums")
                )
                versions = {"mix": drumless + drums, "drumless": drumless, "drums": drums}
                bands = [features.bands(versions[name]) for name in VERSIONS]
                file.write(torch.stack(bands, dim=1).half().numpy().tobytes())

    def crop(
        self, song: int, start: float, frames: int, speed: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """A stretch of a song, played faster or slower; silence beyond its end.

        Args:
            song: index.
            start: in frames.
            frames: T to return; the stretch lasts T * speed.

        Returns:
            Bands (3, T, 157) float32 and target probabilities of `CLASSES` (T, 3) float32.
        """
        at = start + np.arange(frames) * speed
        first, length = int(start), int(np.ceil(frames * speed)) + 2
        begin = int(self.starts[song]) + first
        values = self._values[begin : min(begin + length, int(self.starts[song + 1]))].astype(
            np.float32
        )
        values = np.pad(values, ((0, length - len(values)), (0, 0), (0, 0)))
        left = at.astype(int) - first
        share = (at - first - left)[:, None, None].astype(np.float32)
        bands = values[left] * (1 - share) + values[left + 1] * share
        return bands.transpose(1, 0, 2), targets(self.songs[song].beats, start, frames, speed)

    def opening(self, song: int) -> np.ndarray:
        """Bands (3, T, 157) of the first half minute of a song, or of all of it."""
        return self.crop(song, 0, min(OPENING_FRAMES, self.songs[song].frames))[0]


def targets(beats: np.ndarray, start: float, frames: int, speed: float = 1.0) -> np.ndarray:
    """Probabilities of `CLASSES` (T, 3) float32 at the frames of a crop; see `StoredBands.crop`."""
    result = np.zeros((frames, len(CLASSES)), dtype=np.float32)
    at = np.rint((beats[:, 0] * FPS - start) / speed).astype(int)
    column = np.where(beats[:, 1] == 1, CLASSES.index("downbeat"), CLASSES.index("beat"))
    for offset, probability in WIDENED.items():
        inside = (at + offset >= 0) & (at + offset < frames)
        places = at[inside] + offset, column[inside]
        result[places] = np.maximum(result[places], probability)
    result[:, CLASSES.index("none")] = np.maximum(0, 1 - result.sum(axis=1))
    return result


class TrackerTask(Task):
    """Each beat network learns from what it will hear; the unmixing networks from the stems."""

    def __init__(
        self,
        model: DrumAware | BeatNetwork,
        config: TrackerConfig,
        train: StoredBands,
        valid: StoredBands,
    ) -> None:
        super().__init__()
        self.model, self.config, self.stored, self.valid = model, config, train, valid
        self.features = DownbeatFeatures()
        self.register_buffer("weights", torch.tensor(CLASS_WEIGHTS))
        self.frames = round(config.crop_seconds * FPS)

    def batch(self, step: int, part: slice) -> Batch:
        """Random crops: bands (B, 3, T, 157) and targets (B, T, 3)."""
        random = random_for(self.config.optim.seed, step)
        lengths = np.diff(self.stored.starts)
        songs = random.choice(len(lengths), self.config.optim.batch, p=lengths / lengths.sum())
        places, speeds, gains = random.uniform(size=(3, self.config.optim.batch))
        crops = [
            self._crop(*drawn)
            for drawn in zip(songs[part], places[part], speeds[part], gains[part], strict=True)
        ]
        bands, wanted = zip(*crops, strict=True)
        return torch.from_numpy(np.stack(bands)), torch.from_numpy(np.stack(wanted))

    def _crop(
        self, song: int, place: float, speed: float, gain: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """A random crop; the last three arguments are in [0, 1)."""
        speed = FASTEST ** (2 * speed - 1)
        start = place * max(0, self.stored.songs[song].frames - self.frames * speed)
        bands, wanted = self.stored.crop(song, start, self.frames, speed)
        return louder(bands, GAIN_DECIBEL * (2 * gain - 1)), wanted

    def forward(self, bands: Tensor, wanted: Tensor) -> dict[str, Tensor]:
        """Losses of crops; see `batch`."""
        mix, drumless, drums = self.features.with_rises(bands).unbind(1)
        if isinstance(self.model, BeatNetwork):
            heard = {"mix": mix, "drumless": drumless}
            losses = {name: self._loss(self.model(x).logits, wanted) for name, x in heard.items()}
            return {"loss": sum(losses.values()), **losses}
        losses = {"drumless": self._loss(self.model.drumless(drumless).logits, wanted)}
        mix, drumless, drums, wanted = (
            value[::WHOLE_EVERY] for value in (mix, drumless, drums, wanted)
        )
        found = self.model(mix)
        losses["drums"] = self._loss(self.model.drums(drums).logits, wanted)
        losses["fused"] = self._loss(found.logits, wanted)
        for name in VERSIONS:
            losses[f"{name}_of_mix"] = self._loss(getattr(found, name).logits, wanted)
        unmixing = mse_loss(found.drumless_features, drumless) + mse_loss(
            found.drums_features, drums
        )
        losses["unmixing"] = UNMIXING_WEIGHT * unmixing
        return {"loss": sum(losses.values()), **losses}

    def _loss(self, logits: Tensor, wanted: Tensor) -> Tensor:
        """Weighted cross-entropy of (B, T, 3) with probabilities of the same shape.

        Weights make rare classes seem likelier by as much; the shift leaves the logits without that.
        """
        shifted = (logits + self.weights.log()).log_softmax(-1)
        return -(self.weights * wanted * shifted).sum(-1).mean()

    def standardise(self) -> None:
        """Let the unmixing networks hear mixes of mean 0 and deviation 1, as measured on training songs."""
        songs = range(0, len(self.stored.songs), max(1, len(self.stored.songs) // STATISTICS_SONGS))
        crops = [self.stored.opening(song)[VERSIONS.index("mix")] for song in songs]
        mixes = torch.cat([self.features.with_rises(torch.from_numpy(crop)) for crop in crops])
        for unmix in (self.model.unmix_drumless, self.model.unmix_drums):
            unmix.input_shift.copy_(-mixes.mean(0))
            unmix.input_scale.copy_(1 / mixes.std(0).clamp(min=1e-3))

    def validate(self) -> Metrics:
        """Mean losses over fixed crops of the validation songs, and the beat F1 of some drumless ones."""
        crops = []
        for number in range(VALID_CROPS):
            song = number % len(self.valid.songs)
            free = max(0, self.valid.songs[song].frames - self.frames)
            crops.append(self.valid.crop(song, (number + 0.5) / VALID_CROPS * free, self.frames))
        bands, wanted = (torch.from_numpy(np.stack(part)) for part in zip(*crops, strict=True))
        losses = self(bands.to(self.weights.device), wanted.to(self.weights.device))
        means = {name: value.item() for name, value in losses.items()}
        return {
            **means,
            "drumless_beat_f1": float(np.mean([self._beat_f1(song) for song in self._tracked])),
        }

    @property
    def _tracked(self) -> range:
        return range(min(VALID_SONGS, len(self.valid.songs)))

    def _beat_f1(self, song: int) -> float:
        """Of the first half minute of a drumless validation song, with madmom's Bayesian network."""
        bands = self.valid.opening(song)[VERSIONS.index("drumless")]
        features = self.features.with_rises(torch.from_numpy(bands).to(self.weights.device))
        logits = self.model.hear(features[None], "drumless")[1][0]
        activations = smoothed(logits.float().softmax(-1).cpu().numpy())
        found = decode(make_decoder(BeatsConfig()), activations)
        known = self.valid.songs[song].beats[:, 0]
        return beat_f1(known[known < len(bands) / FPS], found[:, 0])


def louder(bands: np.ndarray, decibel: float) -> np.ndarray:
    """The bands log10(1 + x) of the same recording, played louder."""
    return np.log10(1 + np.float32(10 ** (decibel / 20)) * (10**bands - 1))


def train_tracker(
    pairs: list[Path], manifest: Path, output: Path, tracker: TrackerConfig, devices: int = 1
) -> ModelInfo:
    """Train the tracker on the training songs that have annotated beats.

    Args:
        pairs: folders of the shards.
        manifest: names the songs' beats.
        output: folder of the model; the songs' features lie in it until the training is complete.

    Raises:
        UserError: no songs with annotated beats, or a network whose embedding is too wide for `low`.
    """
    check_embedding(tracker.hidden)
    songs, valid = (annotated_songs(pairs, manifest, split) for split in ("train", "valid"))
    data = sha256(manifest, *(folder / "pairs.tsv" for folder in pairs))
    stores = [
        StoredBands(output / f"{split}_{data[:16]}.bands", part)
        for split, part in (("train", songs), ("valid", valid))
    ]
    torch.manual_seed(tracker.optim.seed)
    model = make_tracker_network(tracker)
    task = TrackerTask(model, tracker, *stores)
    if isinstance(model, DrumAware):
        task.standardise()
    info = ModelInfo(
        kind="tracker",
        config=plain(tracker),
        mel={},
        sizes={**{name: index for index, name in enumerate(CLASSES)}, "smoothing": SMOOTHING},
        step=0,
        metrics={},
        data_sha256=data,
        commit=git_commit(),
    )
    info = train(task, output, info, tracker.optim, devices)
    for store in stores:
        store.path.unlink(missing_ok=True)
    return info
