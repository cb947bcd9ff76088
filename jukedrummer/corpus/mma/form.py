"""The form of a song: sections that return, fills, breaks, solo intros, endings."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

MmaRole = Literal["drums", "bass", "chords", "melody"]
"""What a part of the band does."""
FORMS = ("AABA", "ABAB", "AABB", "ABAC", "AABC", "ABCB", "AAB", "ABB", "ABCABC")
PICKUP, INTRO, ENDING = "pickup", "intro", "ending"
INTRO_SHARE, ENDING_SHARE, STOP_SHARE = 0.5, 0.4, 0.6
FILL_SHARE, MIDDLE_FILL_SHARE = 0.85, 0.25
"""Shares of the sections with a fill at their end, and in the middle of eight bars."""
BREAK_SHARE = 0.2
"""Share of the sections whose last bar or two have a break."""
THIN_SHARE = 0.15
"""Share of the sections, after the first, in which some of the band pause."""
MOST_WITHOUT_DRUMS = 0.35
"""Share of a song's bars that may have no drums."""
BREAKS: tuple[tuple[MmaRole, ...], ...] = (
    ("drums",),
    ("bass", "chords", "melody"),
    ("drums", "bass"),
    ("bass", "chords"),
    ("chords", "melody"),
    ("drums", "chords", "melody"),
)
"""Who is silent in a break."""
THIN: tuple[tuple[MmaRole, ...], ...] = (
    ("chords",),
    ("bass",),
    ("melody",),
    ("drums",),
    ("drums", "bass"),
    ("bass", "chords"),
)
"""Who is silent in a thin section."""
INTROS: dict[str, tuple[MmaRole, ...]] = {
    "chords": ("drums", "bass", "melody"),
    "bass": ("drums", "chords", "melody"),
    "drums": ("bass", "chords", "melody"),
    "rhythm": ("chords", "melody"),
    "band": ("drums", "melody"),
    "melody": ("drums", "bass", "chords"),
    "duet": ("drums", "bass"),
}
"""Who is silent in an intro of each kind. The last two need a melody."""


@dataclass(frozen=True)
class FormBar:
    """A bar of the form.

    Attributes:
        section: a letter, which returns with the same grooves and chords; or PICKUP, INTRO, ENDING.
        place: number of the bar in its section.
        length: bars of the section.
        silent: who does not play.
        fill: whether a fill leads to the next section.
        stop: whether all play one long note, the last of the song.
    """

    section: str
    place: int
    length: int
    silent: frozenset[MmaRole] = frozenset()
    fill: bool = False
    stop: bool = False


def make_form(
    random: np.random.Generator, bars: int, *, melody: bool, intros: bool, endings: bool
) -> list[FormBar]:
    """The form of a song, without a pick-up.

    Args:
        random: decides the form.
        bars: number of bars, at least 4.
        melody: whether the song has a melody.
        intros: whether the style has grooves for intros. They are played by all.
        endings: whether the style has grooves for endings.
    """
    unit = int(random.choice((4, 8))) if bars >= 20 else 4 if bars >= 9 else 2
    intro = _intro(random, unit, melody, intros) if random.random() < INTRO_SHARE else []
    ending = []
    if bars >= 8 and endings and random.random() < ENDING_SHARE:
        ending = [FormBar(ENDING, place, 2) for place in range(2)]
    elif random.random() < STOP_SHARE:
        ending = [FormBar(ENDING, 0, 1, stop=True)]
    letters = FORMS[random.integers(len(FORMS))]
    form, count = list(intro), bars - len(intro) - len(ending)
    for number in range(-(-count // unit)):
        length = min(unit, count - number * unit)
        section = [FormBar(letters[number % len(letters)], k, length) for k in range(length)]
        form += _played(random, section, first=number == 0)
    return _with_drums(random, form + ending)


def _intro(random: np.random.Generator, unit: int, melody: bool, grooves: bool) -> list[FormBar]:
    length = min(unit, int(random.choice((2, 4))))
    silent: frozenset[MmaRole] = frozenset()
    if not grooves or random.random() < 0.65:
        kinds = list(INTROS)[: None if melody else -2]
        silent = frozenset(INTROS[kinds[random.integers(len(kinds))]])
    bars = [FormBar(INTRO, place, length, silent) for place in range(length)]
    if "drums" not in silent or random.random() < 0.5:
        bars[-1] = replace(bars[-1], fill=True, silent=silent - {"drums"})
    return bars


def _played(random: np.random.Generator, section: list[FormBar], first: bool) -> list[FormBar]:
    """A section with its fills, breaks and pauses."""
    draws = random.random(4)
    thin = frozenset(THIN[random.integers(len(THIN))])
    silent = frozenset(BREAKS[random.integers(len(BREAKS))])
    if not first and draws[0] < THIN_SHARE:
        section = [replace(bar, silent=thin) for bar in section]
    if draws[1] < FILL_SHARE:
        section[-1] = replace(section[-1], fill=True)
    if len(section) == 8 and draws[2] < MIDDLE_FILL_SHARE:
        section[3] = replace(section[3], fill=True)
    if len(section) > 2 and draws[3] < BREAK_SHARE:
        for place in range(len(section) - int(random.integers(1, 3)), len(section)):
            section[place] = replace(section[place], silent=silent)
    return section


def _with_drums(random: np.random.Generator, form: list[FormBar]) -> list[FormBar]:
    """The form with drums in enough of its bars."""
    without = [place for place, bar in enumerate(form) if "drums" in bar.silent]
    surplus = len(without) - int(MOST_WITHOUT_DRUMS * len(form))
    for place in random.permutation(without)[: max(0, surplus)]:
        form[place] = replace(form[place], silent=form[place].silent - {"drums"})
    return form
