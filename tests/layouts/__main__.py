"""Write a small copy of each data set: `python -m tests.layouts FOLDER [KIND ...]`."""

import importlib
import pkgutil
import sys
from pathlib import Path

import tests.layouts

KINDS = tuple(
    module.name
    for module in pkgutil.iter_modules(tests.layouts.__path__)
    if module.name not in ("__main__", "music")
)


def make_all(root: Path, kinds: tuple[str, ...] = KINDS) -> None:
    """Write the copies of data sets, each to the folder of its kind.

    Args:
        root: where the folders are made. A kind that is there is kept.
        kinds: names of the modules.
    """
    for kind in kinds:
        if not (root / kind).exists():
            importlib.import_module(f"tests.layouts.{kind}").make(root / kind)


if __name__ == "__main__":
    make_all(Path(sys.argv[1]), tuple(sys.argv[2:]) or KINDS)
