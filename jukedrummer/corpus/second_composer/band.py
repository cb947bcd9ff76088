"""The band: the lines of each instrument to notes, over the chords and with the drummer."""

from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.score import InstrumentPart, Note, read_line, velocity
from jukedrummer.corpus.second_composer.bass import bass_pitch, walk
from jukedrummer.corpus.second_composer.drummer import SessionDrummer
from jukedrummer.corpus.second_composer.harmony import (
    PALETTES,
    SCALE_STEPS,
    Voicing,
    lead_voices,
    nearest,
)
from jukedrummer.corpus.second_composer.melody import Melodist
from jukedrummer.corpus.second_composer.plan import SongBar, SongPlan
from jukedrummer.corpus.second_composer.style import Player
from jukedrummer.corpus.second_composer.synth.voices import PROGRAMS

NOTE_GAINS = {"s": 0.78, "m": 0.9, "l": 1.0, "b": 0.95, "n": 0.8}
"""Strength of the notes in bars of each level."""
STRUM = 0.009
"""Seconds between the strings of a guitar."""
STRUMMED = ("chop_guitar", "steel_guitar", "nylon", "crunch_guitar")
SHORTEST_NOTE = 0.05
"""Seconds."""


@dataclass(frozen=True)
class Cue:
    """A sign of an instrument's line: step, sign, length in steps, and its strength (0 to 1)."""

    step: float
    sign: str
    length: float
    strength: float


def play_parts(plan: SongPlan, drummer: SessionDrummer) -> list[InstrumentPart]:
    """The parts of all instruments that play.

    Args:
        plan: the song.
        drummer: its drummer, whose strokes some lines follow.
    """
    parts = []
    for number, (player, voice) in enumerate(plan.band):
        musician = Musician(plan, drummer, player, voice, number)
        notes = tuple(musician.notes())
        stem = {"bass": "bass", "walk": "bass", "lead": "lead"}.get(player.role, "harmony")
        if notes:
            gain = 10 ** (player.gain / 20)
            parts.append(InstrumentPart(stem, voice, PROGRAMS[voice], gain, notes))
    return parts


class Musician:
    """Plays one instrument of a song.

    Args:
        plan: the song.
        drummer: its drummer.
        player: the instrument's lines.
        voice: its sound.
        number: its number in the band.
    """

    def __init__(
        self, plan: SongPlan, drummer: SessionDrummer, player: Player, voice: str, number: int
    ) -> None:
        self.plan, self.drummer, self.player, self.voice = plan, drummer, player, voice
        self.random = plan.random(f"musician {number}")
        self.number = number
        self.scale = PALETTES[plan.style.palette].scale
        self.melodist = Melodist(plan, self.scale, player.pitch)
        self.voicing: tuple[int, ...] = ()
        self.turn = 0

    def notes(self) -> list[Note]:
        """All notes of the song."""
        notes: list[Note] = []
        if self.plan.opening == "bass" and self.player.role in ("bass", "walk"):
            notes += self._pickup()
        for bar in self.plan.bars:
            if self._plays(bar):
                notes += self._bar(bar)
        return notes + self._ending()

    def _plays(self, bar: SongBar) -> bool:
        form = bar.form
        if self.player.role == "lead":
            wanted = form.kind == "solo" or form.level in self.player.levels
            return form.band and wanted and form.level != "b"
        return form.band and (form.level in self.player.levels or bar.stop)

    def _bar(self, bar: SongBar) -> list[Note]:
        role = self.player.role
        if bar.stop and role != "pad":
            return self._line(bar, [Cue(step, "9", 1, 1.0) for step in self.plan.stop_steps])
        if role == "lead":
            return self.melodist.notes(bar)
        if role == "walk":
            return self._walk(bar)
        if role == "pad":
            return self._pad(bar)
        if bar.form.level == "b":
            return self._line(bar, self._pulse(bar))
        return self._line(bar, self._cues(bar))

    def _pulse(self, bar: SongBar) -> list[Cue]:
        """Notes of a build: eighths that grow, on the root or the chord."""
        steps, total = self.plan.style.steps, self.plan.style.bar_steps
        every = steps // 2 if steps % 2 == 0 else steps
        cues = []
        for step in range(0, total, every):
            done = (bar.form.place + step / total) / bar.form.length
            sign = "1" if self.player.role in ("bass", "riff") else "7"
            cues.append(Cue(step, sign, 0.8 * every, 0.6 + 0.35 * done))
        return cues

    def _cues(self, bar: SongBar) -> list[Cue]:
        """The signs of the line of a bar."""
        player, level = self.player, bar.form.level
        lines = player.loud if level == "l" and player.loud else player.lines
        chosen = self.plan.random(f"line {self.number} {bar.form.kind}").integers(len(lines))
        line = lines[chosen].replace(" ", "")
        if line.startswith("="):
            return self._following(bar, line[1:])
        gain = NOTE_GAINS[level]
        events = read_line(line, bar.form.place, self.plan.style.bar_steps)
        return [
            Cue(
                event.step,
                event.sign,
                event.length,
                gain * (int(event.sign) / 9 if self._has_strengths(event.sign) else 0.85),
            )
            for event in events
        ]

    def _has_strengths(self, sign: str) -> bool:
        return sign.isdigit() and self.player.role in ("chords", "power", "arp")

    def _following(self, bar: SongBar, piece: str) -> list[Cue]:
        """Signs at the drummer's strokes of a piece, each until the next one, at most a beat."""
        strokes = [beat for beat in self.drummer.of_bar(bar.index, (piece,)) if beat.strength > 4.5]
        steps = [beat.step for beat in strokes] + [float(self.plan.style.bar_steps)]
        sign = "1" if self.player.role in ("bass", "riff") else "8"
        return [
            Cue(
                beat.step,
                sign,
                min(after - beat.step, self.plan.style.steps),
                NOTE_GAINS[bar.form.level] * min(1.0, beat.strength / 9),
            )
            for beat, after in zip(strokes, steps[1:], strict=True)
        ]

    def _line(self, bar: SongBar, cues: list[Cue]) -> list[Note]:
        notes: list[Note] = []
        total = self.plan.style.bar_steps
        for cue in cues:
            chord = bar.chord(cue.step / total)
            pitches = self._pitches(cue.sign, chord, bar)
            muted = cue.sign in "mx"
            length = 0.5 if muted else cue.length
            notes += self._sounding(bar.index, cue.step, length, pitches, cue.strength, muted)
        return notes

    def _pitches(self, sign: str, chord: Voicing, bar: SongBar) -> tuple[int, ...]:
        role, centre = self.player.role, self.player.pitch
        if role in ("bass", "walk"):
            return (bass_pitch(sign, chord, bar.following, centre),)
        if role == "power":
            root = nearest(chord.root, centre)
            return (root, root + 7) if sign == "m" else (root, root + 7, root + 12)
        if role == "riff":
            return (self._degree(sign, chord),)
        self.voicing = lead_voices(chord, centre, self.voicing)
        if role == "arp":
            up = (*self.voicing, self.voicing[0] + 12)
            order = up + up[-2:0:-1]
            self.turn += 1
            return (order[(self.turn - 1) % len(order)],)
        return self.voicing

    def _degree(self, sign: str, chord: Voicing) -> int:
        """The pitch of a degree of the scale, counted from the chord's root."""
        root = nearest(chord.root, self.player.pitch)
        scale = [p for p in range(root - 12, root + 25) if self._in_scale(p) or p == root]
        return scale[scale.index(root) + int(sign) - 1 if sign.isdigit() else scale.index(root)]

    def _in_scale(self, pitch: int) -> bool:
        return (pitch - self.plan.key) % 12 in SCALE_STEPS[self.scale]

    def _sounding(
        self,
        bar: int,
        step: float,
        length: float,
        pitches: tuple[int, ...],
        strength: float,
        muted: bool = False,
    ) -> list[Note]:
        """Notes of one chord, with the looseness of hands."""
        loose = self.plan.style.loose / 1000
        late = float(np.clip(self.random.normal(0, loose), -2 * loose, 2 * loose))
        start = max(0.0, self.plan.time(bar, step) + late)
        end = self.plan.time(bar, step + length)
        spread = STRUM if self.voice in STRUMMED and len(pitches) > 1 else 0.0
        strength *= 0.6 if muted else 1.0
        lasting = max(SHORTEST_NOTE, 0.94 * (end - start))
        loud = velocity(112 * strength * (1 + self.random.normal(0, 0.04)))
        return [
            Note(start + k * spread, lasting, pitch, loud)
            for k, pitch in enumerate(sorted(pitches))
        ]

    def _walk(self, bar: SongBar) -> list[Note]:
        style = self.plan.style
        pitches = walk(self.random, bar, style.meter, self.player.pitch)
        notes: list[Note] = []
        for beat, pitch in enumerate(pitches):
            strength = NOTE_GAINS[bar.form.level] * (0.9 if beat else 1.0)
            step = beat * style.steps
            notes += self._sounding(bar.index, step, style.steps, (pitch,), strength)
            if self.random.random() < 0.12 and style.steps == 3:
                notes += self._sounding(bar.index, step + 2, 1, (pitch,), 0.6 * strength)
        return notes

    def _pad(self, bar: SongBar) -> list[Note]:
        total, notes = self.plan.style.bar_steps, []
        each = total / len(bar.chords)
        for k, chord in enumerate(bar.chords):
            self.voicing = lead_voices(chord, self.player.pitch, self.voicing)
            strength = 0.8 * NOTE_GAINS[bar.form.level]
            notes += self._sounding(bar.index, k * each, each, self.voicing, strength)
        return notes

    def _pickup(self) -> list[Note]:
        """Beats before the first bar that lead to its root."""
        style, beats = self.plan.style, self.plan.pickup
        root = nearest(self.plan.bars[0].chords[0].root, self.player.pitch)
        notes: list[Note] = []
        for k in range(beats):
            step = style.bar_steps - (beats - k) * style.steps
            notes += self._sounding(-1, step, style.steps, (root - (beats - k),), 0.8)
        return notes

    def _ending(self) -> list[Note]:
        """The last chord, at the downbeat after the last bar."""
        last = self.plan.bars[-1]
        if not self._plays(last) or self.player.role == "lead":
            return []
        chord = last.following
        pitches = self._pitches("9" if self.player.role == "power" else "1", chord, last)
        return self._sounding(len(self.plan.bars), 0, self.plan.style.steps, pitches, 0.9)
