"""The form of a song: its sections, and the level of loudness of each bar."""

from dataclasses import dataclass

import numpy as np

FORMS = (
    "intro verse build drop breakdown drop outro",
    "intro verse drop verse breakdown drop",
    "verse drop solo drop outro",
    "drop verse build drop breakdown drop",
    "intro verse solo build drop outro",
    "verse verse breakdown build drop",
    "intro drop verse solo drop",
)
MIDDLE = ("verse", "drop", "solo", "drop", "breakdown", "drop")
"""Sections that a long song has in addition."""
LENGTHS = {"intro": 2, "verse": 4, "build": 2, "drop": 4, "breakdown": 2, "solo": 4, "outro": 2}
"""Bars; half of it where bars are long."""
LONG_BAR = 2.7
"""Seconds."""
INTROS = ("soft", "soft", "band", "drums")
"""How a song with an intro begins: with soft drums, without drums, with drums alone."""


@dataclass(frozen=True)
class FormBar:
    """A bar of the form.

    Attributes:
        kind: its section, a key of `LENGTHS`.
        number: number of the section.
        place: number of the bar in its section.
        length: bars of the section.
        level: s (soft), m (main), l (loud), b (build), n (no drums).
        band: whether the band plays.
    """

    kind: str
    number: int
    place: int
    length: int
    level: str
    band: bool = True

    @property
    def last(self) -> bool:
        """Whether the bar is the last of its section."""
        return self.place == self.length - 1


def make_form(random: np.random.Generator, bars: int, bar_seconds: float) -> list[FormBar]:
    """The form of a song.

    Args:
        random: decides the form.
        bars: number of bars.
        bar_seconds: length of a bar, seconds.
    """
    kinds = FORMS[random.integers(len(FORMS))].split()
    scale = 2 if bar_seconds > LONG_BAR else 1
    added = 0
    while sum(LENGTHS[kind] // scale for kind in kinds) < bars:
        place = len(kinds) - (kinds[-1] == "outro")
        kinds.insert(place, MIDDLE[added % len(MIDDLE)])
        added += 1
    lengths = [LENGTHS[kind] // scale for kind in kinds]
    while sum(lengths) > bars:
        lengths[lengths.index(max(lengths))] -= 1
    intro = str(random.choice(INTROS))
    quiet_verse = random.random() < 0.35
    result = []
    for number, (kind, length) in enumerate(zip(kinds, lengths, strict=True)):
        for place in range(length):
            level = _level(kind, place, intro, quiet_verse and number < 2)
            band = not (kind == "intro" and intro == "drums" and place == 0)
            result.append(FormBar(kind, number, place, length, level, band))
    return result


def _level(kind: str, place: int, intro: str, quiet_verse: bool) -> str:
    if kind == "intro":
        return {"soft": "s", "band": "n", "drums": "m"}[intro]
    if kind == "breakdown":
        return "n" if place < 2 else "s"
    if kind == "verse" and quiet_verse:
        return "s"
    return {"verse": "m", "build": "b", "drop": "l", "solo": "m", "outro": "m"}[kind]
