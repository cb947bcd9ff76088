"""Training of the transcriber on songs with a drum score."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from jukedrummer.beats.transcriber import pick_strokes
from jukedrummer.config import TranscriberConfig
from jukedrummer.evaluation.transcription import count_hits, f1_of_counts
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.transcriber import FRAME_RATE, TRANSCRIBER_MEL, TranscriberNetwork
from jukedrummer.storage.weights import ModelInfo, describe
from jukedrummer.training.changed_drums import PATCH_FRAMES, changed_drums, patch_codebook
from jukedrummer.training.loop import train
from jukedrummer.training.random import example_random, random_for
from jukedrummer.training.stored_songs import stored_splits
from jukedrummer.training.task import Batch, Metrics, Task
from jukedrummer.training.transcriber_data import (
    StoredMels,
    frame_of,
    scored_songs,
    stroke_targets,
)

RARE_SHARE = 0.5  # of the crops have a stroke of a piece that is drawn, so rare pieces are learned
AT_STROKE = 0.5  # least onset target of a frame whose velocity is learned
VELOCITY_WEIGHT = 1.0
VALID_SONGS = 16
VALID_SECONDS = 30.0  # of the start of each song
THRESHOLDS = np.arange(0.1, 0.91, 0.05)
VALID_SEED = 0
# Sizes of the codebooks that imitate codecs, and the number of patches that they are made of.
CODEBOOK_SIZES = (24, 48, 96)
PATCHES = 4_000


class TranscriberTask(Task):
    """Strokes of random crops.

    Args:
        model: the network.
        config: its settings.
        stored: training songs.
        valid: validation songs.
    """

    model: TranscriberNetwork

    def __init__(
        self,
        model: TranscriberNetwork,
        config: TranscriberConfig,
        stored: StoredMels,
        valid: StoredMels,
    ) -> None:
        super().__init__()
        self.model, self.config, self.stored, self.valid = model, config, stored, valid
        self.frames = max(1, round(config.crop_seconds * FRAME_RATE))
        random = np.random.default_rng(config.optim.seed)
        patches = stored.patches(random, PATCH_FRAMES, PATCHES)
        self.codebooks = [
            patch_codebook(patches, size, config.optim.seed) for size in CODEBOOK_SIZES
        ]

    def batch(self, step: int, part: slice) -> Batch:
        """Random crops: changed mels (B, F, T), onset targets and velocities (B, T, P)."""
        optim = self.config.optim
        random = random_for(optim.seed, step)
        draws = random.uniform(size=(optim.batch_size, 4))
        examples = []
        for place in range(optim.batch_size)[part]:
            song, start = self._place(draws[place])
            mel = self.stored.crop(song, start, self.frames)
            own = example_random(optim.seed, step, place)
            changed = changed_drums(mel, own, self.codebooks)
            strokes = self.stored.songs[song].strokes
            examples.append((changed, *stroke_targets(strokes, start, self.frames)))
        mels, onsets, velocities = (np.stack(values) for values in zip(*examples, strict=True))
        return torch.from_numpy(mels), torch.from_numpy(onsets), torch.from_numpy(velocities)

    def _place(self, draws: np.ndarray) -> tuple[int, int]:
        """Song and first frame of a crop, from four numbers in [0, 1)."""
        kind, first, second, third = draws
        if kind < RARE_SHARE:
            places = self.stored.places[int(first * len(self.stored.places))]
            song, frame = places[int(second * len(places))]
            return int(song), int(frame) - int(third * self.frames)
        at = int(first * self.stored.starts[-1])
        song = int(np.searchsorted(self.stored.starts, at, side="right")) - 1
        free = self.stored.songs[song].frames - self.frames
        return song, int(second * max(0, free + 1))

    def forward(self, mel: Tensor, onsets: Tensor, velocities: Tensor) -> dict[str, Tensor]:
        """Losses of crops; see `batch` for the arguments."""
        output = self.model(mel)
        onset_loss = binary_cross_entropy_with_logits(output.logits, onsets)
        # The targets are not 0 or 1, so the least cross-entropy is not 0. It is subtracted.
        least = binary_cross_entropy(onsets, onsets)
        at_stroke = (onsets >= AT_STROKE).float()
        error = (output.velocities - velocities).square() * at_stroke
        velocity_loss = error.sum() / at_stroke.sum().clamp(min=1)
        onset_loss = onset_loss - least
        return {
            "loss": len(PIECES) * onset_loss + VELOCITY_WEIGHT * velocity_loss,
            "onsets": onset_loss,
            "velocities": velocity_loss,
        }

    def validate(self) -> Metrics:
        """Losses and F1 of validation songs, clean and changed. Sets the network's thresholds."""
        hits = np.zeros((len(THRESHOLDS), len(PIECES)), int)
        estimated, reference = np.zeros_like(hits), np.zeros(len(PIECES), int)
        losses = []
        for song in range(min(VALID_SONGS, len(self.valid.songs))):
            strokes, mel = self._opening(song)
            random = np.random.default_rng([VALID_SEED, song])
            for version in (mel, changed_drums(mel, random, self.codebooks)):
                onsets, loss = self._measure(version, strokes)
                losses.append(loss)
                for piece in range(len(PIECES)):
                    times = strokes.times[strokes.pieces == piece]
                    reference[piece] += len(times)
                    counts = _counts(times, onsets[:, piece])
                    hits[:, piece] += counts[0]
                    estimated[:, piece] += counts[1]
        f1 = f1_of_counts(hits, reference, estimated)
        best = best_thresholds(f1, reference)
        self.model.thresholds.copy_(torch.from_numpy(THRESHOLDS[best]))
        f1s = {
            f"f1_{name}": float(f1[best[piece], piece])
            for piece, name in enumerate(PIECES)
            if reference[piece]
        }
        means = {name: float(np.mean([loss[name] for loss in losses])) for name in losses[0]}
        return {**means, "f1": float(np.mean(list(f1s.values()) or [0.0])), **f1s}

    def _opening(self, song: int) -> tuple[Strokes, np.ndarray]:
        """Strokes and mel (F, T) of the start of a validation song."""
        chosen = self.valid.songs[song]
        frames = min(chosen.frames, round(VALID_SECONDS * FRAME_RATE))
        inside = frame_of(chosen.strokes.times) < frames - 0.5
        strokes = Strokes(*(values[inside] for values in vars(chosen.strokes).values()))
        return strokes, self.valid.crop(song, 0, frames)

    def _measure(self, mel: np.ndarray, strokes: Strokes) -> tuple[np.ndarray, dict[str, float]]:
        """Onset probabilities (T, P) and losses of a whole recording (F, T)."""
        targets = stroke_targets(strokes, 0, mel.shape[1])
        device = self.model.thresholds.device
        batch = [torch.from_numpy(value)[None].to(device) for value in (mel, *targets)]
        losses = {name: value.item() for name, value in self(*batch).items()}
        onsets = self.model(batch[0]).logits[0].float().sigmoid().cpu().numpy()
        return onsets, losses


def _counts(reference: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Hits and estimated strokes of one piece with each threshold: (2, thresholds)."""
    column = onsets[:, None]
    lists = [
        pick_strokes(column, np.ones_like(column), np.array([threshold])).times
        for threshold in THRESHOLDS
    ]
    return np.array([(count_hits(reference, times), len(times)) for times in lists]).T


def best_thresholds(f1: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The index of the threshold with the highest F1 for each piece.

    It is the middle of the thresholds that are within a hundredth of the best, because with few
    strokes the best is due to chance. Pieces without strokes have the middle of all thresholds.

    Args:
        f1: (thresholds, P).
        reference: (P,) number of strokes.
    """
    known = np.where(reference > 0, np.nan_to_num(f1), 0.0)
    return np.array(
        [int(np.median(np.flatnonzero(column >= column.max() - 0.01))) for column in known.T]
    )


def fit_transcriber(
    pairs: list[Path], output: Path, *, transcriber: TranscriberConfig, devices: int = 1
) -> ModelInfo:
    """Train the transcriber on the training songs that have a drum score.

    Args:
        pairs: folders of the shards of pairs.
        output: folder of the model. It contains the songs' features until the training is complete.
        transcriber: settings of the network.
        devices: processes that share the training.

    Raises:
        UserError: no training or no validation song has a drum score.
    """
    with stored_splits(StoredMels, scored_songs, pairs, output) as songs:
        torch.manual_seed(transcriber.optim.seed)
        network = TranscriberNetwork(transcriber)
        task = TranscriberTask(network, transcriber, songs.train, songs.valid)
        info = describe(
            "transcriber",
            transcriber,
            TRANSCRIBER_MEL,
            sizes={},
            step=0,
            metrics={},
            data_sha256=songs.data,
        )
        return train(task, output, info, transcriber.optim, devices)
