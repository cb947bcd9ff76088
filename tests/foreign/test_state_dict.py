"""Weights of foreign checkpoints: finite tensors, found by their key."""

import pytest
import torch

from jukedrummer.errors import UserError
from jukedrummer.foreign.tensors import state_dict


def test_values_without_weights_are_rejected() -> None:
    assert list(state_dict({"model": {"a": torch.zeros(1)}}, "model", "f")) == ["a"]
    with pytest.raises(UserError, match="f: has no weights 'model'; it holds generator"):
        state_dict({"generator": {}}, "model", "f")
    with pytest.raises(UserError, match="f: epoch is a int, not a tensor"):
        state_dict({"epoch": 3}, None, "f")
    with pytest.raises(UserError, match="f: has no weights; it holds list"):
        state_dict([], None, "f")
    with pytest.raises(UserError, match="f: a holds NaN or infinite values"):
        state_dict({"a": torch.tensor([1.0, float("nan")])}, None, "f")
