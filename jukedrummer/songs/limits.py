"""Limits of recordings and options, checked before anything large is loaded."""

from jukedrummer.errors import UserError

LEAST_SECONDS = 1.0  # shorter recordings are rejected


def checked_device(device: str | None) -> str:
    """The value of `--device`; by default cuda if there is a GPU.

    Raises:
        UserError: neither cpu nor cuda, or cuda without a GPU.
    """
    from jukedrummer.storage.weights import default_device

    if device is None:
        return default_device()
    if device not in ("cpu", "cuda"):
        raise UserError(f"--device is {device!r}; choose cpu or cuda")
    if device == "cuda" and default_device() != "cuda":
        raise UserError("--device is cuda, but PyTorch finds no GPU; leave the option out")
    return device
