"""A beat tracker of dilated convolutions over log-mels, trained here."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from jukedrummer.audio.io import resample
from jukedrummer.beats.network_tracker import NetworkTracker
from jukedrummer.beats.tracker import CLASSES, Tracked
from jukedrummer.beats.trackers.drum_aware import network_folder, smoothed
from jukedrummer.config import EMBEDDING_WIDTH, SAMPLE_RATE, DBNConfig, key, require_folder
from jukedrummer.errors import UserError
from jukedrummer.model.beat_convolutions import BeatConvolutions, class_probabilities
from jukedrummer.model.build import load_model
from jukedrummer.model.chunks import in_chunks
from jukedrummer.model.transcriber import recording_mel
from jukedrummer.storage.weights import ModelInfo

_CHUNK = 6_000  # one minute computed at a time

TITLE = "convolutional"


class ConvolutionalConfig(DBNConfig):
    """The convolutional network, trained on the corpus."""

    trained: ClassVar[bool] = True
    tracker: Literal["convolutional"] = "convolutional"
    weights: str | None = key(None, "folder of a trained model; null trains one on the corpus")

    def check_machine(self, where: str) -> None:
        """Check that the model exists."""
        if self.weights is not None:
            require_folder(self.weights, f"{where}.weights")


class ConvolutionalTracker(NetworkTracker):
    """Tracks beats and downbeats with a trained network, one song after the other.

    Args:
        config: the settings of the DBN.
        network: model and description, as `load_model(folder, "tracker")` returns them.
        device: where the network runs, e.g. "cpu" or "cuda".

    Raises:
        UserError: the model is a tracker of another kind.
    """

    name = "convolutional"

    def __init__(
        self, config: ConvolutionalConfig, network: tuple[nn.Module, ModelInfo], device: str = "cpu"
    ) -> None:
        super().__init__(config, device)
        model, info = network
        if not isinstance(model, BeatConvolutions):
            raise UserError(
                f"beats.tracker is convolutional, but the model is a tracker of the kind "
                f"{info.config['kind']}; set tracker.kind to convolutional and train it, or set "
                "beats.tracker to drum_aware"
            )
        self.network = model.to(self.device).eval()
        self.version = f"convolutional, step {info.step}, data {info.data_sha256[:8]}"

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track songs one by one; see `Tracker`."""
        return [self._track(resample(song, sample_rate, SAMPLE_RATE)) for song in songs]

    def observations(self, activations: np.ndarray) -> np.ndarray:
        """The activations, smoothed; see `smoothed`."""
        return smoothed(activations) if len(activations) else activations

    def _track(self, audio: np.ndarray) -> Tracked:
        if not len(audio):
            return self.decode(
                np.zeros((0, EMBEDDING_WIDTH), "f4"), np.zeros((0, len(CLASSES)), "f4")
            )
        embedding, logits = self.analyse(recording_mel(audio))
        return self.decode(embedding.numpy(), class_probabilities(logits).numpy())

    @torch.inference_mode()
    def analyse(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Embedding (T, 50) and logits (2, T) of a log-mel (F, T), computed in chunks."""

        def run(part: Tensor) -> Tensor:
            hidden, logits = self.network(part[None].to(self.device))
            return torch.cat([hidden, logits], 1)[0].float().cpu()

        values = in_chunks(run, mel, 1, _CHUNK, self.network.context)
        hidden, logits = values[:-2].T, values[-2:]
        return pad(hidden, (0, EMBEDDING_WIDTH - hidden.shape[1])), logits


def build(
    config: ConvolutionalConfig, device: str, network: tuple[nn.Module, ModelInfo] | None = None
) -> ConvolutionalTracker:
    """The tracker with the given network, or with that in the folder `config.weights`.

    Raises:
        UserError: there is no network, or it cannot be read from the folder.
    """
    return ConvolutionalTracker(
        config, network or load_model(network_folder(config), "tracker"), device
    )


Config = ConvolutionalConfig
