"""What a style consists of, and the notation of its patterns.

Patterns are text with a sign for each step of a bar or of several bars. Spaces show the beats and
mean nothing. `.` is a rest, and `-` makes the note before it longer.

Drums: 1 to 9 is the strength of a stroke. `o` is played in some bars only. `g` is a ghost note,
which some drummers play. `r` and `t` are two and three quick strokes in one step.

Bass: `1`, `3`, `5`, `6`, `7` are tones of the chord, `8` the root an octave higher, `4` the fifth
below the root. `a` leads to the next chord's root. `x` is a dead note.

Chords, power, arp and pad: 1 to 9 is the strength; `m` is a muted stroke. Riffs: 1 to 7 are degrees
of the scale, `8` and `9` those of the next octave, and `0` the degree below 1.

The line `=kick`, `=snare` or `=crash` follows the strokes that the drummer really plays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Roles = Literal["bass", "walk", "chords", "power", "arp", "riff", "pad", "lead"]


@dataclass(frozen=True)
class Groove:
    """A way to play the drums of a style: lines by piece, for three levels of loudness."""

    soft: Mapping[str, str]
    main: Mapping[str, str]
    loud: Mapping[str, str]


@dataclass(frozen=True)
class Player:
    """An instrument of the band.

    Attributes:
        voices: instruments of which a song has one, keys of `BAND_VOICES`.
        role: how it reads its lines.
        lines: of which a section has one; empty for the roles walk and lead.
        loud: those of loud sections; empty: the same.
        levels: letters of the levels in which it plays: soft, main, loud, build, none (no drums).
        pitch: centre of its register.
        gain: its loudness, decibels.
        share: of the songs that have it.
    """

    voices: tuple[str, ...]
    role: Roles
    lines: tuple[str, ...] = ()
    loud: tuple[str, ...] = ()
    levels: str = "smlbn"
    pitch: int = 60
    gain: float = 0.0
    share: float = 1.0


@dataclass(frozen=True)
class StyleSheet:
    """A style.

    Attributes:
        name: its name.
        meter: beats a bar.
        steps: steps of a beat.
        bpm: slowest and fastest tempo, beats a minute.
        kits: drum kits of which a song has one.
        palette: key of `PALETTES`.
        grooves: of which a song has one.
        fills: kinds of fills, keys of `FILLS`.
        band: the instruments.
        swing: least and largest delay of odd sixteenths, in steps.
        drift: largest deviation of the tempo, relative.
        loose: standard deviation of the strokes, milliseconds.
        rides: whether loud sections may have the ride instead of the hi-hat.
        offbeat: how much of the melody lies between the beats, 0 to 1.
    """

    name: str
    meter: int
    steps: int
    bpm: tuple[float, float]
    kits: tuple[str, ...]
    palette: str
    grooves: tuple[Groove, ...]
    fills: tuple[str, ...]
    band: tuple[Player, ...] = field(default=())
    swing: tuple[float, float] = (0.0, 0.0)
    drift: float = 0.0
    loose: float = 4.0
    rides: bool = False
    offbeat: float = 0.4

    @property
    def bar_steps(self) -> int:
        """Steps of a bar."""
        return self.meter * self.steps


def play(**lines: str) -> dict[str, str]:
    """Lines of the drums by piece, without the spaces."""
    return {piece: line.replace(" ", "") for piece, line in lines.items()}
