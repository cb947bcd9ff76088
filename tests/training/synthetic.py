"""Shards, pairs, tiny configs and interruptions for the tests of the trainings.

The songs are noise with a pulse.
"""

import csv
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jukedrummer.audio.io import write_audio
from jukedrummer.config import ClipConfig, MelConfig, OptimConfig, changed, plain
from jukedrummer.model.lm import ListeningLMConfig
from jukedrummer.model.paper.lm import PaperLMConfig
from jukedrummer.model.paper.vqvae import PaperVQVAEConfig
from jukedrummer.model.vocoders.istft import ISTFTConfig
from jukedrummer.model.vqvae import ListeningVQVAEConfig
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import Shard, write_shard
from jukedrummer.training.task import Task
from jukedrummer.training.vqvae import fit_vqvae
from tests.tiny import pair, write_pairs_table

MEL = MelConfig()
CLIP = ClipConfig(frames=128, frames_per_code=4)
OPTIM = OptimConfig(steps=12, batch_size=4, warmup=2, validate_every=4, save_every=3)
VQVAE = ListeningVQVAEConfig(
    width=16, blocks=1, codebook_size=8, code_dim=8, crop_frames=64, optim=OPTIM
)
PAPER_VQVAE = PaperVQVAEConfig(width=16, codebook_size=8, code_dim=8, crop_frames=64, optim=OPTIM)
LM = ListeningLMConfig(
    layers=2, width=32, heads=2, condition_width=16, lookahead_blocks=1, context=16, optim=OPTIM
)
PAPER_LM = PaperLMConfig(
    layers=2, width=32, heads=2, encoder_layers=2, attention_blocks=4, context=16, optim=OPTIM
)
VOCODER = ISTFTConfig(width=16, blocks=1, crop_frames=16, optim=OPTIM)
SPLITS = ("train",) * 20 + ("valid",) * 2 + ("test",) * 2


def write_features(path: Path, seed: int = 0, splits: Sequence[str] = SPLITS) -> Path:
    """A shard with a pulse every 16 frames, at the same times in drums and drumless recording.

    Songs with odd numbers are marked as separated.
    """
    random = np.random.default_rng(seed)
    with write_shard(path, "features", {"mel": plain(MEL), "source_sha256": "none"}) as writer:
        for number, split in enumerate(splits):
            flag = np.array(number % 2, dtype=np.uint8)
            writer.append({**_clip(random, f"song_{number}", split), "separated": flag})
    return path


def _clip(random: np.random.Generator, song: str, split: str) -> dict[str, Any]:
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


def write_codes(path: Path, features: Path, seed: int = 0, splits: Sequence[str] = SPLITS) -> Path:
    """Codes of `write_features`: the drums' code is 1 on a beat, else 0."""
    random = np.random.default_rng(seed)
    shard = Shard(features, "features")
    attributes = {"codebooks": {"drums": 4, "drumless": 6}, "features_sha256": sha256(features)}
    with write_shard(path, "codes", attributes) as writer:
        for row, split in enumerate(splits):
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
    rows = []
    for number, split in enumerate(SPLITS):
        random = np.random.default_rng(number)
        t = np.arange(44_100) % 11_025
        audio = 0.4 * random.normal(size=44_100) * np.exp(-t / 800)
        write_audio(folder / f"song_{number}" / "drums.flac", np.clip(audio, -1, 1))
        rows.append(pair(f"song_{number}", split, 1.0))
    return write_pairs_table(folder, *rows)


def read_history(folder: Path) -> dict[str, list[float]]:
    """The columns of a model's `history.csv`."""
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def train_vqvae(features: Path, output: Path, **changes: Any) -> None:
    """Train the tiny VQ-VAE of the drums. `changes` are changes of its optimizer's settings."""
    config = changed(VQVAE, optim=changed(OPTIM, **changes))
    fit_vqvae("drums", [features], output, mel=MEL, clip=CLIP, vqvae=config)


@contextmanager
def interrupted(task: type[Task], steps: int) -> Iterator[None]:
    """Press Ctrl-C after this number of optimizer steps."""
    former, taken = task.before_backward, itertools.count()

    def counted(self: Task) -> None:
        if next(taken) == steps:
            raise KeyboardInterrupt
        former(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "before_backward", counted)
        with pytest.raises(KeyboardInterrupt):
            yield
