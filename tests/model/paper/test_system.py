"""The authors' networks in the finished system: the drummer plays with them, and a training resumes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.config import GenerateConfig, LMConfig, VQVAEConfig
from jukedrummer.model.paper.lm import PaperLM
from jukedrummer.songs.drummer import Drummer
from jukedrummer.storage.weights import build, describe
from jukedrummer.training.lm import train_lm
from tests import tiny
from tests.conftest import pulses
from tests.training import synthetic


@pytest.mark.parametrize(("beats", "encoder"), [("low", True), ("high", False), ("none", False)])
@pytest.mark.parametrize("family", ["paper", "listening"])
def test_the_drummer_plays(family: str, beats: str, encoder: bool) -> None:
    torch.manual_seed(0)
    infos = tiny.infos()
    common = {"step": 1, "metrics": {}, "data_sha256": "none"}
    for part, codes in (("drums", 8), ("drumless", 12)):
        config = VQVAEConfig(family=family, width=8, groups=2, blocks=1, codebook=codes, code_dim=4)
        infos[part] = describe(
            "vqvae", config, tiny.MEL, part=part, sizes=infos[part].sizes, **common
        )
    values = {
        "layers": 10,
        "width": 16,
        "heads": 2,
        "encoder_layers": 3,
        "blocks": 4,
        "context": 32,
    }
    lm = LMConfig(
        family=family, beats=beats, encoder=encoder, condition_width=8, listen_blocks=1, **values
    )
    sizes = infos["lm"].sizes
    infos["lm"] = describe("lm", lm, tiny.MEL, sizes=sizes, level_db=(-60.0, 20.0), **common)
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


def test_a_killed_training_ends_in_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = synthetic.write_features(tmp_path / "features.h5")
    codes = synthetic.write_codes(tmp_path / "codes.h5", features)
    lm = replace(
        synthetic.LM, family="paper", blocks=4, encoder_layers=2, dropout=0.3, embed_dropout=0.2
    )

    def run(output: Path) -> bytes:
        train_lm([features], [codes], output, mel=synthetic.MEL, clip=synthetic.CLIP, lm=lm)
        return (output / "weights.safetensors").read_bytes()

    whole = run(tmp_path / "whole")
    forward, calls = PaperLM.forward, []

    def killed(*args: object) -> torch.Tensor:
        calls.append(None)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return forward(*args)

    with monkeypatch.context() as patch:
        patch.setattr(PaperLM, "forward", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "killed")
    assert run(tmp_path / "killed") == whole
