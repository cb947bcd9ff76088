"""Replacing modules inside a network."""

from collections.abc import Callable
from typing import TypeVar

from torch import nn

Module = TypeVar("Module", bound=nn.Module)


def replace_modules(
    network: nn.Module, kind: type[Module], make: Callable[[Module], nn.Module]
) -> None:
    """Replace all modules of exactly one class inside a network, in place.

    Args:
        network: the network.
        kind: the class. Its subclasses are not replaced.
        make: a module to its replacement.
    """
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if type(child) is kind:
                setattr(parent, name, make(child))
