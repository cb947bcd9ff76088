"""What a drum kit is: the sounds of its pieces. Which stem a piece belongs to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from jukedrummer.errors import UserError

KIT_STEMS: dict[str, tuple[str, ...]] = {
    "kick": ("kick",),
    "snare": ("snare", "side_stick"),
    "hats": ("closed_hat", "open_hat"),
    "toms": ("toms",),
    "cymbals": ("ride", "crash"),
}
"""The stems, in the order in which they are added, and the pieces of each."""
# The pieces that are played if a kit does not have a piece, the first one that it has.
SUBSTITUTES: dict[str, tuple[str, ...]] = {
    "kick": (),
    "snare": ("side_stick",),
    "side_stick": ("snare",),
    "closed_hat": ("open_hat", "ride"),
    "open_hat": ("closed_hat", "ride"),
    "toms": ("snare", "side_stick"),
    "ride": ("crash", "closed_hat", "open_hat"),
    "crash": ("ride", "open_hat", "closed_hat"),
}

LISTED = 10  # names of instruments in a message

Voice = tuple[np.ndarray, float]
"""A sound (n, 2), float32, at the kit's rate, and its gain. Sounds are shared: never change one."""

PieceType = TypeVar("PieceType")


class PlayableKit(Protocol):
    """The sounds of a drum kit.

    Attributes:
        path: its file or folder.
        rate: samples a second.
    """

    path: Path
    rate: int

    def strike(self, piece: str, velocity: int, turn: int) -> list[Voice]:
        """The voices of a stroke, which sound together from its onset on.

        The same arguments give the same samples.

        Args:
            piece: of `PIECES`.
            velocity: 1 to 127.
            turn: number of earlier strokes of the piece, for kits that play several samples in
                turn.

        Raises:
            UserError: a file of the kit is missing or broken.
        """
        ...


def complete(
    pieces: Mapping[str, PieceType], path: Path, names: Sequence[str]
) -> dict[str, PieceType]:
    """The pieces of a kit, with `SUBSTITUTES` for those that it does not have.

    Args:
        pieces: what the kit has.
        path: the kit, for the message.
        names: what the kit has, for the message.

    Raises:
        UserError: the kit has neither a piece nor a substitute.
    """
    result = {}
    for piece, others in SUBSTITUTES.items():
        choice = next((name for name in (piece, *others) if name in pieces), None)
        if choice is None:
            more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
            raise UserError(
                f"{path}: has no {piece.replace('_', ' ')}, nor a piece that can replace it; is it "
                f"a drum kit? It has {', '.join(names[:LISTED]) or 'nothing at all'}{more}"
            )
        result[piece] = pieces[choice]
    return result
