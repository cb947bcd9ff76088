"""Checks of what the config needs on this machine."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from jukedrummer.errors import UserError


def require_folder(path: str, where: str) -> None:
    """Check that a folder of the config exists.

    Raises:
        UserError: it does not exist.
    """
    if not Path(path).is_dir():
        reason = "is not a folder" if Path(path).exists() else "no such folder"
        relative = "" if Path(path).is_absolute() else f" in {Path.cwd()}, where Snakemake runs"
        raise UserError(f"{where} is {path}: {reason}{relative}")


def require_file(path: str, where: str) -> None:
    """Check that a file of the config exists.

    Raises:
        UserError: it does not exist.
    """
    if not Path(path).is_file():
        relative = "" if Path(path).is_absolute() else f" in {Path.cwd()}, where Snakemake runs"
        raise UserError(f"{where} is {path}: no such file{relative}")


def require_package(name: str, because: str, command: str) -> None:
    """Check that an optional package is installed.

    Raises:
        UserError: it is not installed.
    """
    if find_spec(name) is None:
        raise UserError(f"{because}, but the package {name} is not installed: {command}")


def require_chromaprint(where: str) -> None:
    """Check that the library chromaprint and its Python module can be loaded.

    Args:
        where: the key of the config that needs them; it is true or false.

    Raises:
        UserError: one of them is missing.
    """
    require_package("chromaprint", f"{where} is true", "pip install pyacoustid")
    try:
        import_module("chromaprint")
    except ImportError as error:
        raise UserError(
            f"{where} is true, but the library chromaprint is not installed: install it (Debian, "
            "Ubuntu: apt install libchromaprint1; macOS: brew install chromaprint), or set "
            f"{where}: false"
        ) from error
