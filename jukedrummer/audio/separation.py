"""Separation of songs without stems: demucs splits the mix into drumless and drums.

demucs is imported only when it is used. Its pretrained weights have their own licence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from jukedrummer.audio.io import resample
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.errors import UserError

DRUMS = "drums"  # demucs' name of the source


@dataclass(frozen=True)
class Separator:
    """A demucs model, or a bag of several, in evaluation mode.

    Attributes:
        model: demucs' object.
        device: where it runs.
    """

    model: Any
    device: torch.device

    def separate(self, audio: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
        """Split a mix. The result is deterministic.

        Args:
            audio: (N, channels) float32, not silent.
            rate: samples a second.

        Returns:
            Drumless (the sum of all other sources) and drums, both (N',) float32 mono at 44,100 Hz.
        """
        from demucs.apply import apply_model

        channels = _with_channels(audio, self.model.audio_channels)
        mix = torch.from_numpy(resample(channels, rate, self.model.samplerate).T.copy())
        # demucs' models are trained on mixes of zero mean and unit deviation.
        mean, deviation = mix.mean(), mix.mean(0).std() + 1e-8
        sources = apply_model(
            self.model,
            (mix[None] - mean) / deviation,
            shifts=0,
            split=True,
            overlap=0.25,
            device=self.device,
        )[0]
        drums = sources[self.model.sources.index(DRUMS)]
        # The mean belongs to no source. It is left out of both.
        mono = torch.stack([sources.sum(0) - drums, drums]).mean(1) * deviation
        drumless, drums = resample(mono.cpu().numpy().T, self.model.samplerate, SAMPLE_RATE).T
        return np.ascontiguousarray(drumless), np.ascontiguousarray(drums)


def load_separator(config: PairsConfig) -> Separator:
    """The demucs model named `config.separator`.

    Raises:
        UserError: demucs is not installed, the weights cannot be loaded, or the model does not
            separate drums.
    """
    config.check_machine("pairs")
    from demucs.pretrained import get_model

    model = _get_model(get_model, config)
    if DRUMS not in model.sources:
        raise UserError(
            f"pairs.separator {config.separator}: separates {model.sources}, not {DRUMS}"
        )
    return Separator(model, torch.device("cuda" if torch.cuda.is_available() else "cpu"))


def _get_model(get_model: Callable[..., Any], config: PairsConfig) -> Any:
    repository = config.separator_repository and Path(config.separator_repository)
    try:
        return get_model(config.separator, repo=repository)
    except Exception as error:  # hub, network, checksum and format errors have no common class
        where = (
            f"the folder {repository}"
            if repository
            else "the hub (no network? set pairs.separator_repository)"
        )
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"pairs.separator {config.separator}: cannot be loaded ({reason}) from {where}"
        ) from error


def _with_channels(audio: np.ndarray, channels: int) -> np.ndarray:
    # (N, any) -> (N, channels). Mono is repeated; more channels are averaged first.
    if audio.shape[1] == channels:
        return audio
    return np.repeat(audio.mean(axis=1, keepdims=True, dtype=np.float32), channels, axis=1)
