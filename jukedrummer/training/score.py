"""Training of the score model on songs with beats and a drum score."""

import copy
import math
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from jukedrummer.config import ScoreConfig
from jukedrummer.model.pieces import PIECES, VOICES
from jukedrummer.model.score import ScoreInput, ScoreNetwork, score_input
from jukedrummer.model.score_features import SCORE_MEL
from jukedrummer.storage.weights import ModelInfo, describe
from jukedrummer.training.loop import train
from jukedrummer.training.random import example_random, random_for
from jukedrummer.training.score_data import (
    Crop,
    StoredScores,
    changed_features,
    score_songs,
    with_errors,
)
from jukedrummer.training.stored_songs import stored_splits
from jukedrummer.training.task import Batch, Metrics, Task

QUIETEST_STROKE = 0.16  # velocity; quieter strokes are ghost notes, which are not predicted
AVERAGING = 0.99  # decay of the average of the weights, which is validated and saved
LONG = 2  # crops: songs longer than this are not drawn more often
VALID_SONGS = 96
VALID_BEATS = 256  # of the start of each song
DYNAMICS_WEIGHT = 2.0
OFFSET_SCALE = 20.0  # milliseconds
# Of the pattern's similarity: constants that keep the gradient small where nothing is played.
SOFT_LINE, SOFT_VOICE, FEWEST_VOICES = 0.02, 0.05, 0.3
SHORTEST_BAR = 12  # slots; shorter bars at the ends of a crop have no pattern


class ScoreTask(Task):
    """Scores of random crops.

    Args:
        model: the network.
        config: its settings.
        stored: training songs.
        valid: validation songs.
    """

    model: ScoreNetwork

    def __init__(
        self, model: ScoreNetwork, config: ScoreConfig, stored: StoredScores, valid: StoredScores
    ) -> None:
        super().__init__()
        self.model, self.config, self.stored, self.valid = model, config, stored, valid
        self.average = copy.deepcopy(model).requires_grad_(False)
        beats = np.array([song.frames for song in stored.songs])
        self.ends = np.cumsum(np.minimum(beats, LONG * config.crop_beats))

    def exported(self) -> ScoreNetwork:
        """The average of the weights, which generalises better than the last ones."""
        return self.average

    def after_step(self) -> None:
        """Move the average towards the weights."""
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
            for average, value in pairs:
                average.lerp_(value, 1 - AVERAGING)

    def batch(self, step: int, part: slice) -> Batch:
        """Random crops: see `losses`."""
        optim = self.config.optim
        random = random_for(optim.seed, step)
        draws = random.uniform(size=(optim.batch_size, 3))
        examples = []
        for place in range(optim.batch_size)[part]:
            own = example_random(optim.seed, step, place)
            song = int(np.searchsorted(self.ends, draws[place, 0] * self.ends[-1], side="right"))
            free = max(0, self.stored.songs[song].frames - self.config.crop_beats)
            crop = self.stored.crop(song, int(draws[place, 1] * (free + 1)), self.config.crop_beats)
            receives = draws[place, 2] >= self.config.drop_drumless
            examples.append(self._example(crop, receives, own))
        return tuple(torch.stack(values) for values in zip(*examples, strict=True))

    def _example(
        self, crop: Crop, receives: bool, random: np.random.Generator
    ) -> tuple[Tensor, ...]:
        strokes = (crop.velocities > QUIETEST_STROKE).astype(np.float32)
        beats = self.config.crop_beats
        arrays = (
            changed_features(crop.features, random),
            crop.positions,
            np.maximum(crop.lengths, 1),
            crop.velocities,
            crop.offsets,
            with_errors(strokes, random),
            np.ones(len(strokes), bool),
        )
        padded = [
            np.pad(array, [(0, beats - len(array))] + [(0, 0)] * (array.ndim - 1))
            for array in arrays
        ]
        padded[2] = np.maximum(padded[2], 1)
        tensors = [torch.from_numpy(array) for array in padded]
        return *tensors, torch.tensor(crop.bpm, dtype=torch.float32), torch.tensor(receives)

    def forward(
        self,
        features: Tensor,
        positions: Tensor,
        lengths: Tensor,
        velocities: Tensor,
        offsets: Tensor,
        earlier: Tensor,
        beat_mask: Tensor,
        bpm: Tensor,
        receives: Tensor,
    ) -> dict[str, Tensor]:
        """Losses of crops; see `losses`."""
        song = ScoreInput(features, positions, lengths, bpm, receives, beat_mask)
        return self.losses(self.model, song, velocities, offsets, earlier)

    def losses(
        self,
        model: ScoreNetwork,
        song: ScoreInput,
        velocities: Tensor,
        offsets: Tensor,
        earlier: Tensor,
    ) -> dict[str, Tensor]:
        """Losses of crops. The bits are for each beat.

        Args:
            model: the network.
            song: the crops.
            velocities, offsets: (B, Q, S, P) of the real drums, see `GridScore`.
            earlier: (B, Q, S, P) the real strokes, with errors in training.
        """
        strokes, beat_mask = (velocities > QUIETEST_STROKE).to(earlier.dtype), song.beat_mask
        encoded = model.encode(song)
        marginals = model.marginals(encoded)
        conditionals = model.conditionals(encoded, strokes, earlier, song.lengths)
        bits = [_bits(logits, strokes, beat_mask) for logits in (marginals, conditionals)]
        similarity = soft_similarity(marginals, strokes, song.positions, beat_mask)
        dynamics = _dynamics(model, encoded, velocities, offsets)
        entropy = (bits[0] + bits[1]) * math.log(2)
        pattern = -self.config.pattern_weight * similarity
        return {
            "loss": entropy + pattern + DYNAMICS_WEIGHT * dynamics,
            "bits": bits[0],
            "take_bits": bits[1],
            "similarity": similarity,
            "dynamics": dynamics,
        }

    def validate(self) -> Metrics:
        """Bits a beat and soft similarity of validation songs, with the recording and without."""
        received, alone = (self._measure(receives) for receives in (True, False))
        gain = alone["bits"] - received["bits"]
        return {
            **received,
            "loss": received["bits"] + received["take_bits"],
            "bits_without_recording": alone["bits"],
            "recording_gains": gain,
        }

    def _measure(self, receives: bool) -> dict[str, float]:
        results = []
        device = self.average.no_recording.device
        for index in range(min(VALID_SONGS, len(self.valid.songs))):
            crop = self.valid.crop(index, 0, VALID_BEATS)
            strokes = (crop.velocities > QUIETEST_STROKE).astype(np.float32)
            song = score_input(crop.features, crop.positions, crop.lengths, crop.bpm, receives)
            song = ScoreInput(*(tensor.to(device) for tensor in song))
            real = (crop.velocities, crop.offsets, strokes)
            tensors = [torch.from_numpy(array)[None].to(device) for array in real]
            losses = self.losses(self.average, song, *tensors)
            results.append({name: value.item() for name, value in losses.items()})
        return {name: float(np.mean([row[name] for row in results])) for name in results[0]}


def _bits(logits: Tensor, strokes: Tensor, beat_mask: Tensor) -> Tensor:
    losses = binary_cross_entropy_with_logits(logits, strokes, reduction="none").sum((2, 3))
    return losses[beat_mask].mean() / math.log(2)


def _dynamics(model: ScoreNetwork, encoded: Tensor, velocities: Tensor, offsets: Tensor) -> Tensor:
    own_velocities, own_offsets = model.velocities_and_offsets(encoded)
    at_stroke = (velocities > QUIETEST_STROKE).to(encoded.dtype)
    errors = (own_velocities - velocities).square()
    errors = errors + ((own_offsets - offsets) / OFFSET_SCALE).square().clamp(max=4)
    total: Tensor = (errors * at_stroke).sum() / at_stroke.sum().clamp(min=1)
    return total


def soft_similarity(
    logits: Tensor, strokes: Tensor, positions: Tensor, beat_mask: Tensor
) -> Tensor:
    """The similarity of bars' patterns, as `pattern_similarity`, of probabilities to real strokes.

    Args:
        logits: (B, Q, S, P) of strokes.
        strokes: (B, Q, S, P) 0 or 1.
        positions: (B, Q) bar positions from 0.
        beat_mask: (B, Q) bool.

    Returns:
        The mean over bars, -1 to 1; 0 where no bar has a pattern.
    """
    voices_of = [[float(piece in pieces) for pieces in VOICES.values()] for piece in PIECES]
    rows = logits.new_tensor(voices_of)  # (P, V)
    played = 1 - (-(softplus(logits) @ rows)).exp()  # one of a voice's pieces plays: (B, Q, S, V)
    real = ((strokes @ rows) > 0).to(logits.dtype)
    bars = (positions == 0).long().cumsum(1)
    shape = len(bars), int(bars.max()) + 1

    def by_bar(values: Tensor) -> Tensor:
        sums = values.new_zeros(*shape, values.shape[-1])
        index = bars[..., None].expand(-1, -1, values.shape[-1])
        return sums.scatter_add(1, index, values * beat_mask[..., None])

    slots = by_bar(torch.full_like(played[:, :, 0, :1], float(played.shape[2])))
    sums = [by_bar(x.sum(2)) for x in (played, real, played**2, real**2, played * real)]
    count = slots.clamp(min=1)
    own = (sums[2] - sums[0] ** 2 / count).clamp(min=0)
    other = (sums[3] - sums[1] ** 2 / count).clamp(min=0)
    active = (other > 1e-3).to(logits.dtype)
    cosine = (sums[4] - sums[0] * sums[1] / count) / ((own + SOFT_LINE) * (other + 1e-6)).sqrt()
    playing = (own / (own + SOFT_VOICE)).sum(-1).clamp(min=FEWEST_VOICES)
    voices = active.sum(-1)
    similarity = (cosine * active).sum(-1) / (playing * voices.clamp(min=1)).sqrt()
    counts = (voices > 0) & (slots[..., 0] >= SHORTEST_BAR)
    total: Tensor = (similarity * counts).sum() / counts.sum().clamp(min=1)
    return total


def fit_score(
    pairs: list[Path], output: Path, *, score: ScoreConfig, devices: int = 1
) -> ModelInfo:
    """Train the score model on the training songs that have beats and a drum score.

    Args:
        pairs: folders of the shards of pairs.
        output: folder of the model. It contains the songs' features until the training is complete.
        score: settings of the network.
        devices: processes that share the training.

    Raises:
        UserError: no training or no validation song has beats and a drum score.
    """
    store = partial(StoredScores, registers=score.registers)
    with stored_splits(store, score_songs, pairs, output) as songs:
        torch.manual_seed(score.optim.seed)
        network = ScoreNetwork(score)
        task = ScoreTask(network, score, songs.train, songs.valid)
        info = describe(
            "score", score, SCORE_MEL, sizes={}, step=0, metrics={}, data_sha256=songs.data
        )
        return train(task, output, info, score.optim, devices)
