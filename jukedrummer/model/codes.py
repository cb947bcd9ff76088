"""Codes of both parts for every clip of a shard."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from jukedrummer.audio.mel import check_same_mel
from jukedrummer.config import PARTS, ClipConfig, MelConfig
from jukedrummer.errors import UserError
from jukedrummer.model.build import load_vqvae
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import Shard, write_shard
from jukedrummer.storage.weights import default_device


def write_codes(
    features: Path, drums: Path, drumless: Path, output: Path, mel: MelConfig, clip: ClipConfig
) -> None:
    """Encode the mels of one shard of features and write the shard of codes `output`.

    Args:
        features: the shard of features.
        drums: folder of the drums' VQ-VAE.
        drumless: folder of the drumless recordings' VQ-VAE.
        output: the shard of codes.
        mel: settings of the features' mel.
        clip: sizes of the clips.

    Raises:
        UserError: a VQ-VAE has another mel or another number of frames for each code.
    """
    models, codebooks = {}, {}
    for part, folder in zip(PARTS, (drums, drumless), strict=True):
        models[part], info = load_vqvae(folder)
        check_same_mel(mel, info.mel, str(folder))
        if info.sizes["frames_per_code"] != clip.frames_per_code:
            raise UserError(
                f"{folder}: has {info.sizes['frames_per_code']} frames for each code, "
                f"clip.frames_per_code is {clip.frames_per_code}; train it again"
            )
        models[part].to(default_device())
        codebooks[part] = info.config["codebook_size"]
    shard = Shard(features, "features")
    attributes = {"codebooks": codebooks, "features_sha256": sha256(features)}
    with write_shard(output, "codes", attributes) as writer:
        for row in tqdm(range(len(shard)), desc=f"codes {output.stem}", unit="clip"):
            codes: dict[str, Any] = {
                part: encode(models[part], shard.file[f"{part}_mel"][row]) for part in PARTS
            }
            text = {name: shard.file[name].asstr()[row] for name in ("song", "split")}
            writer.append({**codes, **text, "start": shard.file["start"][row]})


def encode(vqvae: Autoencoder, mel: np.ndarray) -> np.ndarray:
    """Codes (L,) uint16 of one clip's mel (F, M)."""
    device = next(vqvae.parameters()).device
    codes = vqvae.encode(torch.from_numpy(mel.astype(np.float32))[None].to(device))
    result: np.ndarray = codes[0].cpu().numpy().astype(np.uint16)
    return result
