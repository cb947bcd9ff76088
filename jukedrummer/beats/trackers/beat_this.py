"""Beat This! (arXiv 2407.21658) behind the interface of all trackers: optional package, local checkpoint.

Its Transformer says how likely each frame is a beat, a downbeat; the beats are decoded by the Bayesian
network that the other trackers have, so that its settings count here too. It has no embedding of 50 values,
so the language model's beat input `low` cannot be had from it.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.beats.network_tracker import decode, make_decoder
from jukedrummer.beats.tracker import Tracked, beat_confidence
from jukedrummer.config import BeatsConfig
from jukedrummer.errors import UserError
from jukedrummer.foreign import read_checkpoint
from jukedrummer.storage.files import sha256

PACKAGE = "beat_this"
_LEAST_SAMPLES = 2_048  # its spectrogram's window, and some


class BeatThisTracker:
    """Tracks beats and downbeats.

    Args:
        config: `weights` is the checkpoint file; the settings of the dynamic Bayesian network.
        device: where the network runs, e.g. "cpu" or "cuda".

    Raises:
        UserError: the package or the checkpoint is missing, or the checkpoint is not one of its.
    """

    name = "beat_this"

    def __init__(self, config: BeatsConfig, device: str = "cpu") -> None:
        if importlib.util.find_spec(PACKAGE) is None:
            raise UserError(
                "beats.tracker is beat_this, but the package beat_this is not installed: "
                "pip install beat-this, or choose madmom"
            )
        if config.weights is None:
            raise UserError(
                "beats.tracker is beat_this and beats.weights is not set: name one of its checkpoint files, "
                "e.g. final0.ckpt (see github.com/CPJKU/beat_this)"
            )
        path = Path(config.weights)
        # Read first by ourselves: the package takes a path that is missing for the name of a download.
        checkpoint = read_checkpoint(path)
        if not isinstance(checkpoint, dict) or not {"hyper_parameters", "state_dict"} <= set(
            checkpoint
        ):
            raise UserError(
                f"{path}: is not a checkpoint of Beat This! (hyper_parameters, state_dict)"
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
        if len(audio) > _LEAST_SAMPLES * sample_rate // 22_050:
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
    """Probabilities of `CLASSES` at 100 frames a second, (2 T, 3) float32, of logits at 50, (T,) each.

    A downbeat counts as a beat there, here it does not. The frames between are the means of their neighbours.
    """
    beat, downbeat = torch.sigmoid(beats), torch.sigmoid(downbeats)
    beat = (beat - downbeat).clamp(min=0)
    both = torch.stack([1 - beat - downbeat, beat, downbeat], dim=1).cpu().numpy()
    following = np.concatenate([both[1:], both[-1:]])
    return np.stack([both, (both + following) / 2], axis=1).reshape(-1, 3).astype(np.float32)
