"""Beat This! (arXiv 2407.21658): an optional package with a local checkpoint.

Its Transformer gives probabilities of beat and downbeat. They are decoded by the same DBN as those
of the other trackers. It has no embedding of 50 values, which the beat input `low` needs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.beats.network_tracker import decode, make_decoder
from jukedrummer.beats.tracker import Tracked, beat_confidence
from jukedrummer.config import DBNConfig, key, require_package
from jukedrummer.errors import UserError
from jukedrummer.storage.checkpoints import read_checkpoint
from jukedrummer.storage.files import sha256

PACKAGE = "beat_this"
_ITS_RATE = 22_050  # samples a second
_LEAST_SAMPLES = 2_048  # at its rate; more than its spectrogram's window


TITLE = "Beat This!"


class BeatThisConfig(DBNConfig):
    """The optional package Beat This!"""

    tracker: Literal["beat_this"] = "beat_this"
    has_embedding: ClassVar[bool] = False
    weights: str | None = key(None, "its checkpoint file, e.g. final0.ckpt")

    def check_machine(self, where: str) -> None:
        """Check that the package and the checkpoint exist."""
        require_package(
            PACKAGE, f"{where}.tracker is beat_this", "pip install '.[beat-this]', or choose madmom"
        )
        if self.weights is None or not Path(self.weights).is_file():
            state = "not set" if self.weights is None else f"{self.weights}: no such file"
            raise UserError(
                f"{where}.weights is {state}; beats.tracker beat_this needs one of its checkpoint "
                "files, e.g. final0.ckpt (see github.com/CPJKU/beat_this)"
            )


class BeatThisTracker:
    """Tracks beats and downbeats.

    Args:
        config: the checkpoint file, and the settings of the DBN.
        device: where the network runs, e.g. "cpu" or "cuda".

    Raises:
        UserError: the package or the checkpoint is missing, or it is not a checkpoint of Beat This!
    """

    name = "beat_this"

    def __init__(self, config: BeatThisConfig, device: str = "cpu") -> None:
        # The package would download a checkpoint if there were no file of this name.
        config.check_machine("beats")
        path = Path(config.weights or "")
        checkpoint = read_checkpoint(path)
        keys = set(checkpoint) if isinstance(checkpoint, dict) else set()
        if not {"hyper_parameters", "state_dict"} <= keys:
            raise UserError(
                f"{path}: is not a checkpoint of Beat This! (no hyper_parameters, state_dict)"
            )
        load_torchaudio()
        from beat_this.inference import Audio2Frames

        try:
            self.network = Audio2Frames(str(path), device)
        except (RuntimeError, TypeError, KeyError) as error:
            raise UserError(
                f"{path}: does not fit Beat This! ({str(error).splitlines()[0][:200]})"
            ) from error
        self.version = f"checkpoint {sha256(path)[:8]}"
        self.decoder = make_decoder(config)

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        """Track one song; see `Tracker`."""
        activations = np.zeros((0, 3), np.float32)
        if len(audio) > _LEAST_SAMPLES * sample_rate // _ITS_RATE:
            activations = probabilities(*self.network(audio, sample_rate))
        beats = decode(self.decoder, activations)
        return Tracked(
            beats=beats,
            activations=activations,
            embeddings=None,
            confidence=beat_confidence(beats, activations),
            tracker=self.name,
            version=self.version,
        )

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track songs one by one; see `Tracker`."""
        return [self.track(song, sample_rate) for song in songs]


def probabilities(beats: Tensor, downbeats: Tensor) -> np.ndarray:
    """Probabilities of `CLASSES` from the package's logits.

    In the package, downbeats are beats too. In `CLASSES`, they are not. The network has 50 frames a
    second, so every second frame is the mean of its neighbours.

    Args:
        beats: (T,) logits at 50 frames a second.
        downbeats: (T,) logits at 50 frames a second.

    Returns:
        (2 T, 3) float32 at 100 frames a second.
    """
    beat, downbeat = torch.sigmoid(beats), torch.sigmoid(downbeats)
    beat = (beat - downbeat).clamp(min=0)
    frames: np.ndarray = torch.stack([1 - beat - downbeat, beat, downbeat], dim=1).cpu().numpy()
    following = np.concatenate([frames[1:], frames[-1:]])
    return np.stack([frames, (frames + following) / 2], axis=1).reshape(-1, 3).astype(np.float32)


def build(config: BeatThisConfig, device: str, network: Any = None) -> BeatThisTracker:
    """The tracker; `network` is not used."""
    return BeatThisTracker(config, device)


Config = BeatThisConfig
