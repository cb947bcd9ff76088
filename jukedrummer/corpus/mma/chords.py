"""Chords with the names that MMA reads, and progressions in major and minor."""

from dataclasses import dataclass

import numpy as np

ROOTS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
INTERVALS = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "6": (0, 4, 7, 9),
    "9": (0, 4, 10, 14),
    "13": (0, 4, 10, 21),
    "m9": (0, 3, 10, 14),
    "m7b5": (0, 3, 6, 10),
    "sus4": (0, 5, 7),
}
"""Semitones above the root, by the chord's name without its root."""
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10)
DEGREES = {"I": 0, "II": 2, "bIII": 3, "III": 4, "IV": 5, "V": 7, "bVI": 8, "VI": 9, "bVII": 10}
"""Semitones from the tonic to a chord's root. Small letters are minor chords."""
COMMON = {
    False: (
        "I V vi IV",
        "I vi IV V",
        "vi IV I V",
        "I IV V IV",
        "I I IV V",
        "I IV I V",
        "ii V I I",
        "I vi ii V",
        "iii vi ii V",
        "I bVII IV I",
        "I iii IV V",
        "IV V I vi",
        "I I IV I V IV I V",
        "I IV ii V",
    ),
    True: (
        "i bVI bIII bVII",
        "i bVII bVI V",
        "i iv i V",
        "i iv bVII bIII",
        "i i iv i",
        "i bVII i bVII",
        "i bVI iv V",
        "i v bVI bVII",
        "i bIII bVII iv",
    ),
}
"""Progressions that many songs share: in major, and (True) in minor."""
DEGREE_SHARES = {
    False: {"I": 0.3, "IV": 0.2, "V": 0.17, "vi": 0.15, "ii": 0.1, "iii": 0.04, "bVII": 0.04},
    True: {"i": 0.3, "iv": 0.15, "bVII": 0.15, "bVI": 0.15, "v": 0.08, "V": 0.08, "bIII": 0.09},
}
"""How often a chord is drawn in other progressions: in major, and (True) in minor."""
COMMON_SHARE = 0.55
RHYTHMS = {"bar": 0.6, "half": 0.2, "two": 0.2}
"""Shares of progressions with a chord for each bar, each half bar, every second bar."""


@dataclass(frozen=True)
class NamedChord:
    """A chord: pitch class of its root (0 = C), and a key of `INTERVALS`."""

    root: int
    quality: str

    @property
    def name(self) -> str:
        """Its name for MMA."""
        return ROOTS[self.root] + self.quality

    @property
    def classes(self) -> tuple[int, ...]:
        """The pitch classes of its tones, the root first."""
        return tuple((self.root + interval) % 12 for interval in INTERVALS[self.quality])

    def fifth(self) -> int:
        """The pitch class of its fifth, diminished in m7b5."""
        return (self.root + (6 if self.quality == "m7b5" else 7)) % 12


BarChords = tuple[NamedChord, ...]
"""The chords of a bar: one, or one for each half."""


def make_progression(
    random: np.random.Generator, key: int, minor: bool, rich: bool, bars: int
) -> tuple[BarChords, ...]:
    """A progression.

    Args:
        random: decides the chords.
        key: pitch class of the tonic.
        minor: whether the key is minor.
        rich: whether chords have sevenths and ninths.
        bars: number of bars.
    """
    rhythm = str(random.choice(list(RHYTHMS), p=list(RHYTHMS.values())))
    if bars < 4 and rhythm == "two":
        rhythm = "bar"
    count = {"bar": bars, "half": 2 * bars, "two": -(-bars // 2)}[rhythm]
    chords = [_chord(random, degree, key, rich) for degree in _degrees(random, minor, count)]
    if rhythm == "half":
        return tuple(
            (first,) if first == second else (first, second)
            for first, second in zip(chords[::2], chords[1::2], strict=True)
        )
    return tuple((chords[k // 2 if rhythm == "two" else k],) for k in range(bars))


def _degrees(random: np.random.Generator, minor: bool, count: int) -> list[str]:
    if random.random() < COMMON_SHARE:
        known = COMMON[minor][random.integers(len(COMMON[minor]))].split()
        return [known[k % len(known)] for k in range(count)]
    shares = DEGREE_SHARES[minor]
    degrees = [
        str(degree) for degree in random.choice(list(shares), count, p=list(shares.values()))
    ]
    if random.random() < 0.7:
        degrees[0] = "i" if minor else "I"
    return degrees


def _chord(random: np.random.Generator, degree: str, key: int, rich: bool) -> NamedChord:
    letters = degree.lstrip("b")
    if letters.islower():
        names = ("m7", "m7", "m9") if rich else ("m",)
    elif letters == "V":
        names = ("7", "9", "13") if rich else ("", "7", "sus4")
    else:
        names = ("M7", "6", "") if rich else ("",)
    flat = degree[: len(degree) - len(letters)]
    root = (key + DEGREES[flat + letters.upper()]) % 12
    return NamedChord(root, names[random.integers(len(names))])
