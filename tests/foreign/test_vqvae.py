"""Imported VQ-VAEs compute the original's tensors; other files are rejected."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jukedrummer.errors import UserError
from jukedrummer.foreign.vqvae import convert
from jukedrummer.model.build import load_model
from jukedrummer.model.paper.vqvae import PaperVQVAE
from jukedrummer.storage.checkpoints import read_checkpoint
from jukedrummer.storage.weights import save_model
from tests import parity
from tests.foreign.helpers import expected_tensors, released_vqvae


@pytest.mark.parametrize("case", parity.cases("vqvae"))
def test_equals_the_original_after_a_round_trip(case: Path, tmp_path: Path) -> None:
    expected = expected_tensors(case)
    imported, info = convert(read_checkpoint(case / "checkpoint.pkl"), str(case))
    save_model(tmp_path, imported, info)
    model, info = load_model(tmp_path, "vqvae")
    config = parity.config(case)
    assert info.sizes == {"frames_per_code": round(1 / np.prod(config["downsample"]))}
    assert info.config["codebook_size"] == config["codebook"]
    latents = model.encoder(model.standardise(expected["mel"]))
    torch.testing.assert_close(latents, expected["latents"], rtol=0, atol=1e-4)
    assert torch.equal(model.encode(expected["mel"]), expected["codes"])
    decoded = model.standardise(model.decode(expected["codes"]))
    torch.testing.assert_close(decoded, expected["decoded"], rtol=0, atol=1e-4)
    result = model(expected["mel"])
    torch.testing.assert_close(result.mel, expected["decoded"], rtol=0, atol=1e-4)
    torch.testing.assert_close(result.commitment, expected["commit_loss"], rtol=1e-4, atol=1e-4)


def test_sizes_part_and_statistics_come_from_the_file() -> None:
    model, info = convert(released_vqvae(), "a.pkl")
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
    values = released_vqvae()
    model, _ = convert(values, "a.pkl")
    mel = torch.randn(1, 80, 4)  # one code
    used = model.encode(mel).item()
    assert model.train()(mel).codes.item() == used  # the training does not start again
    model.quantizer.update_codebook()
    moved = (model.quantizer.codebook - values["model"]["vq.k"]).norm(dim=1)
    assert 0 < moved[used] < 1
    assert (moved[torch.arange(8) != used] < 1e-5).all()


def without(values: dict[str, Any], name: str) -> None:
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
def test_other_checkpoints_are_rejected(spoil: Any, reason: str) -> None:
    values = released_vqvae()
    spoil(values)
    with pytest.raises(UserError, match=reason):
        convert(values, "a.pkl")


def test_the_network_is_the_papers() -> None:
    assert isinstance(convert(released_vqvae(), "a.pkl")[0], PaperVQVAE)
