"""Imported HiFi-GAN generators compute the original's waveform; other files are rejected."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from jukedrummer.config import MelConfig
from jukedrummer.errors import UserError
from jukedrummer.foreign.vocoder import convert, released_names
from jukedrummer.model.build import load_model
from jukedrummer.model.vocoders.hifigan import HiFiGAN, HiFiGANConfig
from jukedrummer.storage.checkpoints import read_checkpoint
from jukedrummer.storage.weights import save_model
from tests import parity

CONFIG = HiFiGANConfig(width=16, upsample=(4, 4), kernels=(3, 5))
MEL = MelConfig(hop=16, bands=10)
Tensors = dict[str, torch.Tensor]


@pytest.mark.parametrize("case", parity.cases("vocoder"))
def test_waveform_is_the_originals(case: Path, tmp_path: Path) -> None:
    model, info = convert(read_checkpoint(case / "checkpoint.pkl"), str(case))
    sizes = parity.config(case)
    assert info.config["width"] == sizes["upsample_initial_channel"]
    assert info.config["upsample"] == sizes["upsample_rates"]
    assert info.config["kernels"] == sizes["resblock_kernel_sizes"]
    save_model(tmp_path, model, info)
    loaded, _ = load_model(tmp_path, "vocoder")
    tensors = parity.tensors(case)
    with torch.no_grad():
        waveform = loaded(torch.from_numpy(tensors["mel"]))
    torch.testing.assert_close(
        waveform[:, None], torch.from_numpy(tensors["waveform"]), atol=1e-4, rtol=0
    )


def released(seed: int = 0) -> Tensors:
    """A small generator in the released form."""
    torch.manual_seed(seed)
    state = HiFiGAN(CONFIG, MEL).state_dict()
    tensors = {}
    for own, name in released_names(CONFIG).items():
        weight = state[f"{own}.weight"]
        tensors[f"{name}.weight_g"] = 2 * weight.norm(dim=(1, 2), keepdim=True)
        tensors[f"{name}.weight_v"], tensors[f"{name}.bias"] = weight, state[f"{own}.bias"]
    return tensors


def test_lengths_and_directions_become_plain_weights() -> None:
    tensors = released()
    model, info = convert({"generator": tensors}, "file")
    torch.testing.assert_close(model.embed.weight, 2 * tensors["conv_pre.weight_v"])
    assert info.config["upsample"] == [4, 4]
    assert info.config["kernels"] == [3, 5]
    assert (info.mel_config.hop, info.mel_config.bands) == (16, 10)
    assert model(torch.zeros(1, 10, 6)).shape == (1, 96)


def drop(values: Tensors) -> None:
    del values["resblocks.1.convs2.2.bias"]


def add(values: Tensors) -> None:
    values["extra.weight"] = torch.zeros(3)


def misshape(values: Tensors) -> None:
    values["resblocks.3.convs1.1.weight_v"] = torch.zeros(4, 4, 7)


def fold(values: Tensors) -> None:
    for name in [name for name in values if name.endswith("_g")]:
        values[name[:-2]] = values.pop(name) * values.pop(f"{name[:-2]}_v")


def flatten(values: Tensors) -> None:
    values["conv_pre.weight_v"] = torch.zeros(3)


def simplify(values: Tensors) -> None:
    values["resblocks.0.convs.0.weight_v"] = torch.zeros(4, 4, 3)


def break_off(values: Tensors) -> None:
    del values["resblocks.3.convs1.0.weight_v"]


def widen(values: Tensors) -> None:
    values["resblocks.0.convs1.0.weight_v"] = torch.zeros(8, 8, 4)


def spoil(values: Tensors) -> None:
    values["ups.1.weight_v"][0] = 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop, r"resblocks\.1\.convs2\.2\.bias is missing"),
        (add, r"foreign tensor extra\.weight"),
        (misshape, r"resblocks\.3\.convs1\.1\.weight_v is \(4, 4, 7\), expected \(4, 4, 5\)"),
        (fold, r"0 up-samplings and 0 residual blocks under weight normalisation"),
        (flatten, r"conv_pre\.weight_v is of shape \(3,\)"),
        (simplify, r"V3's form"),
        (break_off, r"2 up-samplings and 3 residual blocks"),
        (widen, r"vocoder\.kernels is \[4, 5\]: expected odd"),
        (spoil, r"ups\.1 holds NaN"),
    ],
)
def test_other_files_are_rejected(change: Callable[[Tensors], None], message: str) -> None:
    tensors = released()
    change(tensors)
    with pytest.raises(UserError, match=f"generator.pt: .*{message}"):
        convert({"generator": tensors}, "generator.pt")


def test_a_file_of_another_kind_is_rejected() -> None:
    with pytest.raises(UserError, match="has no weights 'generator'; it holds model"):
        convert({"model": {}}, "exp1.pkl")
