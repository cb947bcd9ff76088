"""The notes of the band, the strokes of the drums, and a reader of text grids."""

from collections.abc import Iterator
from dataclasses import dataclass

KIT_PITCHES = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "tom_low": 43,
    "hat": 42,
    "pedal": 44,
    "tom_mid": 47,
    "open": 46,
    "crash": 49,
    "tom_high": 50,
    "ride": 51,
    "bell": 53,
    "tambourine": 54,
    "shaker": 70,
}
"""The pieces of a drum kit, by their General MIDI pitch."""


@dataclass(frozen=True)
class Note:
    """A note of the band: onset and length in seconds, MIDI pitch and velocity (1 to 127)."""

    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Hit:
    """A stroke of the drums: onset in seconds, a key of KIT_PITCHES, velocity (1 to 127)."""

    start: float
    piece: str
    velocity: int


@dataclass(frozen=True)
class InstrumentPart:
    """The part of one instrument of the band.

    Attributes:
        stem: stem of the instrument.
        name: name of the instrument.
        program: General MIDI, counted from 0.
        volume: gain.
        notes: in any order.
    """

    stem: str
    name: str
    program: int
    volume: float
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Event:
    """A sign of a text grid: its step, and its length in steps."""

    step: int
    sign: str
    length: int


def read_line(line: str, bar: int, steps: int) -> Iterator[Event]:
    """The signs of a line in one bar. A line of several bars repeats when it ends.

    Args:
        line: one character a step.
        bar: number of the bar in the song.
        steps: number of steps in a bar.

    Raises:
        ValueError: the line is not a whole number of bars long.
    """
    if not line or len(line) % steps:
        raise ValueError(f"line {line!r} is not a whole number of bars of {steps} steps")
    start = bar * steps % len(line)
    signs = line[start : start + steps]
    for step, sign in enumerate(signs):
        if sign not in ".-":
            rest = signs[step + 1 :]
            yield Event(step, sign, 1 + len(rest) - len(rest.lstrip("-")))


def velocity(value: float) -> int:
    """A MIDI velocity: rounded, 1 to 127."""
    return max(1, min(127, round(value)))
