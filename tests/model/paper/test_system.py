"""The authors' networks in the finished system: accompanying, and resuming a training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jukedrummer.config import GenerateConfig, changed
from jukedrummer.model.build import build
from jukedrummer.model.lm import ListeningLMConfig
from jukedrummer.model.paper.lm import PaperLM, PaperLMConfig
from jukedrummer.model.paper.vqvae import PaperVQVAEConfig
from jukedrummer.model.vqvae import ListeningVQVAEConfig
from jukedrummer.songs.drummer import Drummer
from jukedrummer.storage.weights import ModelInfo, describe
from jukedrummer.training.lm import LMTask, fit_lm
from tests import tiny
from tests.conftest import pulses
from tests.training import synthetic


def infos_of(family: str, beats: str, encoder: bool) -> dict[str, ModelInfo]:
    """Descriptions of tiny models of one family."""
    infos = tiny.infos()
    common: dict[str, Any] = {"step": 1, "metrics": {}, "data_sha256": "none"}
    for part, codes in (("drums", 8), ("drumless", 12)):
        sizes = {"width": 8, "codebook_size": codes, "code_dim": 4}
        vqvae = (
            PaperVQVAEConfig(groups=2, **sizes)
            if family == "paper"
            else ListeningVQVAEConfig(blocks=1, **sizes)
        )
        infos[part] = describe(
            "vqvae", vqvae, tiny.MEL, part=part, sizes=infos[part].sizes, **common
        )
    values = {"beats": beats, "encoder": encoder, "layers": 10, "width": 16, "heads": 2}
    lm = (
        PaperLMConfig(encoder_layers=3, attention_blocks=4, context=32, **values)
        if family == "paper"
        else ListeningLMConfig(condition_width=8, lookahead_blocks=1, context=32, **values)
    )
    sizes = infos["lm"].sizes
    infos["lm"] = describe("lm", lm, tiny.MEL, sizes=sizes, level_db=(-60.0, 20.0), **common)
    return infos


@pytest.mark.parametrize(("beats", "encoder"), [("low", True), ("high", False), ("none", False)])
@pytest.mark.parametrize("family", ["paper", "listening"])
def test_the_drummer_plays(family: str, beats: str, encoder: bool) -> None:
    torch.manual_seed(0)
    infos = infos_of(family, beats, encoder)
    models = {name: build(info) for name, info in infos.items()}
    for part in ("drums", "drumless"):
        models[part].quantizer.codebook.normal_()
    drummer = Drummer(models, infos, tiny.BEATS, GenerateConfig(guidance=1.5))
    audio = pulses(2.5)
    played = drummer.accompany(audio, 44_100)
    assert played.drums.shape == audio.shape
    assert np.isfinite(played.drums).all()
    assert len(played.codes) == -(-len(audio) // 1_024)
    assert isinstance(drummer.models["lm"], PaperLM) == (family == "paper")


def test_an_interrupted_training_ends_in_the_same_bits(tmp_path: Path) -> None:
    features = synthetic.write_features(tmp_path / "features.h5")
    codes = synthetic.write_codes(tmp_path / "codes.h5", features)
    lm = changed(synthetic.PAPER_LM, dropout=0.3, embed_dropout=0.2)

    def run(output: Path) -> bytes:
        fit_lm([features], [codes], output, mel=synthetic.MEL, clip=synthetic.CLIP, lm=lm)
        return (output / "weights.safetensors").read_bytes()

    whole = run(tmp_path / "whole")
    with synthetic.interrupted(LMTask, 9):
        run(tmp_path / "interrupted")
    assert run(tmp_path / "interrupted") == whole
