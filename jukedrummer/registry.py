"""Implementations of one interface. Each is a module, found by its name.

To register an implementation, put its module into the registry's package. Nothing else has to be
edited.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType


class Registry:
    """The modules of a package, by name. Modules are imported when they are first used.

    Args:
        what: what an implementation is called in messages, e.g. "vocoder".
        package: its modules are the implementations, except those whose names start with `_`.
        first: names in the order in which they are listed; others follow in alphabetical order.
        **elsewhere: implementations that lie outside the package, name to full module name.
    """

    def __init__(
        self, what: str, package: str = "", first: tuple[str, ...] = (), **elsewhere: str
    ) -> None:
        self.what, self._package, self._first, self._elsewhere = what, package, first, elsewhere

    @cached_property
    def _modules(self) -> dict[str, str]:
        found = dict(self._elsewhere)
        if self._package:
            path = importlib.import_module(self._package).__path__
            found |= {
                module.name: f"{self._package}.{module.name}"
                for module in pkgutil.iter_modules(path)
                if not module.name.startswith("_")
            }
        order = [name for name in self._first if name in found]
        return {name: found[name] for name in [*order, *sorted(set(found) - set(order))]}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, without importing a module."""
        return tuple(self._modules)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._modules

    def __getitem__(self, name: str) -> ModuleType:
        """The module of a name.

        Raises:
            KeyError: no module has this name.
        """
        return importlib.import_module(self._modules[name])

    def __iter__(self) -> Iterator[ModuleType]:
        return (self[name] for name in self.names)
