"""The pieces of a drum kit that models and metrics distinguish, by General MIDI."""

PIECES = ("kick", "snare", "side_stick", "closed_hat", "open_hat", "toms", "ride", "crash")
PIECE_TITLES = {
    "kick": "kick",
    "snare": "snare",
    "side_stick": "side-stick, clap",
    "closed_hat": "closed hat",
    "open_hat": "open hat",
    "toms": "toms",
    "ride": "ride",
    "crash": "crash",
}
# The pitches of each piece. A stroke that is written gets the first.
PIECE_PITCHES: dict[str, tuple[int, ...]] = {
    "kick": (36, 35),
    "snare": (38, 40),
    "side_stick": (37, 39),
    "closed_hat": (42, 44),
    "open_hat": (46,),
    "toms": (45, 41, 43, 47, 48, 50),
    "ride": (51, 53, 59),
    "crash": (49, 52, 55, 57),
}
# The voices of a pattern, each with its pieces. A snare and a side-stick play the same part of a
# pattern, and so do closed and open hats. Ride and hats do not: a chorus on the ride differs.
VOICES: dict[str, tuple[str, ...]] = {
    "kick": ("kick",),
    "snare": ("snare", "side_stick"),
    "hats": ("closed_hat", "open_hat"),
    "toms": ("toms",),
    "ride": ("ride",),
    "crash": ("crash",),
}
_PIECE_OF = {pitch: index for index, piece in enumerate(PIECES) for pitch in PIECE_PITCHES[piece]}


def piece_of(pitch: int) -> int | None:
    """The index in `PIECES` of a General MIDI pitch; None if it is not of a piece."""
    return _PIECE_OF.get(pitch)
