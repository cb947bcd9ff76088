"""The authors' beat trackers, converted, compute what the authors' compute."""

import re
from pathlib import Path

import pytest
import torch

from jukedrummer.config import TrackerConfig
from jukedrummer.errors import UserError
from jukedrummer.foreign import read_checkpoint
from jukedrummer.foreign.tracker import CLASSES, convert
from jukedrummer.storage.weights import load_model, save_model
from tests import parity

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
    assert loaded.sizes == CLASSES
    expected = {name: torch.from_numpy(value) for name, value in parity.tensors(case).items()}
    with torch.no_grad():
        found = model(expected["features"])
        embedding, logits = model.hear(expected["features"], "drumless")
    actual = {
        "fused_logits": found.logits,
        "mix_logits": found.mix.logits,
        "nodrum_logits": found.drumless.logits,
        "drum_logits": found.drums.logits,
        "nodrum_features": found.drumless_features,
        "drum_features": found.drums_features,
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
    expected = {name: torch.from_numpy(value) for name, value in parity.tensors(case).items()}
    logits = model.hear(expected["features"], "mix")[1]
    torch.testing.assert_close(logits, expected["mix_logits"], atol=TOLERANCE, rtol=0)


def theirs() -> dict[str, torch.Tensor]:
    """A small single network under the authors' names."""
    lstm = torch.nn.LSTM(314, 3, 2, batch_first=True, bidirectional=True).state_dict()
    classes = torch.nn.Linear(6, 3).state_dict()
    return {f"lstm.{name}": v for name, v in lstm.items()} | {
        f"fc1.{name}": v for name, v in classes.items()
    }


def test_sizes_come_from_the_shapes() -> None:
    config = convert(theirs(), "f")[1].config
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
            "f: its size.hidden is 0; the limits are 2 to 1024",
        ),
        ({"fc1.weight": 3}, "f: fc1.weight is a int, not a tensor"),
    ],
)
def test_what_is_no_tracker_is_refused(change: dict, message: str) -> None:
    values = {name: value for name, value in (theirs() | change).items() if value is not None}
    with pytest.raises(UserError, match=re.escape(message)):
        convert(values, "f")


@pytest.mark.parametrize("values", [{"generator": {}}, {}, [1], None])
def test_another_kind_of_file_is_refused(values: object) -> None:
    with pytest.raises(UserError, match=r"f: "):
        convert(values, "f")
