"""The band without the drums. Its notes depend on the drums, so that a model can learn the drums.

The bass plays with the kick. The chords have the subdivision of the hats and change on downbeats.
The band doubles or leads to the fills. Sections open with an accent, and the melody's phrases
follow the form.
"""

from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.demo.drums import LEVEL, kick_lines
from jukedrummer.corpus.demo.harmony import PROGRESSIONS, SCALE_TONES, Chord
from jukedrummer.corpus.demo.plan import Bar, Plan
from jukedrummer.corpus.demo.styles import LEAD_RHYTHMS, STRENGTH
from jukedrummer.corpus.score import InstrumentPart, Note, read_line, velocity

BASS_LOW, CHORD_LOW, PAD_LOW, LEAD_LOW = 28, 53, 55, 67
DEGREES = {"R": 0, "5": 7, "6": 9, "8": 12}
"""Semitones above the root. The third, "3", is the chord's."""


def play_band(plan: Plan) -> list[InstrumentPart]:
    """Every part of the band."""
    random = plan.random("instruments")
    style = plan.style
    bass, chords, pad, lead = (
        int(random.choice(programs))
        for programs in (style.bass, style.chords, style.pads, style.leads)
    )
    return [
        InstrumentPart("bass", "bass", bass, 1.0, tuple(Bass(plan).play())),
        InstrumentPart("other", "chords", chords, 1.0, tuple(Chords(plan).play())),
        InstrumentPart("other", "pad", pad, 0.45, tuple(Pad(plan).play())),
        InstrumentPart("vocals", "melody", lead, 1.0, tuple(Lead(plan).play())),
    ]


class Player:
    """One member of the band, with its own timing and dynamics."""

    name = ""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.style = plan.style
        self.random = plan.random(self.name)
        self.lean = self.random.uniform(-0.4, 0.8) * plan.style.loose / 1000

    def note(self, bar: int, step: float, length: float, pitch: int, strength: float) -> Note:
        """A note at a step of a bar, for `length` steps, with the player's jitter."""
        late = float(np.clip(self.random.normal(self.lean, self.style.loose / 1000), -0.015, 0.015))
        start = self.plan.timeline.seconds(bar, step)
        end = self.plan.timeline.seconds(bar, step + length)
        strength = velocity(strength + self.random.normal(0, 4))
        return Note(max(0.0, start + late), max(0.05, end - start - 0.02), pitch, strength)

    def hits_of(self, fill: str) -> list[int]:
        """The steps of a fill that the band doubles: eighths, or all steps of a triplet grid."""
        every = 2 if self.style.grid == "16th" else 1
        return [k for k, sign in enumerate(fill) if sign not in ".-g" and k % every == 0]

    @property
    def pickup_steps(self) -> range:
        """The steps of the pick-up, in the bar before the first."""
        spb = self.style.steps_per_beat
        return range(
            (self.style.meter - self.plan.pickup) * spb, self.style.steps, 2 if spb == 4 else 1
        )


class Bass(Player):
    """The bass plays with the kick, and the root on the downbeat."""

    name = "bass"

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.line = str(self.random.choice(plan.feel.bass))
        self.kicks = kick_lines(plan)
        # With the kick: the same degree at the same step through the song.
        self.degrees = ["R", *self.random.choice(list("RRR58"), self.style.steps - 1)]

    def play(self) -> list[Note]:
        """All notes, by time."""
        notes = []
        if self.plan.pickup:
            root = self.plan.bars[0].chord.bass(BASS_LOW)
            last = self.pickup_steps[-1]
            notes += [
                self.note(-1, k, 2, root - 1 if k == last else root, 92) for k in self.pickup_steps
            ]
        for bar in self.plan.bars:
            notes += self._bar(bar)
        final = self.plan.last_chord.bass(BASS_LOW)
        notes.append(self.note(len(self.plan.bars), 0, 2 * self.style.steps_per_beat, final, 116))
        return notes

    def _bar(self, bar: Bar) -> list[Note]:
        steps = self.style.steps
        if bar.kind == "break":
            events = [(0, "R", steps)]
        elif self.line == "kick":
            events = self._with_kick(bar)
        else:
            events = [(e.step, e.sign, e.length) for e in read_line(self.line, bar.index, steps)]
        cut = min(bar.fill_step, steps)
        notes = [
            self._played(bar, step, min(length, cut - step), sign)
            for step, sign, length in events
            if step < cut
        ]
        hits = self.hits_of(bar.fill)
        for place, step in enumerate(hits):
            end = hits[place + 1] if place + 1 < len(hits) else steps
            notes.append(self._played(bar, step, end - step, "a" if step == hits[-1] else "R"))
        return notes

    def _with_kick(self, bar: Bar) -> list[tuple[int, str, int]]:
        line = self.kicks[bar.kind in ("chorus", "bridge")]
        hits = [event.step for event in read_line(line, bar.index, self.style.steps)]
        ends = [*hits[1:], self.style.steps]
        longest = self.style.steps_per_beat * 3 // 2
        return [
            (k, self.degrees[k], min(end - k, longest)) for k, end in zip(hits, ends, strict=True)
        ]

    def _played(self, bar: Bar, step: int, length: int, sign: str) -> Note:
        root = bar.chord.bass(BASS_LOW)
        if sign == "a":
            pitch = bar.next_chord.bass(BASS_LOW) + (
                1 if bar.next_chord.bass(BASS_LOW) < root else -1
            )
        else:
            pitch = root + (bar.chord.intervals[1] if sign == "3" else DEGREES[sign])
        accent = 1.12 if step == 0 else 1.0 if step % self.style.steps_per_beat == 0 else 0.9
        return self.note(bar.index, step, length, pitch, 98 * accent * LEVEL[bar.kind])


class Chords(Player):
    """The chords have the subdivision of the hats, and an accent on the downbeat."""

    name = "chords"

    def play(self) -> list[Note]:
        """All notes, by time."""
        notes = []
        for step in self.pickup_steps if self.plan.pickup else ():
            notes += self._chord(self.plan.bars[0].chord, -1, step, 1, 84)
        for bar in self.plan.bars:
            notes += self._bar(bar)
        length = 2 * self.style.steps_per_beat
        return notes + self._chord(self.plan.last_chord, len(self.plan.bars), 0, length, 114)

    def _bar(self, bar: Bar) -> list[Note]:
        feel = self.plan.feel
        line = feel.chords_chorus if bar.kind == "chorus" else feel.chords
        notes = []
        for event in read_line(line, bar.index, self.style.steps):
            if event.step >= bar.fill_step:
                continue
            accent = 1.2 if event.step == 0 else 1.0
            if event.sign in STRENGTH:
                strength = STRENGTH[event.sign] * 0.9 * accent * LEVEL[bar.kind]
                notes += self._chord(bar.chord, bar.index, event.step, event.length, strength)
            else:
                pitches = bar.chord.voicing(CHORD_LOW)
                pitch = pitches[(int(event.sign) - 1) % len(pitches)]
                strength = 88 * accent * LEVEL[bar.kind]
                notes.append(self.note(bar.index, event.step, event.length, pitch, strength))
        for step in self.hits_of(bar.fill):
            strength = 80 + 36 * step / self.style.steps
            notes += self._chord(bar.chord, bar.index, step, 1, strength)
        return notes

    def _chord(self, chord: Chord, bar: int, step: int, length: int, strength: float) -> list[Note]:
        return [self.note(bar, step, length, pitch, strength) for pitch in chord.voicing(CHORD_LOW)]


class Pad(Player):
    """The pad holds the chords in full sections, and so marks their changes."""

    name = "pad"

    def play(self) -> list[Note]:
        """All notes, by time."""
        return [
            self.note(bar.index, 0, self.style.steps, pitch, 84 if bar.kind == "chorus" else 68)
            for bar in self.plan.bars
            if bar.kind in ("chorus", "bridge", "break")
            for pitch in bar.chord.voicing(PAD_LOW)
        ]


@dataclass(frozen=True)
class Melody:
    """A section's melody.

    Attributes:
        rhythms: the rhythm of each bar of a phrase, as a text grid.
        moves: steps of the scale from note to note, by bar and step of the grid.
    """

    rhythms: tuple[str, str, str, str]
    moves: np.ndarray


class Lead(Player):
    """The melody: a four-bar phrase for each section, the same whenever the section returns."""

    name = "lead"

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        scale = SCALE_TONES[PROGRESSIONS[plan.style.family].scale]
        pitches = range(LEAD_LOW - 7, LEAD_LOW + 20)
        self.scale = [pitch for pitch in pitches if (pitch - plan.key) % 12 in scale]
        self.melodies = {kind: self._melody(kind) for kind in ("verse", "chorus", "bridge")}

    def play(self) -> list[Note]:
        """All notes, by time."""
        notes = []
        if self.plan.pickup:
            start = self._nearest(self.plan.bars[0].chord.voicing(LEAD_LOW)[0])
            for back, step in enumerate(reversed(self.pickup_steps), start=1):
                notes.append(self.note(-1, step, 2, self.scale[max(0, start - back)], 92))
        for bar in self.plan.bars:
            notes += self._bar(bar)
        final = self.plan.last_chord.voicing(LEAD_LOW)[0]
        return [
            *notes,
            self.note(len(self.plan.bars), 0, 2 * self.style.steps_per_beat, final, 110),
        ]

    def _melody(self, kind: str) -> Melody:
        random = self.plan.random(f"melody {kind}")
        first, second, end = random.choice(LEAD_RHYTHMS[self.style.meter, self.style.grid], 3)
        moves = random.choice((-2, -1, -1, 0, 1, 1, 2), (4, self.style.steps))
        moves[2] = moves[0]
        return Melody((str(first), str(second), str(first), str(end)), moves)

    def _bar(self, bar: Bar) -> list[Note]:
        if bar.kind not in self.melodies:
            return []
        melody = self.melodies[bar.kind]
        low = LEAD_LOW + 4 if bar.kind == "chorus" else LEAD_LOW
        position = self._nearest(bar.chord.voicing(low)[bar.place % 3])
        notes = []
        for event in read_line(melody.rhythms[bar.place], 0, self.style.steps):
            if event.step >= bar.fill_step:
                continue
            position = int(
                np.clip(position + melody.moves[bar.place, event.step], 0, len(self.scale) - 1)
            )
            pitch = self.scale[position]
            if event.step % self.style.steps_per_beat == 0:
                pitch = self._chord_tone(bar.chord, pitch)
            accent = 1.1 if event.step == 0 else 1.0
            length = min(event.length, bar.fill_step - event.step)
            notes.append(
                self.note(bar.index, event.step, length, pitch, 96 * accent * LEVEL[bar.kind])
            )
        return notes + self._run(bar)

    def _run(self, bar: Bar) -> list[Note]:
        """In a fill the melody climbs to the next bar's first note."""
        goal = self._nearest(bar.next_chord.voicing(LEAD_LOW)[0])
        hits = self.hits_of(bar.fill)[-4:]
        return [
            self.note(
                bar.index, step, 1, self.scale[max(0, goal - len(hits) + place)], 84 + 6 * place
            )
            for place, step in enumerate(hits)
        ]

    def _nearest(self, pitch: int) -> int:
        return int(np.argmin([abs(other - pitch) for other in self.scale]))

    @staticmethod
    def _chord_tone(chord: Chord, pitch: int) -> int:
        tones = [(chord.root + interval) % 12 for interval in chord.intervals]
        return min(
            range(pitch - 6, pitch + 7), key=lambda p: (p % 12 not in tones, abs(p - pitch), p)
        )
