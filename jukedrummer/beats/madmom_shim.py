"""Runs madmom 0.16.1 on current Python and numpy, without lasting changes to either.

madmom was last released in 2018. Its import needs `collections.MutableSequence` (removed in Python
3.10), `pkg_resources` (removed in setuptools 82), and `np.float` and similar aliases (removed in
numpy 1.24). These exist during the import only. After the import, madmom still needs the aliases,
and its Viterbi decoder makes an array of ragged rows. So madmom's modules, and no others, get a
numpy that supports both.
"""

import collections
import collections.abc
import functools
import importlib
import importlib.metadata
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_ALIASES = {"float": float, "int": int, "bool": bool, "object": object, "complex": complex}
# All modules that are used. Modules that are imported later would not have the old numpy.
_MODULES = (
    "madmom.audio.spectrogram",
    "madmom.features.downbeats",
    "madmom.ml.nn",
    "madmom.models",
)
_import_lock = threading.Lock()


class NumpyForMadmom(types.ModuleType):
    """numpy with its aliases of 2018, for madmom's modules."""

    def __getattr__(self, name: str) -> Any:
        return _ALIASES[name] if name in _ALIASES else getattr(np, name)

    @staticmethod
    def asarray(values: Any, *args: Any, **kwargs: Any) -> np.ndarray:
        """`np.asarray`, but ragged rows become an object array.

        The decoder has such rows: a path and its likelihood.
        """
        try:
            return np.asarray(values, *args, **kwargs)
        except ValueError:
            rows = np.empty((len(values), len(values[0])), dtype=object)
            for row, items in zip(rows, values, strict=True):
                for column, item in enumerate(items):
                    row[column] = item
            return rows


@contextmanager
def borrowed_attributes(owner: Any, values: dict[str, Any]) -> Iterator[None]:
    """Add attributes to `owner` if it does not have them, and remove them at the end."""
    missing = {name: value for name, value in values.items() if name not in vars(owner)}
    for name, value in missing.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name in missing:
            delattr(owner, name)


@contextmanager
def _pkg_resources() -> Iterator[None]:
    """A replacement of `pkg_resources`, with the one function that madmom calls."""
    name = "pkg_resources"
    before = sys.modules.get(name)
    stand_in = types.ModuleType(name)
    stand_in.get_distribution = lambda project: types.SimpleNamespace(  # type: ignore[attr-defined]
        version=importlib.metadata.version(project)
    )
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before


@functools.cache
def load_madmom() -> types.ModuleType:
    """Import madmom; the same module at every call.

    Raises:
        ModuleNotFoundError: madmom is not installed.
    """
    with (
        _import_lock,
        borrowed_attributes(collections, {"MutableSequence": collections.abc.MutableSequence}),
        borrowed_attributes(np, _ALIASES),
        _pkg_resources(),
        warnings.catch_warnings(action="ignore", category=DeprecationWarning),
    ):
        madmom = importlib.import_module("madmom")
        for name in _MODULES:
            importlib.import_module(name)
    numpy_for_madmom = NumpyForMadmom("numpy_for_madmom")
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "madmom" and getattr(module, "np", None) is np:
            vars(module)["np"] = numpy_for_madmom
    return madmom


def madmom_version() -> str:
    """The installed version, e.g. "0.16.1"."""
    return importlib.metadata.version("madmom")
