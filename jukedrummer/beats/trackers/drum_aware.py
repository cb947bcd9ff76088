"""The drum-aware beat tracker (arXiv 2106.08685), trained here or imported."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from jukedrummer.beats.network_tracker import NetworkTracker
from jukedrummer.beats.tracker import CLASSES
from jukedrummer.config import EMBEDDING_WIDTH, BeatsConfig, DBNConfig, key, require_folder
from jukedrummer.errors import UserError
from jukedrummer.model.build import load_model
from jukedrummer.model.drum_aware import Content, TrackerNetwork
from jukedrummer.storage.weights import ModelInfo

# Before decoding, activations are smoothed over this many frames on both sides and raised to a
# floor. At slow tempi, a beat has many frames in the DBN. If most of them are near 0, the DBN
# prefers twice the tempo. Both values were chosen on validation songs.
SMOOTHING = 2
_FLOOR = 0.005


TITLE = "drum-aware"


class DrumAwareConfig(DBNConfig):
    """The drum-aware network, trained on the corpus or imported."""

    trained: ClassVar[bool] = True
    tracker: Literal["drum_aware"] = "drum_aware"
    weights: str | None = key(
        None, "folder of a trained or imported model; null trains one on the corpus"
    )

    def check_machine(self, where: str) -> None:
        """Check that the model exists."""
        if self.weights is not None:
            require_folder(self.weights, f"{where}.weights")


class DrumAwareTracker(NetworkTracker):
    """Tracks beats and downbeats with a trained or imported network.

    Songs run one by one: PyTorch's BLSTM is faster on one song than on padded songs. For a song of
    an hour, the drumless path takes about 1 GB, most of it for the features.

    Args:
        config: the settings of the DBN.
        network: model and description, as `load_model(folder, "tracker")` returns them.
        device: where the features and the network run, e.g. "cpu" or "cuda".
        content: content of the songs; see `DrumAware.analyse`. The workflow tracks drumless
            recordings.
    """

    name = "drum_aware"

    def __init__(
        self,
        config: DrumAwareConfig,
        network: tuple[nn.Module, ModelInfo],
        device: str = "cpu",
        content: Content = "drumless",
    ) -> None:
        super().__init__(config, device)
        model, info = network
        self.network = cast(TrackerNetwork, model.to(self.device).eval())
        self.content = content
        self.version = (
            f"{info.config['kind']}, step {info.step}, data {info.data_sha256[:8] or 'imported'}"
        )
        self._order = [info.sizes[name] for name in CLASSES]
        # The activations of imported networks are not smoothed.
        self._smoothing = info.sizes.get("smoothing", 0)

    @torch.inference_mode()
    def run(self, songs: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        """Run one song after the other. A narrow embedding is padded with zeros."""
        return [self._run_song(song) for song in songs]

    def observations(self, activations: np.ndarray) -> np.ndarray:
        """The activations, smoothed if the network was trained here; see `smoothed`."""
        return smoothed(activations, self._smoothing) if self._smoothing else activations

    def _run_song(self, song: Tensor) -> tuple[Tensor, Tensor]:
        if not len(song):
            return song.new_zeros(0, EMBEDDING_WIDTH), song.new_zeros(0, len(CLASSES))
        embedding, logits = (value[0] for value in self.network.analyse(song[None], self.content))
        probabilities = logits.softmax(-1)[:, self._order]
        return pad(embedding, (0, EMBEDDING_WIDTH - embedding.shape[1])), probabilities


def smoothed(activations: np.ndarray, frames: int = SMOOTHING) -> np.ndarray:
    """Activations (T, 3) after a triangular filter, raised to a floor.

    Args:
        activations: probabilities of `CLASSES`.
        frames: number of frames that the triangle reaches to each side.
    """
    kernel = np.bartlett(2 * frames + 3)[1:-1]
    columns = [np.convolve(column, kernel / kernel.sum(), "same") for column in activations.T]
    raised: np.ndarray = np.maximum(np.stack(columns, axis=1), _FLOOR)
    return raised


def network_folder(config: BeatsConfig) -> Path:
    """The folder of the network of a tracker that is trained.

    Raises:
        UserError: `beats.weights` is not set.
    """
    weights: str | None = getattr(config, "weights", None)
    if weights is None:
        raise UserError(
            f"beats.tracker is {config.kind_name}, which needs a trained network (the stage "
            "train_tracker makes one): give its folder as beats.weights; for the command "
            "beats, as --weights"
        )
    return Path(weights)


def build(
    config: DrumAwareConfig, device: str, network: tuple[nn.Module, ModelInfo] | None = None
) -> DrumAwareTracker:
    """The tracker with the given network, or with that in the folder `config.weights`.

    Raises:
        UserError: there is no network, or it cannot be read from the folder.
    """
    return DrumAwareTracker(
        config, network or load_model(network_folder(config), "tracker"), device
    )


Config = DrumAwareConfig
