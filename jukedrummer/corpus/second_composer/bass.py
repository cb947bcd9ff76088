"""The pitches of bass lines."""

import numpy as np

from jukedrummer.corpus.second_composer.harmony import Voicing, nearest
from jukedrummer.corpus.second_composer.plan import SongBar


def bass_pitch(sign: str, chord: Voicing, following: Voicing, centre: int) -> int:
    """The pitch of a sign of a bass line.

    Args:
        sign: see `style`.
        chord: the chord.
        following: the chord of the next bar.
        centre: middle of the register.
    """
    root = nearest(chord.root, centre)
    if sign == "8":
        return root + 12
    if sign == "4":
        return root - 5
    if sign == "a":
        target = nearest(following.root, centre)
        return target - 1 if target >= root else target + 1
    if sign in "3567":
        return root + chord.tone(int(sign))
    return root


def walk(random: np.random.Generator, bar: SongBar, meter: int, centre: int) -> list[int]:
    """A walking bass: a pitch for each beat, from the root to a neighbour of the next root.

    Args:
        random: decides the notes.
        bar: the bar, with its chords.
        meter: beats a bar.
        centre: middle of the register.
    """
    pitches: list[int] = []
    for beat in range(meter):
        chord = bar.chord(beat / meter)
        root = nearest(chord.root, centre)
        if not beat or chord != bar.chord((beat - 1) / meter):
            pitches.append(root)
        elif beat == meter - 1:
            target = nearest(bar.following.root, centre)
            pitches.append(target + int(random.choice((-2, -1, 1))))
        else:
            tone = int(random.choice(chord.tones[1:]))
            pitches.append(root + tone if random.random() < 0.6 else root + tone - 12)
    return pitches
