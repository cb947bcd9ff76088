"""The drum-aware beat tracker (arXiv 2106.08685) behind the interface of all trackers."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from jukedrummer.beats.network_tracker import NetworkTracker
from jukedrummer.beats.representations import LOW_WIDTH
from jukedrummer.beats.tracker import CLASSES
from jukedrummer.config import BeatsConfig
from jukedrummer.errors import UserError
from jukedrummer.model.drum_aware import Heard
from jukedrummer.storage.weights import ModelInfo

# Sharp activations are spread by so many frames either way, and none is below the floor, before they are
# decoded: at slow tempi the Bayesian network takes many frames for the beat, and where most of them are
# near 0 it prefers twice the tempo. Chosen on validation songs.
SMOOTHING = 2
_FLOOR = 0.005


class DrumAwareTracker(NetworkTracker):
    """Tracks beats and downbeats with a trained or imported network.

    Songs run one by one: PyTorch's BLSTM is faster on one song than on padded ones of several lengths. A long
    song runs as it is: of an hour, the drumless path keeps about 1 GB, most of it the features.

    Args:
        config: the settings of the dynamic Bayesian network.
        network: what `load_model(folder, "tracker")` gives.
        device: where the features and the network run, e.g. "cpu" or "cuda".
        heard: what the songs are. A drumless recording, which is what the pipeline has, and drums alone go
            straight to their beat network; a mix takes the whole network.

    Raises:
        UserError: the network's embedding is wider than `low` can hold.
    """

    name = "drum_aware"

    def __init__(
        self,
        config: BeatsConfig,
        network: tuple[nn.Module, ModelInfo],
        device: str = "cpu",
        heard: Heard = "drumless",
    ) -> None:
        super().__init__(config, device)
        model, info = network
        check_embedding(info.config["hidden"])
        self.network, self.heard = model.to(self.device).eval(), heard
        self.version = (
            f"{info.config['kind']}, step {info.step}, data {info.data_sha256[:8] or 'imported'}"
        )
        self._order = [info.sizes[name] for name in CLASSES]
        # The authors' networks are decoded as they did it.
        self._smoothing = info.sizes.get("smoothing", 0)

    @torch.inference_mode()
    def hear(self, songs: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        """One song after the other; a narrow embedding is filled up with zeros."""
        return [self._hear(song) for song in songs]

    def observations(self, activations: np.ndarray) -> np.ndarray:
        """Smoothed where the network was trained here; see `smoothed`."""
        return smoothed(activations, self._smoothing) if self._smoothing else activations

    def _hear(self, song: Tensor) -> tuple[Tensor, Tensor]:
        if not len(song):
            return song.new_zeros(0, LOW_WIDTH), song.new_zeros(0, len(CLASSES))
        embedding, logits = (value[0] for value in self.network.hear(song[None], self.heard))
        return pad(embedding, (0, LOW_WIDTH - embedding.shape[1])), logits.softmax(-1)[
            :, self._order
        ]


def smoothed(activations: np.ndarray, frames: int = SMOOTHING) -> np.ndarray:
    """Activations (T, 3) under a triangle that reaches `frames` to either side, and not below a floor."""
    kernel = np.bartlett(2 * frames + 3)[1:-1]
    columns = [np.convolve(column, kernel / kernel.sum(), "same") for column in activations.T]
    return np.maximum(np.stack(columns, axis=1), _FLOOR)


def check_embedding(hidden: int) -> None:
    """Raise UserError where the embedding of a network of so many units does not fit into `low`."""
    if 2 * hidden > LOW_WIDTH:
        raise UserError(
            f"tracker.hidden is {hidden}; the limit is {LOW_WIDTH // 2}, "
            f"as the language model's beat input low has {LOW_WIDTH} values"
        )
