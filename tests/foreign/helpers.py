"""Released files for the tests: from the parity cases, and small ones with random weights."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from jukedrummer.config import ModelKind
from jukedrummer.model.conditions import Conditions
from tests import parity

KINDS: tuple[ModelKind, ...] = ("vqvae", "lm", "vocoder", "tracker")


class Trap:
    """An object that creates a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.path),))


def case(kind: str, **sizes: object) -> Path:
    """The checkpoint of the first parity case of a kind with these sizes."""
    for parameter in parity.cases(kind):
        (folder,) = parameter.values
        if parameter.marks:
            pytest.skip(f"no parity cases of kind {kind}")
        config = parity.config(folder)
        if all(config[name] == value for name, value in sizes.items()):
            return folder / "checkpoint.pkl"
    pytest.skip(f"no parity case of kind {kind} with {sizes}")


def every_case() -> list[Any]:
    """All parity cases of all kinds, as `pytest.param(kind, folder)`."""
    return [
        pytest.param(kind, *found.values, id=f"{kind}-{found.id}", marks=found.marks)
        for kind in KINDS
        for found in parity.cases(kind)
    ]


def expected_tensors(folder: Path) -> dict[str, Tensor]:
    """The tensors of a parity case that the original computed."""
    return {name: torch.from_numpy(value) for name, value in parity.tensors(folder).items()}


def release(folder: Path, beat: str | None = "low", without: str = "") -> Path:
    """A folder with files that have the authors' names."""
    sizes = {"downsample": [0.5, 0.5]}
    files = {
        "vq1_target.pkl": case("vqvae", codebook=32, **sizes),
        "vq1_others.pkl": case("vqvae", codebook=1_024, **sizes),
        "exp1.pkl": case("lm", beat=beat, encoder=True, drum_codebook=32, drumless_codebook=1_024),
        "generator": case("vocoder"),
        "RNNBeatProc.pth": case("tracker"),
    }
    folder.mkdir()
    for name, source in files.items():
        if name != without:
            shutil.copyfile(source, folder / name)
    return folder


def conditions_of(beat: str | None, expected: dict[str, Tensor]) -> Conditions:
    """The original's inputs of a parity case, on the grid of the codes."""
    codes = expected["drumless_codes"]
    nothing = torch.zeros(codes.shape)
    beats = {"low": nothing[..., None].repeat(1, 1, 50), "mid": nothing, "high": nothing}
    if beat == "low":  # 100 frames a second
        beats["low"] = interpolate(expected["beat_info"].mT, size=codes.shape[1]).mT
    elif beat:  # positions in the bar beyond the first are "another beat"
        beats[beat] = expected["beat_info"].clamp(max=2)
    return Conditions(torch.zeros(len(codes), 80, 4 * codes.shape[1]), codes, beats)


def released_vqvae() -> dict[str, Any]:
    """A small VQ-VAE checkpoint in the released form, with random weights."""
    generator = torch.Generator().manual_seed(0)
    model = {"vq.k": torch.randn(8, 6, generator=generator)}
    for part, inputs, outputs in (("encoder", 80, 6), ("decoder", 6, 80)):
        for body, head, channels in (
            ("block0", "head0", inputs),
            ("blocks.0", "heads.0", 8),
            ("blocks.1", "heads.1", 8),
        ):
            shapes = {
                f"{body}.block.0.weight": (8, channels, 3),
                f"{body}.block.0.bias": (8,),
                f"{body}.block.1.weight": (8,),
                f"{body}.block.1.bias": (8,),
                f"{body}.block.3.conv.weight": (8, 4, 3),
                f"{body}.block.3.conv.bias": (8,),
                f"{body}.block.3.gn.weight": (8,),
                f"{body}.block.3.gn.bias": (8,),
                f"{body}.block.4.weight": (8, 8, 3),
                f"{body}.block.4.bias": (8,),
                f"{head}.weight": (outputs, 8, 3),
                f"{head}.bias": (outputs,),
            }
            model |= {
                f"{part}.{name}": torch.randn(shape, generator=generator)
                for name, shape in shapes.items()
            }
    statistics = {"mean": np.full((1, 80, 1), -2.0), "std": np.full((1, 80, 1), 0.5)}
    hps = {"downsample_ratios": [0.5, 0.5], "upsample_ratios": [2, 2]}
    return {"model": model, **statistics, "hps": hps}


def _stack(name: str, codebook: int, layers: int, cross: int | None = None) -> dict[str, Tensor]:
    """The tensors of a released decoder or encoder: width 16, attention 4, context 8."""
    shapes: dict[str, tuple[int, ...]] = {
        "start_token": (1, 16),
        "x_emb.weight": (codebook, 16),
        "pos_emb.pos_emb": (8, 16),
    }
    for layer in range(layers):
        inner: dict[str, tuple[int, ...]] = {
            "attn.c_attn": (16, 12),
            "attn.c_proj": (4, 16),
            "mlp.c_fc": (16, 16),
            "mlp.c_proj": (16, 16),
        }
        if layer == cross:
            inner |= {"attn.c_attn": (16, 4), "attn.c_enc_kv": (16, 8)}
        where = f"transformer._attn_mods.{layer}"
        for module, shape in inner.items():
            shapes |= {f"{where}.{module}.w": shape, f"{where}.{module}.b": shape[1:]}
        for norm in ("ln_0", "ln_1"):
            shapes |= {f"{where}.{norm}.weight": (16,), f"{where}.{norm}.bias": (16,)}
    return {f"{name}.{key}": torch.randn(shape) for key, shape in shapes.items()}


def released_lm() -> dict[str, Any]:
    """A small language model checkpoint in the released form, with random weights."""
    torch.manual_seed(0)
    model = _stack("prior", 5, 10, cross=9) | _stack("prime_prior", 7, 2)
    model["prior.x_out.weight"] = model["prior.x_emb.weight"].clone()
    model |= {"prime_state_proj.w": torch.randn(16, 16), "prime_state_proj.b": torch.randn(16)}
    model |= {"prime_state_ln.weight": torch.randn(16), "prime_state_ln.bias": torch.randn(16)}
    model["onset_emb.weight"] = torch.randn(2, 16)
    hps = {"enc_layers": 10, "dec_layers": 9, "heads": 2, "blocks": 4, "binfo_type": "mid"}
    return {"model": model, "hps": hps}
