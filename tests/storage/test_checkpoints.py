"""Checkpoints of other projects are read without running code from them."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.errors import UserError
from jukedrummer.storage.checkpoints import read_checkpoint


class Trap:
    """An object that creates a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.path),))


@pytest.mark.parametrize("old_format", [False, True])
def test_tensors_arrays_numbers_and_text_are_read(tmp_path: Path, old_format: bool) -> None:
    values = {
        "model": {"weight": torch.arange(6.0).reshape(2, 3)},
        "mean": np.arange(4, dtype=np.float32),
        "step": np.float64(2.5),
        "hps": {"name": "vq", "ratios": [0.5, 2]},
    }
    torch.save(values, tmp_path / "a.pkl", _use_new_zipfile_serialization=not old_format)
    found = read_checkpoint(tmp_path / "a.pkl")
    assert torch.equal(found["model"]["weight"], values["model"]["weight"])
    np.testing.assert_array_equal(found["mean"], values["mean"])
    assert (found["step"], found["hps"]) == (2.5, values["hps"])


@pytest.mark.parametrize("plain", [False, True])
def test_code_is_not_run(tmp_path: Path, plain: bool) -> None:
    file, trap = tmp_path / "a.pkl", tmp_path / "made"
    values = {"model": {"weight": torch.zeros(2)}, "hps": Trap(trap)}
    if plain:
        file.write_bytes(pickle.dumps(values))
    else:
        torch.save(values, file)
    with pytest.raises(UserError, match=r"a\.pkl: .*code would have to be run, so it is not read"):
        read_checkpoint(file)
    assert not trap.exists()
    # A reader that runs code does create the folder.
    torch.load(file, weights_only=False) if not plain else pickle.loads(file.read_bytes())
    assert trap.exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_file_that_is_cut_off_says_so(tmp_path: Path, share: float) -> None:
    torch.save({"weight": torch.zeros(1_000)}, tmp_path / "a.pkl")
    whole = (tmp_path / "a.pkl").read_bytes()
    (tmp_path / "a.pkl").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UserError, match=r"a\.pkl: is cut off or not a PyTorch checkpoint"):
        read_checkpoint(tmp_path / "a.pkl")


def test_a_missing_file_a_folder_and_a_foreign_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"RIFF" + bytes(range(256)) * 10)
    reasons = {
        "none.pkl": "no such file",
        ".": "name one checkpoint",
        "song.wav": "not a PyTorch checkpoint",
    }
    for name, reason in reasons.items():
        with pytest.raises(UserError, match=f"{tmp_path}.*{reason}"):
            read_checkpoint(tmp_path / name)
