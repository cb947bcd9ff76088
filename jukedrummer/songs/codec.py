"""The codec, VQ-VAE and vocoder: drum codes to audio, and real drums encoded and decoded."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig
from jukedrummer.model.build import load_vocoder, load_vqvae
from jukedrummer.model.chunks import in_chunks
from jukedrummer.model.vocoders import Vocoder
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.storage.weights import default_device


@torch.no_grad()
def decode_codes(codes: Tensor, drums: Autoencoder, vocoder: Vocoder, mel: MelConfig) -> np.ndarray:
    """Drum codes (L,) to samples (L * frames_per_code * hop,) float32 at 44,100 Hz."""
    audio = in_chunks(vocoder, drums.decode(codes[None]), mel.hop, margin=vocoder.margin)[0]
    samples: np.ndarray = audio.cpu().numpy()
    return samples


@torch.no_grad()
def codec_round_trip(
    audio: np.ndarray, drums: Autoencoder, vocoder: Vocoder, mel: MelConfig
) -> np.ndarray:
    """Encode and decode real drums: the best sound that a language model can reach with this codec.

    Args:
        audio: (N,) float32 at 44,100 Hz.
        drums: the drums' VQ-VAE.
        vocoder: the vocoder, on the same device.
        mel: settings of the mel of both.

    Returns:
        (N,) float32.
    """
    padded = np.pad(audio, (0, -len(audio) % (mel.hop * drums.frames_per_code)))
    device = next(drums.parameters()).device
    codes = drums.encode(log_mel(torch.from_numpy(padded).float()[None].to(device), mel))[0]
    return decode_codes(codes, drums, vocoder, mel)[: len(audio)]


def load_codec(drums: Path, vocoder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """`codec_round_trip` with the models of two folders, on the GPU if there is one.

    Raises:
        UserError: a file is missing, broken or foreign, or a model is of another kind.
    """
    vqvae, info = load_vqvae(drums)
    decoder, _ = load_vocoder(vocoder)
    device = default_device()
    return partial(
        codec_round_trip,
        drums=vqvae.to(device),
        vocoder=decoder.to(device),
        mel=info.mel_config,
    )
