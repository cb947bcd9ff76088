"""CLAP, a public embedding of audio, as features of the distances between sets of songs.

Source: Wu et al., ICASSP 2023. The weights are a folder in the form of the package transformers.
Nothing is downloaded.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import soxr
import torch

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.config import SAMPLE_RATE, EvaluateConfig
from jukedrummer.errors import UserError

CLAP_SECONDS = 5  # of a window, as in the paper of prompt adherence
CLAP_BATCH = 16  # windows at once

Embed = Callable[[np.ndarray], np.ndarray]


def load_clap(folder: str) -> Embed:
    """CLAP's audio part: audio (N,) at 44,100 Hz to an embedding of every 5 seconds, (W, D).

    Raises:
        UserError: the package transformers is missing, or the folder has no CLAP model.
    """
    EvaluateConfig(clap=folder).check_machine("evaluate")
    load_torchaudio()  # transformers imports it, and fails with a CPU-only torch
    from transformers import ClapAudioModelWithProjection, ClapFeatureExtractor

    try:
        extractor = ClapFeatureExtractor.from_pretrained(folder, local_files_only=True)
        model = ClapAudioModelWithProjection.from_pretrained(folder, local_files_only=True).eval()
    except (OSError, ValueError) as error:
        raise UserError(
            f"evaluate.clap is {folder}: cannot be read as a CLAP model of transformers (expected "
            "config.json, preprocessor_config.json and the weights, as in laion/clap-htsat-unfused)"
        ) from error

    @torch.inference_mode()
    def embed(audio: np.ndarray) -> np.ndarray:
        windows = _windows(audio, extractor.sampling_rate)
        batches = (windows[i : i + CLAP_BATCH] for i in range(0, len(windows), CLAP_BATCH))
        return np.concatenate([_embed(batch, extractor, model) for batch in batches])

    return embed


def _windows(audio: np.ndarray, rate: int) -> list[np.ndarray]:
    """Windows of 5 seconds at another rate. A remainder is left out, unless it is all there is."""
    resampled = soxr.resample(audio, SAMPLE_RATE, rate)
    size = CLAP_SECONDS * rate
    starts = range(0, max(1, len(resampled) - size + 1), size)
    return [resampled[start : start + size] for start in starts]


def _embed(windows: list[np.ndarray], extractor: Any, model: Any) -> np.ndarray:
    inputs = extractor(windows, sampling_rate=extractor.sampling_rate, return_tensors="pt")
    embeddings: np.ndarray = model(**inputs).audio_embeds.numpy()
    return embeddings
