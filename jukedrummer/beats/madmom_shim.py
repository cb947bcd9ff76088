"""madmom 0.16.1 on today's Python and numpy, without a change to either that anyone else could see.

madmom was last released in 2018. On import it needs `collections.MutableSequence` (gone in Python 3.10),
`pkg_resources` (gone in setuptools 82) and `np.float` and its like (gone in numpy 1.24); when it runs it
needs the same aliases again, and its Viterbi decoder makes an array of ragged rows. The first group is
lent for the time of the import; the second is bound to madmom's own modules only.
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
# All that the package uses: what madmom imports later would not be covered by the shim.
_MODULES = (
    "madmom.audio.spectrogram",
    "madmom.features.downbeats",
    "madmom.ml.nn",
    "madmom.models",
)
_import_lock = threading.Lock()


class _NumpyForMadmom(types.ModuleType):
    """numpy with the names of 2018, given to madmom's modules in numpy's place."""

    def __getattr__(self, name: str) -> Any:
        return _ALIASES[name] if name in _ALIASES else getattr(np, name)

    @staticmethod
    def asarray(values: Any, *args: Any, **kwargs: Any) -> np.ndarray:
        """`np.asarray`, which makes an object array of ragged rows (the decoder's paths and likelihoods)."""
        try:
            return np.asarray(values, *args, **kwargs)
        except ValueError:
            rows = np.empty((len(values), len(values[0])), dtype=object)
            for row, items in zip(rows, values, strict=True):
                for column, item in enumerate(items):
                    row[column] = item
            return rows


@contextmanager
def _lent(owner: Any, values: dict[str, Any]) -> Iterator[None]:
    """Give `owner` those attributes that it lacks, and take them back."""
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
    """A stand-in for the one function of `pkg_resources` that madmom calls: its own version."""
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
        _lent(collections, {"MutableSequence": collections.abc.MutableSequence}),
        _lent(np, _ALIASES),
        _pkg_resources(),
        warnings.catch_warnings(action="ignore", category=DeprecationWarning),
    ):
        madmom = importlib.import_module("madmom")
        for name in _MODULES:
            importlib.import_module(name)
    numpy_for_madmom = _NumpyForMadmom("numpy_for_madmom")
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "madmom" and getattr(module, "np", None) is np:
            module.np = numpy_for_madmom
    return madmom


def madmom_version() -> str:
    """The installed version, e.g. "0.16.1"."""
    return importlib.metadata.version("madmom")
