"""Tensors that the original system computed: their place, and the cases of a kind."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(os.environ.get("JUKEDRUMMER_PARITY", Path(__file__).parents[2] / "shared" / "parity"))


def cases(kind: str) -> list[Any]:
    """Every case of a kind, as `pytest.param(folder)`. Without cases, one that is skipped."""
    found = [
        path.parent
        for path in sorted(FOLDER.rglob("config.json"))
        if config(path.parent)["kind"] == kind
    ]
    if not found:
        skip = pytest.mark.skip(
            reason=f"no parity cases of kind {kind} in {FOLDER} (JUKEDRUMMER_PARITY)"
        )
        return [pytest.param(FOLDER, id="absent", marks=skip)]
    return [pytest.param(folder, id=folder.name) for folder in found]


def config(case: Path) -> dict[str, Any]:
    """Kind and sizes of a case."""
    return json.loads((case / "config.json").read_text())


def tensors(case: Path) -> dict[str, np.ndarray]:
    """Inputs of a case, and the original's outputs."""
    with np.load(case / "io.npz") as file:
        return dict(file)
