"""Shards, pairs and tiny configs for the trainings, made of noise with a pulse."""

import csv
from pathlib import Path

import numpy as np

from jukedrummer.audio.io import write_audio
from jukedrummer.config import (
    ClipConfig,
    LMConfig,
    MelConfig,
    OptimConfig,
    VocoderConfig,
    VQVAEConfig,
    plain,
)
from jukedrummer.storage.files import sha256, write_text
from jukedrummer.storage.shards import Shard, write_shard

MEL = MelConfig()
CLIP = ClipConfig(frames=128, frames_per_code=4)
OPTIM = OptimConfig(steps=12, batch=4, warmup=2, validate_every=4, save_every=3)
VQVAE = VQVAEConfig(width=16, blocks=1, codebook=8, code_dim=8, crop_frames=64, optim=OPTIM)
LM = LMConfig(
    layers=2, width=32, heads=2, condition_width=16, listen_blocks=1, context=16, optim=OPTIM
)
VOCODER = VocoderConfig(width=16, blocks=1, crop_frames=16, optim=OPTIM)
SPLITS = ("train",) * 20 + ("valid",) * 2 + ("test",) * 2


def write_features(path: Path, seed: int = 0) -> Path:
    """A shard whose drums follow the drumless input: a pulse every 16 frames, where the song has it."""
    random = np.random.default_rng(seed)
    with write_shard(path, "features", {"mel": plain(MEL), "source_sha256": "none"}) as writer:
        for number, split in enumerate(SPLITS):
            writer.append(_clip(random, f"song_{number}", split))
    return path


def _clip(random: np.random.Generator, song: str, split: str) -> dict:
    place = random.integers(16)
    pulse = (np.arange(CLIP.frames) % 16 == place)[None]
    drums = np.where(pulse, 0.0, -4.0) + 0.1 * random.normal(size=(MEL.bands, CLIP.frames))
    drumless = np.where(pulse, -1.0, -3.0) + 0.1 * random.normal(size=(MEL.bands, CLIP.frames))
    angle = 2 * np.pi * ((np.arange(CLIP.codes) - place / 4) % 4) / 4
    phase = np.stack([np.sin(angle), np.cos(angle), np.sin(angle / 4), np.cos(angle / 4)], axis=1)
    beat = (np.arange(CLIP.codes) % 4 == place // 4).astype(np.uint8)
    return {
        "drums_mel": drums.astype(np.float16),
        "drumless_mel": drumless.astype(np.float16),
        "low": random.normal(size=(CLIP.codes, 50)).astype(np.float16),
        "mid": beat,
        "high": 2 * beat,
        "phase": phase.astype(np.float16),
        "song": song,
        "split": split,
        "start": 0,
    }


def write_codes(path: Path, features: Path, seed: int = 0) -> Path:
    """Codes that go with `write_features`: the drums' code says whether there is a beat."""
    random = np.random.default_rng(seed)
    shard = Shard(features, "features")
    attributes = {"codebooks": {"drums": 4, "drumless": 6}, "features_sha256": sha256(features)}
    with write_shard(path, "codes", attributes) as writer:
        for row, split in enumerate(SPLITS):
            drums = shard.file["mid"][row].astype(np.uint16)
            drumless = random.integers(6, size=CLIP.codes).astype(np.uint16)
            clip = {
                "drums": drums,
                "drumless": drumless,
                "song": f"song_{row}",
                "split": split,
                "start": 0,
            }
            writer.append(clip)
    return path


def write_pairs(folder: Path) -> Path:
    """Drum tracks of a second each: clicks on noise."""
    rows = ["song\tsplit\tsamples\tseconds\tgain"]
    for number, split in enumerate(SPLITS):
        random = np.random.default_rng(number)
        t = np.arange(44_100) % 11_025
        audio = 0.4 * random.normal(size=44_100) * np.exp(-t / 800)
        write_audio(folder / f"song_{number}" / "drums.flac", np.clip(audio, -1, 1))
        rows.append(f"song_{number}\t{split}\t44100\t1.0\t1.0")
    write_text(folder / "pairs.tsv", "\n".join(rows) + "\n")
    return folder


def read_history(folder: Path) -> dict[str, list[float]]:
    """The columns of a model's `history.csv`."""
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}
