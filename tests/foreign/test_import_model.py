"""Models from released files. Other files are rejected, and nothing is written."""

from pathlib import Path

import pytest
import torch

from jukedrummer.config import ModelKind
from jukedrummer.errors import UserError
from jukedrummer.foreign.import_model import import_model
from jukedrummer.model.build import load_model
from jukedrummer.storage.checkpoints import read_checkpoint
from tests.foreign.helpers import KINDS, case, every_case


@pytest.mark.parametrize(("kind", "folder"), every_case())
def test_every_file_becomes_a_model_that_loads(
    kind: ModelKind, folder: Path, tmp_path: Path
) -> None:
    written = import_model(kind, folder / "checkpoint.pkl", tmp_path / "model")
    model, info = load_model(tmp_path / "model", kind)
    parameters = sum(value.numel() for value in model.parameters())
    assert info.parameters == written.parameters == parameters
    assert info.data_sha256 == "imported from checkpoint.pkl"
    modes = {path.name: path.stat().st_mode for path in (tmp_path / "model").iterdir()}
    assert modes["weights.safetensors"] == modes["model.json"]
    assert (tmp_path / "model/history.csv").read_text() == "step,seconds\n"


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_or_without_a_tensor_is_rejected(
    kind: ModelKind, tmp_path: Path
) -> None:
    other = "tracker" if kind != "tracker" else "lm"
    with pytest.raises(UserError, match=r"checkpoint\.pkl"):
        import_model(kind, case(other), tmp_path / "model")
    values = read_checkpoint(case(kind))
    state = next((values[name] for name in ("model", "generator") if name in values), values)
    name = sorted(state)[0]
    value = state.pop(name)
    torch.save(values, tmp_path / "missing.pkl")
    state[name] = value[None]
    torch.save(values, tmp_path / "misshapen.pkl")
    state[name], state["more.weight"] = value, value
    torch.save(values, tmp_path / "extra.pkl")
    for file in ("missing.pkl", "misshapen.pkl", "extra.pkl"):
        with pytest.raises(UserError, match=file):
            import_model(kind, tmp_path / file, tmp_path / "model")
    assert not (tmp_path / "model").exists()
