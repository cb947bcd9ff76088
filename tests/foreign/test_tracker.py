"""Imported beat trackers compute the original's tensors; other files are rejected."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from jukedrummer.config import TrackerConfig
from jukedrummer.errors import UserError
from jukedrummer.foreign.tracker import RELEASED_CLASSES, convert
from jukedrummer.model.build import load_model
from jukedrummer.storage.checkpoints import read_checkpoint
from jukedrummer.storage.weights import save_model
from tests import parity
from tests.foreign.helpers import expected_tensors

CASES = parity.cases("tracker")
TOLERANCE = 1e-4


@pytest.mark.parametrize("case", CASES)
def test_every_output_equals_the_original(case: Path, tmp_path: Path) -> None:
    converted, info = convert(read_checkpoint(case / "checkpoint.pkl"), str(case))
    save_model(tmp_path, converted, info)
    model, loaded = load_model(tmp_path, "tracker")
    sizes = parity.config(case)
    for name in ("hidden", "layers", "second_stage", "unmix_hidden"):
        assert loaded.config[name] == sizes[name]
    assert loaded.sizes == RELEASED_CLASSES
    expected = expected_tensors(case)
    with torch.no_grad():
        output = model(expected["features"])
        embedding, logits = model.analyse(expected["features"], "drumless")
    actual = {
        "fused_logits": output.logits,
        "mix_logits": output.mix.logits,
        "nodrum_logits": output.drumless.logits,
        "drum_logits": output.drums.logits,
        "nodrum_features": output.drumless_features,
        "drum_features": output.drums_features,
        "nodrum_embedding": embedding,
        "nodrum_only_logits": logits,
    }
    assert set(actual) == set(expected) - {"features"}
    for name, value in actual.items():
        torch.testing.assert_close(value, expected[name], atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("second_stage", [True, False])
def test_a_single_network_is_the_baseline(case: Path, second_stage: bool) -> None:
    values = read_checkpoint(case / "checkpoint.pkl")
    alone = {
        name.removeprefix("mixBeat."): v
        for name, v in values.items()
        if name.startswith("mixBeat.")
    }
    if not second_stage:  # from the embedding straight to the classes
        first, last = alone.pop("feature_fc.weight"), alone["fc1.weight"]
        alone["fc1.bias"] = alone["fc1.bias"] + last @ alone.pop("feature_fc.bias")
        alone["fc1.weight"] = last @ first
    model, info = convert(alone, "baseline.pth")
    assert info.config["kind"] == "blstm"
    assert bool(info.config["second_stage"]) == second_stage
    expected = expected_tensors(case)
    logits = model.analyse(expected["features"], "mix")[1]
    torch.testing.assert_close(logits, expected["mix_logits"], atol=TOLERANCE, rtol=0)


def released_blstm() -> dict[str, torch.Tensor]:
    """A small single network with the released names."""
    lstm = torch.nn.LSTM(314, 3, 2, batch_first=True, bidirectional=True).state_dict()
    classes = torch.nn.Linear(6, 3).state_dict()
    return {f"lstm.{name}": v for name, v in lstm.items()} | {
        f"fc1.{name}": v for name, v in classes.items()
    }


def test_sizes_come_from_the_shapes() -> None:
    config = convert(released_blstm(), "f")[1].config
    expected = TrackerConfig(kind="blstm", hidden=3, layers=2, second_stage=0)
    assert {name: config[name] for name in ("kind", "hidden", "layers", "second_stage")} == {
        name: getattr(expected, name) for name in ("kind", "hidden", "layers", "second_stage")
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"lstm.weight_hh_l0": None},
            "f: has no matrix lstm.weight_hh_l0; is this a beat tracker's file?",
        ),
        ({"fc1.bias": None}, "f: tensor fc1.bias is missing"),
        ({"fc2.bias": torch.zeros(3)}, "f: has a foreign tensor fc2.bias"),
        ({"fc1.weight": torch.zeros(2, 6)}, "f: tensor fc1.weight is (2, 6), expected (3, 6)"),
        ({"lstm.weight_ih_l0": torch.zeros(12, 80)}, "f: tensor lstm.weight_ih_l0 is (12, 80)"),
        (
            {"lstm.weight_hh_l0": torch.zeros(0, 3)},
            "f: its size.hidden is 0; the limits are 2 to 25",
        ),
        ({"fc1.weight": 3}, "f: fc1.weight is a int, not a tensor"),
    ],
)
def test_files_of_other_networks_are_rejected(change: dict[str, Any], message: str) -> None:
    values = {
        name: value for name, value in (released_blstm() | change).items() if value is not None
    }
    with pytest.raises(UserError, match=re.escape(message)):
        convert(values, "f")


@pytest.mark.parametrize("values", [{"generator": {}}, {}, [1], None])
def test_another_kind_of_file_is_rejected(values: object) -> None:
    with pytest.raises(UserError, match=r"f: "):
        convert(values, "f")
