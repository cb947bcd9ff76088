"""Checkpoints of other projects: read with PyTorch, without running code from the file."""

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy._core import multiarray

from jukedrummer.errors import UserError

# Names that are needed to unpickle numpy arrays.
_NUMPY = (
    np.ndarray,
    np.dtype,
    multiarray._reconstruct,
    multiarray.scalar,
    *(type(np.dtype(kind)) for kind in (np.float32, np.float64, np.int32, np.int64)),
)


def read_checkpoint(path: Path) -> Any:
    """The content of a file of another project by `torch.save`. No code in it is executed.

    Raises:
        UserError: the file is missing, a folder, cut off or not of PyTorch, or it contains more
            than tensors, numbers and text.
    """
    try:
        # PyTorch prints a warning before the error.
        with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(_allowed()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except (IsADirectoryError, PermissionError) as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); name one checkpoint file"
        ) from error
    except Exception as error:  # errors for other kinds of files have no common class
        if isinstance(error, pickle.UnpicklingError) and "unsupported" in str(error).lower():
            raise UserError(
                f"{path}: holds more than tensors, numbers and text; "
                f"its code would have to be run, so it is not read ({_reason(error)})"
            ) from error
        raise UserError(
            f"{path}: is cut off or not a PyTorch checkpoint ({_reason(error)})"
        ) from error


def _allowed() -> list[Any]:
    """Names that may be unpickled: those of numpy's arrays, also as in numpy 1."""
    return [
        *_NUMPY,
        (multiarray._reconstruct, "numpy.core.multiarray._reconstruct"),
        (multiarray.scalar, "numpy.core.multiarray.scalar"),
    ]


def _reason(error: Exception) -> str:
    """The line of PyTorch's message with the cause. Its other lines are advice."""
    lines = [line for line in str(error).splitlines() if line] or [type(error).__name__]
    return next((line for line in lines if "unsupported" in line.lower()), lines[0].split(". ")[0])[
        :200
    ]
