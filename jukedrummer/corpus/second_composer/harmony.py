"""Chords, scales, and the progressions of each palette.

A progression has a chord for each bar: semitones above the tonic, a colon, the quality. Two chords
in a bar are joined by a slash.
"""

from dataclasses import dataclass
from itertools import product

QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "9": (0, 4, 10, 14),
    "m7": (0, 3, 7, 10),
    "m9": (0, 3, 10, 14),
    "m6": (0, 3, 7, 9),
    "j7": (0, 4, 7, 11),
    "j9": (0, 4, 11, 14),
    "add9": (0, 4, 7, 14),
    "sus": (0, 5, 7),
    "7sus": (0, 5, 7, 10),
    "h": (0, 3, 6, 10),
    "o": (0, 3, 6, 9),
    "7b9": (0, 4, 10, 13),
}
SCALE_STEPS = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "blues": (0, 3, 5, 6, 7, 10),
}


@dataclass(frozen=True)
class Voicing:
    """A chord.

    Attributes:
        root: pitch class of the root.
        tones: semitones above the root, ascending from 0.
    """

    root: int
    tones: tuple[int, ...]

    @property
    def classes(self) -> tuple[int, ...]:
        """The pitch classes of its tones, the root first."""
        return tuple((self.root + tone) % 12 for tone in self.tones)

    def tone(self, degree: int) -> int:
        """Semitones from the root to the chord tone nearest to a degree: 3, 5, 7 or 9."""
        usual = {3: 4, 5: 7, 6: 9, 7: 10, 9: 14}[degree]
        return min(self.tones[1:], key=lambda tone: (abs(tone - usual), tone))


@dataclass(frozen=True)
class Palette:
    """The harmony of a style: a key of `SCALE_STEPS`, and progressions."""

    scale: str
    progressions: tuple[str, ...]


PALETTES = {
    "roots": Palette(
        "minor",
        (
            "0:m 0:m 10: 10:",
            "0:m 5:m 0:m 7:m",
            "0:m 8: 10: 0:m",
            "0:m7 0:m7 5:m7 5:m7/3:",
            "9:m 7: 5: 7:",
        ),
    ),
    "sunny": Palette(
        "major",
        (
            "0: 5: 7: 5:",
            "0: 9:m 5: 7:",
            "5: 0: 7: 0:",
            "0:add9 4:m 5: 5:m6",
            "2:m7 7:7 0: 9:m",
            "0: 0:7 5: 8:/10:",
        ),
    ),
    "vamp": Palette(
        "dorian",
        (
            "0:m7 5:9 0:m7 5:9",
            "0:m9 0:m9 3:j7 2:m7",
            "0:9 0:9 5:9 5:9/3:9",
            "0:m7/10: 0:m7 0:m7/10: 5:7",
            "0:m7 0:m7 0:m7 7:7sus/7:7",
        ),
    ),
    "electric": Palette(
        "minor",
        (
            "0:m9 8:j7 3: 10:sus",
            "0:m7 10:m7 8:j9 7:m7",
            "5:m9 5:m9 0:m9 3:j7",
            "8:j7 10: 0:m 0:m/7:m",
            "0:m 3:sus 10: 8:add9",
        ),
    ),
    "dark": Palette(
        "harmonic",
        (
            "0:m 0:m 8: 7:",
            "0:m 1: 0:m 10:m",
            "0:m 3: 8: 7:/7:7",
            "0:m 5:m 8: 7:7",
            "0:m 0:m 5:m 8:/7:",
        ),
    ),
    "twelve": Palette(
        "blues",
        (
            "0:7 5:7 0:7 0:7",
            "5:7 5:7 0:7 0:7/9:7",
            "7:7 5:7 0:7 7:7",
            "2:m7 7:7 0:7/9:7 2:m7/7:7",
        ),
    ),
    "minor_blues": Palette(
        "blues",
        ("0:m7 5:m7 0:m7 0:m7", "5:m7 5:m7 0:m7 0:m7", "8:7 7:7 0:m7 7:7", "0:m7 10:7 8:7 7:7"),
    ),
    "carnival": Palette(
        "major",
        (
            "0:6 2:m7 2:m7/7:7 0:6",
            "0:j7 1:o 2:m7 7:7",
            "5:j7 10:7 4:m7/9:7b9 2:m7/7:7",
            "0:6/9:7 2:m7/7:7 0:6/9:7 2:7/7:7",
        ),
    ),
    "mirror_ball": Palette(
        "dorian",
        (
            "0:m7 0:m7 5:m7 10:7",
            "8:j7 10: 0:m7 0:m7/7:m7",
            "2:h 7:7 0:m7 0:m7",
            "5:j7 4:m7 2:m7 4:m7",
        ),
    ),
    "three_chords": Palette(
        "major",
        (
            "0:5 5:5 7:5 5:5",
            "0:5 10:5 5:5 0:5",
            "9:5 5:5 0:5 7:5",
            "0:5/4:5 5:5 0:5/9:5 7:5",
            "0:5 3:5 5:5 8:5/10:5",
        ),
    ),
    "ballroom": Palette(
        "harmonic",
        (
            "0:m 7:7 7:7 0:m",
            "5:m 0:m 7:7 0:m",
            "3: 10:7 3: 7:7",
            "0:m 2:h 7:7b9 0:m",
            "8: 5:m 0:m 7:7",
        ),
    ),
    "modal": Palette(
        "lydian",
        (
            "0:j7 2:add9 0:j7 2:add9",
            "9:m9 2:9 0:j9 0:j9",
            "0:j7 10:j7 8:j7 2:m7/7:7sus",
            "4:m7 9:m7 0:j9 2:9",
        ),
    ),
    "iron": Palette(
        "phrygian",
        (
            "0:5 0:5 1:5 10:5",
            "0:5 3:5 0:5 1:5/10:5",
            "0:5 8:5 10:5 7:5",
            "0:5/6:5 0:5 5:5/3:5 1:5",
        ),
    ),
    "soul": Palette(
        "major",
        (
            "0: 0:/4:m 5: 7:7sus",
            "0:j7 9:m7 2:m7 7:7",
            "9:m 4:m 5: 0:/7:",
            "5: 4:m7 2:m7 0:j7/7:7sus",
            "0: 5:/5:m 0: 7:",
        ),
    ),
    "limping": Palette(
        "dorian",
        (
            "0:m7 0:m7 3: 10:",
            "0:m9 8:j7 0:m9 10:6",
            "0:m 5:7 0:m 5:7",
            "0:m7 2:m7 3:j7 2:m7",
        ),
    ),
    "street": Palette(
        "minor",
        (
            "0:m 7:7 7:7 0:m",
            "0:m/5:m 7:7 0:m/5:m 7:7",
            "0:m 10: 8: 7:7",
            "5:m 0:m 7:7 0:m",
        ),
    ),
    "dusty": Palette(
        "dorian",
        (
            "2:m9 7:9 0:j9 9:m9",
            "0:m9 5:9 0:m9 8:j7/7:7b9",
            "5:j9 4:m7 2:m9 0:j9",
            "0:j7/4:m7 5:j7 3:j7 2:m7/7:9",
        ),
    ),
}


def parse_bars(text: str, key: int) -> list[list[Voicing]]:
    """The chords of each bar of a progression in a key (semitones above C)."""
    return [[_chord(token, key) for token in bar.split("/")] for bar in text.split()]


def _chord(token: str, key: int) -> Voicing:
    degree, quality = token.split(":")
    return Voicing((int(degree) + key) % 12, QUALITIES[quality])


def nearest(pitch_class: int, pitch: float) -> int:
    """The pitch of a class that is nearest to a pitch."""
    return round((pitch - pitch_class) / 12) * 12 + pitch_class


def lead_voices(chord: Voicing, centre: float, before: tuple[int, ...]) -> tuple[int, ...]:
    """Pitches of a chord, ascending, near a centre, that move little from the chord before.

    Args:
        chord: the chord.
        centre: mean pitch.
        before: pitches of the chord before; may be empty.
    """
    classes = chord.classes
    choices = []
    for turn, octave in product(range(len(classes)), (-1, 0, 1)):
        pitches = [nearest(classes[turn], centre - 5) + 12 * octave]
        for pitch_class in classes[turn + 1 :] + classes[:turn]:
            pitches.append(pitches[-1] + 1 + (pitch_class - pitches[-1] - 1) % 12)
        choices.append(tuple(pitches))

    def effort(pitches: tuple[int, ...]) -> float:
        mean = sum(pitches) / len(pitches)
        moved = sum(min(abs(p - q) for q in before) for p in pitches) if before else 0
        return abs(mean - centre) + 0.7 * moved

    return min(choices, key=effort)
