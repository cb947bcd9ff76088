"""Networks from descriptions, also from descriptions of older versions."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from jukedrummer.config import GenerateConfig, MelConfig, ModelKind, changed
from jukedrummer.errors import UserError
from jukedrummer.model.build import build, load_model
from jukedrummer.model.drum_aware import DrumAware
from jukedrummer.model.language_model import LanguageModel
from jukedrummer.model.lm import DrumLM
from jukedrummer.model.paper.fast.lm import FastPaperLM
from jukedrummer.model.paper.fast.vqvae import FastPaperVQVAE
from jukedrummer.model.sampling import sample
from jukedrummer.model.vocoders.griffin_lim import GriffinLim
from jukedrummer.model.vocoders.hifigan import HiFiGAN
from jukedrummer.model.vocoders.istft import ISTFTVocoder
from jukedrummer.model.vqvae import ListeningVQVAE
from jukedrummer.storage.weights import info_from, save_model
from tests.model.helpers import conditions

# Sections of the first version: old names of keys, and the keys of all families.
OPTIM = {"steps": 7, "batch": 3, "learning_rate": 1e-3, "warmup": 1, "clip_norm": 2.0, "seed": 5}
VQVAE = {
    "width": 16,
    "blocks": 3,
    "groups": 4,
    "codebook": 8,
    "code_dim": 4,
    "decay": 0.9,
    "restart_below": 0.25,
    "commitment": 0.02,
    "crop_frames": 64,
    "optim": OPTIM,
}
LM = {
    "encoder": True,
    "beats": "high",
    "layers": 2,
    "width": 32,
    "heads": 2,
    "condition_width": 16,
    "listen_blocks": 1,
    "encoder_layers": 3,
    "blocks": 4,
    "context": 24,
    "dropout": 0.1,
    "embed_dropout": 0.0,
    "drop_drumless": 0.1,
    "drop_beats": 0.1,
    "optim": OPTIM,
}
VOCODER = {
    "width": 16,
    "blocks": 2,
    "upsample": [16, 16],
    "kernels": [3, 5],
    "discriminator_width": 32,
    "warm_start": None,
    "through_vqvae": False,
    "iterations": 5,
    "crop_frames": 64,
    "optim": OPTIM,
}
TRACKER = {
    "kind": "drum_aware",
    "hidden": 3,
    "layers": 2,
    "second_stage": 4,
    "unmix_hidden": 8,
    "unmix_layers": 1,
    "crop_seconds": 10.0,
    "optim": OPTIM,
}
FRAMES = {"frames_per_code": 4}
BOOKS = {"drums_codebook": 8, "drumless_codebook": 12}


def stored(kind: str, config: dict[str, Any], sizes: dict[str, int] | None = None) -> Any:
    """The content of an old `model.json`."""
    mel = {"sample_rate": 44_100, "n_fft": 1_024, "hop": 256, "bands": 10, "floor": 1e-5}
    return {
        "kind": kind,
        "config": config,
        "mel": {} if kind == "tracker" else mel,
        "sizes": sizes or {},
        "step": 7,
        "metrics": {"loss": 1.5},
        "data_sha256": "none",
        "part": "drums" if kind == "vqvae" else None,
        "level_db": [-60.0, 20.0] if kind == "lm" else None,
        "parameters": 1,
        "version": "0.1.0",
        "commit": None,
    }


OLD = {
    ListeningVQVAE: stored("vqvae", {"family": "listening", **VQVAE}, FRAMES),
    FastPaperVQVAE: stored("vqvae", {"family": "paper", **VQVAE}, FRAMES),
    DrumLM: stored("lm", {"family": "listening", **LM}, FRAMES | BOOKS),
    FastPaperLM: stored("lm", {"family": "paper", **LM}, FRAMES | BOOKS),
    ISTFTVocoder: stored("vocoder", {"kind": "istft", **VOCODER}),
    HiFiGAN: stored("vocoder", {"kind": "hifigan", **VOCODER}),
    GriffinLim: stored("vocoder", {"kind": "griffin_lim", **VOCODER}),
    DrumAware: stored("tracker", TRACKER, {"none": 0, "downbeat": 1, "beat": 2}),
}


@pytest.mark.parametrize(("network", "values"), OLD.items())
def test_sections_of_an_older_version_are_built(network: type[nn.Module], values: Any) -> None:
    info = info_from(values, "model.json")
    assert type(build(info)) is network
    assert info.step == 7
    if network is not GriffinLim:
        optim = info.section.optim
        assert (optim.batch_size, optim.max_grad_norm, optim.seed) == (3, 2.0, 5)
    # The stored description can be read again.
    assert info_from(values | {"config": info.config}, "model.json") == info


def test_sizes_of_an_old_vqvae_are_kept() -> None:
    model = build(info_from(OLD[ListeningVQVAE], "model.json"))
    assert isinstance(model, ListeningVQVAE)
    assert model.quantizer.codebook.shape == (8, 4)
    assert (model.quantizer.decay, model.quantizer.dead_code_threshold) == (0.9, 0.25)
    names = set(model.state_dict())
    assert {"quantizer.codebook", "quantizer.count", "encoder.5.block.2.weight"} <= names
    assert model(torch.randn(1, 10, 64)).codes.shape == (1, 16)


def test_sizes_of_an_old_paper_vqvae_are_kept() -> None:
    model = build(info_from(OLD[FastPaperVQVAE], "model.json"))
    assert isinstance(model, FastPaperVQVAE)
    assert model.encoder.group_width == 4
    assert model.encode_chunks == (48, 8)
    names = set(model.state_dict())
    assert {"encoder.first_block.3.convolution.weight", "decoder.heads.1.bias"} <= names


def test_sizes_of_an_old_language_model_are_kept() -> None:
    info = info_from(OLD[DrumLM], "model.json")
    model = build(info)
    assert isinstance(model, DrumLM)
    assert info.section.lookahead_blocks == len(model.condition.listen) == 1
    names = set(model.state_dict())
    assert {"condition.listen.0.depthwise.weight", "condition.beats.phase.weight"} <= names


def test_sizes_of_an_old_paper_language_model_are_kept() -> None:
    info = info_from(OLD[FastPaperLM], "model.json")
    model = build(info)
    assert isinstance(model, FastPaperLM)
    assert (info.section.attention_blocks, info.section.block) == (4, 6)
    names = set(model.state_dict())
    assert {"decoder.layers.1.attention.project_memory.weight", "beats.embed.weight"} <= names


def test_sizes_of_old_vocoders_are_kept() -> None:
    istft, hifigan = (build(info_from(OLD[kind], "model.json")) for kind in (ISTFTVocoder, HiFiGAN))
    assert isinstance(istft, ISTFTVocoder)
    assert isinstance(hifigan, HiFiGAN)
    assert len(istft.blocks) == 2
    assert [len(stage.blocks) for stage in hifigan.stages] == [2, 2]
    for vocoder in (istft, hifigan):
        assert vocoder(torch.zeros(1, 10, 6)).shape == (1, 6 * MelConfig().hop)


@pytest.mark.parametrize(("network", "values"), OLD.items())
def test_a_written_model_loads_in_evaluation_mode(
    network: type[nn.Module], values: Any, tmp_path: Path
) -> None:
    info = info_from(values, "model.json")
    torch.manual_seed(0)
    written = build(info)
    save_model(tmp_path, written, info)
    model, loaded = load_model(tmp_path, info.kind)
    assert isinstance(model, network)
    assert not model.training
    assert not any(value.requires_grad for value in model.parameters())
    assert loaded.config == info.config
    torch.testing.assert_close(model.state_dict(), written.state_dict(), rtol=0, atol=0)
    other: ModelKind = "lm" if info.kind != "lm" else "vqvae"
    with pytest.raises(UserError, match=f"holds a {info.kind}, expected a {other}"):
        load_model(tmp_path, other)


@pytest.mark.parametrize("family", [DrumLM, FastPaperLM])
def test_every_family_has_the_interface_of_language_models(
    family: type[nn.Module],
) -> None:
    info = info_from(OLD[family], "model.json")
    torch.manual_seed(0)
    model: LanguageModel = build(info).eval()
    assert model.compiles == (family is FastPaperLM)
    assert model.config == info.section
    model.standardise_input(torch.zeros(10), torch.ones(10))
    settings = changed(GenerateConfig(), compile_from=0)
    (codes,) = sample(model, [conditions(length=30)], settings, [0])
    assert codes.shape == (30,)
    assert model.to("meta").compiles is False
