"""Imported VQ-VAEs give the original's tensors; what is not such a checkpoint is named and refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jukedrummer.errors import UserError
from jukedrummer.foreign import read_checkpoint
from jukedrummer.foreign.vqvae import convert
from jukedrummer.model.paper.vqvae import PaperVQVAE
from jukedrummer.storage.weights import load_model, save_model
from tests import parity


@pytest.mark.parametrize("case", parity.cases("vqvae"))
def test_equals_the_original_after_a_round_trip(case: Path, tmp_path: Path) -> None:
    expected = {name: torch.from_numpy(value) for name, value in parity.tensors(case).items()}
    imported, info = convert(read_checkpoint(case / "checkpoint.pkl"), str(case))
    save_model(tmp_path, imported, info)
    model, info = load_model(tmp_path, "vqvae")
    config = parity.config(case)
    assert info.sizes == {"frames_per_code": round(1 / np.prod(config["downsample"]))}
    assert info.config["codebook"] == config["codebook"]
    latents = model.encoder(model.standardise(expected["mel"]))
    torch.testing.assert_close(latents, expected["latents"], rtol=0, atol=1e-4)
    assert torch.equal(model.encode(expected["mel"]), expected["codes"])
    decoded = model.standardise(model.decode(expected["codes"]))
    torch.testing.assert_close(decoded, expected["decoded"], rtol=0, atol=1e-4)
    result = model(expected["mel"])
    torch.testing.assert_close(result.mel, expected["decoded"], rtol=0, atol=1e-4)
    torch.testing.assert_close(result.commitment, expected["commit_loss"], rtol=1e-4, atol=1e-4)


def checkpoint() -> dict[str, Any]:
    """A file of theirs, small, with weights of our own."""
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


def test_sizes_part_and_statistics_are_told_by_the_file() -> None:
    model, info = convert(checkpoint(), "a.pkl")
    assert (info.part, info.sizes, info.data_sha256) == (
        "drums",
        {"frames_per_code": 4},
        "imported",
    )
    assert (info.config["width"], info.config["groups"], info.config["code_dim"]) == (8, 2, 6)
    torch.testing.assert_close(
        model.standardise(torch.full((1, 80, 4), -1.0)), torch.full((1, 80, 4), 2.0)
    )


def test_training_goes_on_from_the_imported_codebook() -> None:
    values = checkpoint()
    model, _ = convert(values, "a.pkl")
    mel = torch.randn(1, 80, 4)  # one code
    used = model.encode(mel).item()
    assert model.train()(mel).codes.item() == used  # it does not start anew
    model.quantizer.move()
    moved = (model.quantizer.codebook - values["model"]["vq.k"]).norm(dim=1)
    assert 0 < moved[used] < 1
    assert (moved[torch.arange(8) != used] < 1e-5).all()


def without(values: dict, name: str) -> None:
    del values["model"][name]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (
            lambda v: without(v, "decoder.heads.1.bias"),
            r"a\.pkl: tensor decoder\.heads\.1\.bias is missing",
        ),
        (lambda v: without(v, "vq.k"), r"a\.pkl: has no codebook vq\.k"),
        (lambda v: v["model"].update(extra=torch.zeros(1)), r"a\.pkl: has a foreign tensor extra"),
        (
            lambda v: v["model"].update({"encoder.head0.bias": torch.zeros(7)}),
            r"a\.pkl: tensor encoder\.head0\.bias is \(7,\), expected \(6,\)",
        ),
        (lambda v: v.pop("model"), r"a\.pkl: has no weights 'model'"),
        (lambda v: v.pop("std"), r"a\.pkl: 'std' is not one number for each of 80"),
        (lambda v: v.update(mean=np.zeros(79)), r"a\.pkl: 'mean' is not one number for each of 80"),
        (lambda v: v.pop("hps"), r"a\.pkl: 'hps' has the sample ratios None"),
        (
            lambda v: v["hps"].update(upsample_ratios=[4, 4]),
            r"sample ratios \[0.5, 0.5\] with \[4, 4\]; known",
        ),
    ],
)
def test_what_is_not_such_a_checkpoint_is_refused(spoil: Any, reason: str) -> None:
    values = checkpoint()
    spoil(values)
    with pytest.raises(UserError, match=reason):
        convert(values, "a.pkl")


def test_the_network_is_the_papers() -> None:
    assert isinstance(convert(checkpoint(), "a.pkl")[0], PaperVQVAE)
