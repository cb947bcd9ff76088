"""Tiny models with random weights: enough to play, nothing worth hearing."""

from pathlib import Path

import torch

from jukedrummer.config import (
    BeatsConfig,
    GenerateConfig,
    LMConfig,
    MelConfig,
    VocoderConfig,
    VQVAEConfig,
)
from jukedrummer.stages.bundle import describe_bundle
from jukedrummer.storage.files import write_json
from jukedrummer.storage.weights import ModelInfo, build, describe, save_model, save_weights

MEL = MelConfig()
BEATS = BeatsConfig(networks=1)
FRAMES_PER_CODE = 4


def infos() -> dict[str, ModelInfo]:
    """Descriptions of the four models."""
    common = {"step": 1, "metrics": {"loss": 1.0}, "data_sha256": "none"}
    frames = {"frames_per_code": FRAMES_PER_CODE}
    vqvae = {
        part: VQVAEConfig(width=8, blocks=1, codebook=codes, code_dim=4)
        for part, codes in (("drums", 8), ("drumless", 12))
    }
    lm = LMConfig(layers=1, width=16, heads=2, condition_width=8, context=32, listen_blocks=1)
    books = {"drums_codebook": 8, "drumless_codebook": 12}
    return {
        **{
            part: describe("vqvae", config, MEL, part=part, sizes=frames, **common)
            for part, config in vqvae.items()
        },
        "lm": describe("lm", lm, MEL, sizes=frames | books, level_db=(-60.0, 20.0), **common),
        "vocoder": describe("vocoder", VocoderConfig(width=8, blocks=1), MEL, sizes={}, **common),
    }


def models(seed: int = 0) -> dict[str, torch.nn.Module]:
    """The networks of `infos`."""
    torch.manual_seed(seed)
    made = {name: build(info) for name, info in infos().items()}
    for part in ("drums", "drumless"):
        made[part].quantizer.codebook.normal_()
    return made


def write_models(folder: Path) -> dict[str, Path]:
    """Each model in a folder of its own, as the trainings write them."""
    for name, model in models().items():
        save_model(folder / name, model, infos()[name])
        (folder / name / "history.csv").write_text(
            "step,seconds,train_loss,valid_loss\n1,0.5,2.0,2.1\n"
        )
    return {name: folder / name for name in infos()}


def write_bundle(folder: Path) -> Path:
    """What `Drummer.load` needs, without the page and the samples."""
    for name, model in models().items():
        save_weights(folder / f"{name}.safetensors", model)
    write_json(folder / "drummer.json", describe_bundle(folder, infos(), BEATS, GenerateConfig()))
    return folder
