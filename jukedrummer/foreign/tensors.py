"""Checks of a checkpoint's tensors.

Each converter in this folder is a function `convert(values, where)`. Its input are the values that
`read_checkpoint` returns. It returns the network, in evaluation mode, and its `ModelInfo`.
"""

from typing import Any

from torch import Tensor

from jukedrummer.errors import UserError


def state_dict(values: Any, name: str | None, where: str) -> dict[str, Tensor]:
    """The tensors of a checkpoint, by name.

    Args:
        values: what `read_checkpoint` returned.
        name: the key of the tensors; None for the checkpoint itself.
        where: the file, for messages.

    Raises:
        UserError: there is no such key, or it has values other than tensors of finite numbers.
    """
    state = values
    if name is not None:
        state = values.get(name) if isinstance(values, dict) else None
    if not isinstance(state, dict) or not state:
        what = f" {name!r}" if name else ""
        raise UserError(f"{where}: has no weights{what}; it holds {_summary(values)}")
    for tensor, value in state.items():
        if not isinstance(value, Tensor):
            raise UserError(
                f"{where}: {tensor} is a {type(value).__name__}, not a tensor; "
                "is it another kind of file?"
            )
        if value.is_floating_point() and not value.isfinite().all():
            raise UserError(
                f"{where}: {tensor} holds NaN or infinite values; did its training fail?"
            )
    return dict(state)


def _summary(values: Any) -> str:
    """The first keys of a mapping, or the type of anything else."""
    if isinstance(values, dict):
        return ", ".join(map(str, list(values)[:6])) or "nothing"
    return type(values).__name__
