"""Chords and progressions. Progressions are written in C and transposed to the song's key."""

import re
from dataclasses import dataclass

NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
QUALITIES = {
    "": (0, 4, 7, 12),
    "m": (0, 3, 7, 12),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "6": (0, 4, 7, 9),
    "9": (0, 4, 10, 14),
    "m9": (0, 3, 10, 14),
    "m7b5": (0, 3, 6, 10),
    "sus": (0, 5, 7, 12),
}
SCALE_TONES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}


@dataclass(frozen=True)
class Family:
    """Progressions that suit a style, four bars each.

    Every bar has one chord: a change of chord marks the start of a bar.

    Attributes:
        scale: a key of `SCALE_TONES`.
        training: progressions of the training and validation songs.
        reserved: progressions of the test songs only.
    """

    scale: str
    training: tuple[str, ...]
    reserved: tuple[str, ...]


PROGRESSIONS = {
    "pop": Family(
        scale="major",
        training=(
            "C G Am F",
            "Am F C G",
            "C Am F G",
            "C F Am G",
            "F G C Am",
            "C C F G",
            "Am G F G",
            "C Em F G",
            "F C G Am",
        ),
        reserved=("C Bb F C", "Am Em F Dm", "C Dm F G", "F Am G C"),
    ),
    "minor": Family(
        scale="minor",
        training=(
            "Cm Ab Eb Bb",
            "Cm Bb Ab Bb",
            "Cm7 Fm7 Cm7 Gm7",
            "Cm Fm Ab Bb",
            "Cm Eb Bb Fm",
            "Ab Bb Cm Cm",
            "Cm7 AbM7 Fm7 Gm7",
            "Cm Gm Ab Bb",
        ),
        reserved=("Fm7 Bb Eb Cm", "Cm Ab Fm G", "Cm Bb Fm Ab", "AbM7 Gm7 Fm7 Cm7"),
    ),
    "vamp": Family(
        scale="blues",
        training=(
            "C9 C9 F9 C9",
            "C7 C7 C7 F7",
            "Cm7 Cm7 F9 F9",
            "Cm7 F7 Cm7 F7",
            "C9 F9 C9 G9",
            "Cm9 Cm9 Cm9 F9",
        ),
        reserved=("C9 Bb9 C9 F9", "Cm7 Eb7 F7 Cm7", "C7 C7 Ab7 G7"),
    ),
    "blues": Family(
        scale="blues",
        training=(
            "C7 F7 C7 G7",
            "C7 C7 F7 C7",
            "C7 F7 C7 C7",
            "F7 F7 C7 C7",
            "G7 F7 C7 G7",
            "C7 A7 D7 G7",
        ),
        reserved=("C7 Eb7 F7 C7", "C7 F7 G7 C7", "C7 C7 D7 G7"),
    ),
    "jazz": Family(
        scale="major",
        training=(
            "CM7 Am7 Dm7 G7",
            "Dm7 G7 CM7 CM7",
            "CM7 D7 Dm7 G7",
            "Em7 A7 Dm7 G7",
            "CM7 C6 Dm7 G7",
            "FM7 Em7 Dm7 CM7",
        ),
        reserved=("CM7 FM7 Em7 Am7", "Dm7 Em7 FM7 G7", "CM7 BbM7 CM7 G7"),
    ),
    "waltz": Family(
        scale="major",
        training=(
            "C F G C",
            "C Am Dm G",
            "C G Am F",
            "F C G7 C",
            "C Em F G",
            "Am Dm G C",
            "C C G7 G7",
        ),
        reserved=("Am Em F C", "F G Em Am", "C F Dm G"),
    ),
}


@dataclass(frozen=True)
class Chord:
    """A chord: the pitch class of its root (0 = C) and its notes in semitones above the root."""

    root: int
    intervals: tuple[int, ...]

    def voicing(self, low: int) -> list[int]:
        """Its notes as MIDI pitches, each in the octave from `low`, ascending."""
        return sorted({low + (self.root + interval - low) % 12 for interval in self.intervals})

    def bass(self, low: int) -> int:
        """The root as a MIDI pitch in the octave from `low`."""
        return low + (self.root - low) % 12


def parse_chord(text: str, key: int) -> Chord:
    """A chord written in C, such as `Am7` or `Bb`, transposed up by `key` semitones.

    Raises:
        ValueError: the text is not a chord.
    """
    match = re.fullmatch(r"([A-G])(b|#)?(.*)", text)
    if match is None or match[3] not in QUALITIES:
        raise ValueError(f"{text!r} is not a chord")
    accidental = {"b": -1, "#": 1, None: 0}[match[2]]
    return Chord((NATURAL[match[1]] + accidental + key) % 12, QUALITIES[match[3]])


def parse_progression(text: str, key: int) -> tuple[Chord, ...]:
    """The chords of a progression, one a bar; see `parse_chord`."""
    return tuple(parse_chord(chord, key) for chord in text.split())
