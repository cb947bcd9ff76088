"""The authors' released files: read without running code from them, one converter a kind of network.

Each converter is a function `convert(values, where)` that takes what `read_checkpoint` gives and returns our
network, in evaluation mode, and the `ModelInfo` that describes it.
"""

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jukedrummer.errors import UserError

# What a numpy array needs to be unpickled, and nothing more.
_NUMPY = (
    np.ndarray,
    np.dtype,
    np._core.multiarray._reconstruct,
    np._core.multiarray.scalar,
    *(type(np.dtype(kind)) for kind in (np.float32, np.float64, np.int32, np.int64)),
)


def read_checkpoint(path: Path) -> Any:
    """What `torch.save` wrote to a foreign file; nothing in it is executed.

    Raises:
        UserError: missing, a folder, cut off, not such a file, or it holds more than tensors and text.
    """
    try:
        # A refused pickle makes PyTorch warn of its own errors first.
        with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(_allowed()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except (IsADirectoryError, PermissionError) as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); name one checkpoint file"
        ) from error
    except Exception as error:  # on a file that is no pickle at all, the reader fails in any way
        if isinstance(error, pickle.UnpicklingError) and "unsupported" in str(error).lower():
            raise UserError(
                f"{path}: holds more than tensors, numbers and text, whose code would have to be run; "
                f"refused ({_reason(error)})"
            ) from error
        raise UserError(
            f"{path}: is cut off or not a PyTorch checkpoint ({_reason(error)})"
        ) from error


def _allowed() -> list[Any]:
    """What may be unpickled: numpy's arrays, also under the names that numpy 1 gave to its functions."""
    return [
        *_NUMPY,
        (np._core.multiarray._reconstruct, "numpy.core.multiarray._reconstruct"),
        (np._core.multiarray.scalar, "numpy.core.multiarray.scalar"),
    ]


def _reason(error: Exception) -> str:
    """The line that says what is wrong: PyTorch puts advice before and behind it."""
    lines = [line for line in str(error).splitlines() if line] or [type(error).__name__]
    return next((line for line in lines if "unsupported" in line.lower()), lines[0].split(". ")[0])[
        :200
    ]


def state_dict(values: Any, name: str | None, where: str) -> dict[str, Tensor]:
    """The tensors at the key `name` of a checkpoint (None: the checkpoint itself).

    Raises:
        UserError: there is no such key, or it holds anything but tensors of finite numbers.
    """
    found = values if name is None else values.get(name) if isinstance(values, dict) else None
    if not isinstance(found, dict) or not found:
        inside = (
            ", ".join(map(str, list(values)[:6]))
            if isinstance(values, dict)
            else type(values).__name__
        )
        raise UserError(f"{where}: has no weights{f' {name!r}' if name else ''}; it holds {inside}")
    for key, value in found.items():
        if not isinstance(value, Tensor):
            what = type(value).__name__
            raise UserError(f"{where}: {key} is a {what}, not a tensor: another kind of file?")
        if value.is_floating_point() and not value.isfinite().all():
            raise UserError(f"{where}: {key} holds NaN or infinite values; did its training fail?")
    return dict(found)
