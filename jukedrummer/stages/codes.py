"""Codes of both parts for every clip of a shard."""

from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from jukedrummer.audio.mel import check_same_mel
from jukedrummer.config import PARTS, ClipConfig, MelConfig
from jukedrummer.errors import UserError
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import Shard, write_shard
from jukedrummer.storage.weights import default_device, load_model


def codes(
    features: Path, drums: Path, drumless: Path, output: Path, mel: MelConfig, clip: ClipConfig
) -> None:
    """Encode the mels of one shard of features; writes the shard of codes `output`.

    Args:
        features: the shard.
        drums: folder of the drums' VQ-VAE.
        drumless: folder of the drumless input's VQ-VAE.

    Raises:
        UserError: a model of another mel or another number of frames a code.
    """
    models, codebooks, device = {}, {}, default_device()
    for part, folder in zip(PARTS, (drums, drumless), strict=True):
        models[part], info = load_model(folder, "vqvae")
        check_same_mel(mel, info.mel, str(folder))
        if info.sizes["frames_per_code"] != clip.frames_per_code:
            raise UserError(
                f"{folder}: has {info.sizes['frames_per_code']} frames a code, "
                f"clip.frames_per_code is {clip.frames_per_code}; train it again"
            )
        models[part].to(device)
        codebooks[part] = info.config["codebook"]
    shard = Shard(features, "features")
    attributes = {"codebooks": codebooks, "features_sha256": sha256(features)}
    with write_shard(output, "codes", attributes) as writer:
        for row in tqdm(range(len(shard)), desc=f"codes {output.stem}", unit="clip"):
            clip_codes = {
                part: _encode(models[part], shard.file[f"{part}_mel"][row]) for part in PARTS
            }
            text = {name: shard.file[name].asstr()[row] for name in ("song", "split")}
            writer.append({**clip_codes, **text, "start": shard.file["start"][row]})


def _encode(model: torch.nn.Module, mel: np.ndarray) -> np.ndarray:
    device = next(model.parameters()).device
    codes = model.encode(torch.from_numpy(mel.astype(np.float32))[None].to(device))
    return codes[0].cpu().numpy().astype(np.uint16)
