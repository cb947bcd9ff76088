"""Tiny models with random weights, and tables of pairs: enough to run every code path."""

from pathlib import Path
from typing import Any, cast

import torch

from jukedrummer.beats.trackers.madmom import MadmomConfig
from jukedrummer.config import SAMPLE_RATE, GenerateConfig, MelConfig
from jukedrummer.corpus.manifest import stems_text
from jukedrummer.corpus.pairs import Pair
from jukedrummer.corpus.song import Stem
from jukedrummer.model.build import build
from jukedrummer.model.lm import ListeningLMConfig
from jukedrummer.model.vocoders.istft import ISTFTConfig
from jukedrummer.model.vqvae import Autoencoder, ListeningVQVAEConfig
from jukedrummer.songs.bundle import describe_bundle
from jukedrummer.storage.files import write_json
from jukedrummer.storage.tables import write_table
from jukedrummer.storage.weights import ModelInfo, describe, save_model, save_weights

MEL = MelConfig()
BEATS = MadmomConfig(networks=1)
FRAMES_PER_CODE = 4


def infos() -> dict[str, ModelInfo]:
    """Descriptions of the four models."""
    common: dict[str, Any] = {"step": 1, "metrics": {"loss": 1.0}, "data_sha256": "none"}
    frames = {"frames_per_code": FRAMES_PER_CODE}
    vqvae = {
        part: ListeningVQVAEConfig(width=8, blocks=1, codebook_size=codes, code_dim=4)
        for part, codes in (("drums", 8), ("drumless", 12))
    }
    lm = ListeningLMConfig(
        layers=1, width=16, heads=2, condition_width=8, context=32, lookahead_blocks=1
    )
    vocoder = ISTFTConfig(width=8, blocks=1)
    books = {"drums_codebook": 8, "drumless_codebook": 12}
    return {
        **{
            part: describe("vqvae", config, MEL, part=part, sizes=frames, **common)
            for part, config in vqvae.items()
        },
        "lm": describe("lm", lm, MEL, sizes=frames | books, level_db=(-60.0, 20.0), **common),
        "vocoder": describe("vocoder", vocoder, MEL, sizes={}, **common),
    }


def models(seed: int = 0) -> dict[str, torch.nn.Module]:
    """The networks of `infos`."""
    torch.manual_seed(seed)
    networks = {name: build(info) for name, info in infos().items()}
    for part in ("drums", "drumless"):
        cast(Autoencoder, networks[part]).quantizer.codebook.normal_()
    return networks


def write_models(folder: Path) -> dict[str, Path]:
    """Write each model to its own folder, like the trainings."""
    for name, model in models().items():
        save_model(folder / name, model, infos()[name])
        (folder / name / "history.csv").write_text(
            "step,seconds,train_loss,valid_loss\n1,0.5,2.0,2.1\n"
        )
    return {name: folder / name for name in infos()}


def write_bundle(folder: Path) -> Path:
    """The files that `Drummer.load` needs, without the page and the samples."""
    for name, model in models().items():
        save_weights(folder / f"{name}.safetensors", model)
    write_json(folder / "drummer.json", describe_bundle(folder, infos(), BEATS, GenerateConfig()))
    return folder


def pair(song: str, split: str, seconds: float, **others: Any) -> Pair:
    """A row of the table of pairs."""
    stems = stems_text([Stem("drums", Path("drums.wav")), Stem("other", Path("bass.wav"))])
    samples = round(seconds * SAMPLE_RATE)
    values = {"source": "tiny", "stems": stems, "samples": samples, "seconds": seconds}
    values |= {"kind": "true", "gain": 1.0, "drums_active": 1.0}
    for part in ("drums", "drumless"):
        values |= {f"{part}_mono": "mid", f"{part}_mono_loss_db": 0.0, f"{part}_silence": 0.0}
        values |= {f"{part}_peak": 0.5, f"{part}_db": -20.0}
    return Pair(song=song, split=split, **(values | others))


def write_pairs_table(folder: Path, *pairs: Pair) -> Path:
    """The table of a shard of pairs, in its folder."""
    write_table(folder / "pairs.tsv", Pair, pairs)
    return folder
