"""The melody: motifs of a bar that return and vary, over the chords."""

import numpy as np

from jukedrummer.corpus.score import Note, velocity
from jukedrummer.corpus.second_composer.harmony import SCALE_STEPS, Voicing
from jukedrummer.corpus.second_composer.plan import SongBar, SongPlan

PHRASE = "AABC", "ABAC", "AABA", "ABBC"
"""Motifs of the bars of a phrase. C ends with a rest."""
MELODY_REACH = 9
"""Semitones that the melody leaves its centre by at most."""
MOVES = (0.05, 0.13, 0.25, 0.12, 0.25, 0.14, 0.06)
"""Probability of each move of the melody, from three degrees down to three up."""
Motif = list[tuple[int, int, int]]
"""Step, length in steps, and degrees of the scale up or down of each note."""


class Melodist:
    """Writes the melody of a song.

    Args:
        plan: the song.
        scale: key of `SCALE_STEPS`.
        centre: middle of the register.
    """

    def __init__(self, plan: SongPlan, scale: str, centre: int) -> None:
        self.plan = plan
        self.random = plan.random("melody")
        self.pitches = [
            pitch
            for pitch in range(centre - MELODY_REACH, centre + MELODY_REACH + 1)
            if (pitch - plan.key) % 12 in SCALE_STEPS[scale]
        ]
        self.motifs = {name: self._motif(name) for name in "ABC"}
        self.phrase = PHRASE[self.random.integers(len(PHRASE))]
        self.place = len(self.pitches) // 2

    def notes(self, bar: SongBar) -> list[Note]:
        """The notes of a bar."""
        motif = self.motifs[self.phrase[bar.form.place % 4]]
        steps = self.plan.style.bar_steps
        notes = []
        for step, length, move in motif:
            self.place = int(np.clip(self.place + move, 1, len(self.pitches) - 2))
            if step % self.plan.style.steps == 0 and length > 1:
                self.place = self._chord_place(bar.chord(step / steps))
            start = self.plan.time(bar.index, step)
            end = self.plan.time(bar.index, step + length)
            strength = 78 + 10 * (step % self.plan.style.steps == 0) + self.random.normal(0, 5)
            note = Note(start, 0.93 * (end - start), self.pitches[self.place], velocity(strength))
            notes.append(note)
        return notes

    def _chord_place(self, chord: Voicing) -> int:
        """The place of the chord tone that is nearest to where the melody is."""
        places = [k for k, pitch in enumerate(self.pitches) if pitch % 12 in chord.classes]
        return min(places or [self.place], key=lambda place: (abs(place - self.place), place))

    def _motif(self, name: str) -> Motif:
        style, random = self.plan.style, self.random
        half = style.steps // 2 if style.steps % 2 == 0 else 1
        grid = np.arange(0, style.bar_steps, half)
        on_beat = grid % style.steps == 0
        chance = np.where(on_beat, 0.75 - 0.45 * style.offbeat, 0.15 + 0.55 * style.offbeat)
        onsets = grid[random.random(len(grid)) < chance * min(1.0, 110 / self.plan.bpm + 0.3)]
        if name == "C":
            onsets = onsets[onsets < style.bar_steps // 2]
        if not len(onsets):
            onsets = grid[:1]
        ends = np.append(onsets[1:], style.bar_steps)
        longest = style.steps * int(random.integers(1, 4))
        moves = random.choice((-3, -2, -1, 0, 1, 2, 3), len(onsets), p=MOVES)
        return [
            (int(step), int(min(end - step, longest)), int(move))
            for step, end, move in zip(onsets, ends, moves, strict=True)
        ]
