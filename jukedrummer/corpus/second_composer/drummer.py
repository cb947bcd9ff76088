"""The drums: a groove with its variations, fills, builds, stops, crashes."""

from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.score import KIT_PITCHES, Hit, read_line, velocity
from jukedrummer.corpus.second_composer.fills import FILLS
from jukedrummer.corpus.second_composer.plan import SongBar, SongPlan
from jukedrummer.corpus.second_composer.synth.designs import MACHINES

TIME_KEEPERS = ("hat", "ride", "open", "bell")
LEVELS = {"s": 0.82, "m": 0.93, "l": 1.0, "b": 1.0, "n": 0.95}
"""Strength of the strokes in bars of each level."""
GHOST, OPTION = 2.6, 6.0
SAME_STROKE = 0.012
"""Seconds. Strokes of one piece that are nearer than this are one."""


@dataclass(frozen=True)
class Beat:
    """A stroke on the grid: number of its bar, its step, its piece, its strength (1 to 9)."""

    bar: int
    step: float
    piece: str
    strength: float


class SessionDrummer:
    """Plays the drums of a song.

    Args:
        plan: the song.
    """

    def __init__(self, plan: SongPlan) -> None:
        self.plan = plan
        self.character, self.style = plan.character, plan.style
        fills = plan.random("fills")
        self.kinds = [str(kind) for kind in fills.permutation(self.style.fills)[:2]]
        self.strokes = self._strokes()

    def of_bar(self, bar: int, pieces: tuple[str, ...]) -> list[Beat]:
        """The strokes of some pieces in a bar, in order."""
        chosen = [beat for beat in self.strokes if beat.bar == bar and beat.piece in pieces]
        return sorted(chosen, key=lambda beat: beat.step)

    def play(self) -> list[Hit]:
        """The strokes with their times and velocities, in order."""
        random = self.plan.random("hands")
        machine = self.plan.kit in MACHINES
        loose = 0.4 if machine else self.style.loose
        lag = {"snare": self.character.lag, "clap": self.character.lag}
        lag |= dict.fromkeys(("hat", "ride", "shaker"), -self.character.push)
        hits: list[Hit] = []
        latest: dict[str, float] = {}
        for beat in sorted(self.strokes, key=lambda beat: (beat.bar, beat.step, beat.piece)):
            late = 0.0 if machine else lag.get(beat.piece, 0.0)
            late += np.clip(random.normal(0, loose), -2 * loose, 2 * loose)
            start = max(0.0, self.plan.time(beat.bar, beat.step) + late / 1000)
            strength = beat.strength * (1 + random.normal(0, 0.02 if machine else 0.05))
            if start - latest.get(beat.piece, -1.0) > SAME_STROKE:
                hits.append(Hit(start, beat.piece, velocity(14 * strength)))
                latest[beat.piece] = start
        return sorted(hits, key=lambda hit: (hit.start, KIT_PITCHES[hit.piece]))

    def _strokes(self) -> list[Beat]:
        random = self.plan.random("drums")
        strokes = self._opening(random)
        for bar in self.plan.bars:
            played = self._bar(bar, random)
            gain = LEVELS[bar.form.level]
            strokes += [Beat(bar.index, step, piece, gain * s) for step, piece, s in played]
        end = len(self.plan.bars)
        if random.random() < 0.85:
            strokes += [Beat(end, 0, "kick", 9), Beat(end, 0, "crash", 8.5)]
        else:
            strokes += [Beat(end, 0, "kick", 8), Beat(end, 0, "snare", 8)]
        return strokes

    def _opening(self, random: np.random.Generator) -> list[Beat]:
        """The beats before the first bar."""
        steps, beats = self.style.steps, self.plan.pickup
        start = self.style.bar_steps - beats * steps
        if self.plan.opening == "sticks":
            return [Beat(-1, start + k * steps, "rim", 6.5 + k / 2) for k in range(beats)]
        if self.plan.opening == "fill" and beats:
            return [
                Beat(-1, start + step, piece, s) for step, piece, s in self._fill(random, beats)
            ]
        return []

    def _bar(self, bar: SongBar, random: np.random.Generator) -> list[tuple[float, str, float]]:
        level = bar.form.level
        if bar.stop:
            return self._stop(random)
        if level == "b":
            return self._build(bar, random)
        strokes = [] if level == "n" else self._groove(bar)
        start = self.style.bar_steps - bar.fill * self.style.steps
        if bar.fill:
            strokes = [stroke for stroke in strokes if stroke[0] < start]
            fill = self._fill(random, bar.fill)
            strokes += [(start + step, piece, strength) for step, piece, strength in fill]
        if self._has_crash(bar, random) and level != "n":
            strokes = [s for s in strokes if s[0] > 0 or s[1] not in TIME_KEEPERS]
            strokes += [(0, "crash", 8.5), (0, "kick", 8.5)]
        return strokes

    def _groove(self, bar: SongBar) -> list[tuple[float, str, float]]:
        """The strokes of a bar's groove. A phrase of two bars returns with the same variation."""
        groove, level = self.plan.groove, bar.form.level
        lines = {"s": groove.soft, "m": groove.main, "l": groove.loud}[level]
        random = self.plan.random(f"groove {level} {bar.form.number} {bar.form.place % 2}")
        rides = self.character.rides and level == "l" and "ride" not in lines
        strokes: list[tuple[float, str, float]] = []
        for piece, line in lines.items():
            sounding = "ride" if rides and piece == "hat" else piece
            for event in read_line(line, bar.form.place, self.style.bar_steps):
                for late, strength in self._sign(event.sign, random):
                    strokes.append((event.step + late, sounding, strength))
        return _without_double_hats(strokes)

    def _sign(self, sign: str, random: np.random.Generator) -> list[tuple[float, float]]:
        """A sign of a line as delays, in steps, and strengths."""
        if sign == "r":
            return [(0, 5.5), (0.5, 6.5)]
        if sign == "t":
            return [(0, 5), (1 / 3, 5.8), (2 / 3, 6.8)]
        if sign in "og":
            strength, share = (
                (OPTION, self.character.options) if sign == "o" else (GHOST, self.character.ghosts)
            )
            return [(0, strength)] if random.random() < share else []
        if float(sign) < 4:  # ghost notes of the style, at least half of them
            share = 0.5 + self.character.ghosts / 2
            return [(0, float(sign))] if random.random() < share else []
        return [(0, float(sign))]

    def _fill(self, random: np.random.Generator, beats: int) -> list[tuple[float, str, float]]:
        kind = self.kinds[int(random.random() < 0.35) % len(self.kinds)]
        return FILLS[kind](random, self.style.steps, beats)

    def _has_crash(self, bar: SongBar, random: np.random.Generator) -> bool:
        if bar.form.place or bar.form.level == "s":
            return False
        return random.random() < self.character.crashes * (0.5 if bar.index == 0 else 1)

    def _stop(self, random: np.random.Generator) -> list[tuple[float, str, float]]:
        steps = self.style.steps
        strokes: list[tuple[float, str, float]] = []
        for number, step in enumerate(self.plan.stop_steps):
            strokes += [(step, "kick", 9), (step, "crash" if number == 0 else "snare", 8.5)]
        start = self.style.bar_steps - steps
        if self.plan.stop_steps[-1] < start and random.random() < 0.7:
            fill = FILLS[self.kinds[0]](random, steps, 1)
            strokes += [(start + step, piece, strength) for step, piece, strength in fill]
        return strokes

    def _build(self, bar: SongBar, random: np.random.Generator) -> list[tuple[float, str, float]]:
        """A bar of a build, which grows and becomes faster."""
        steps, meter = self.style.steps, self.style.meter
        piece = {"roll": "snare", "toms": "tom_low", "kick": "kick"}[self.character.build]
        strokes: list[tuple[float, str, float]] = []
        cut = bar.form.last and random.random() < self.character.cuts
        for beat in range(meter - cut):
            done = (bar.form.place + beat / meter) / bar.form.length
            every = 1 if done >= 0.5 and piece != "kick" else 2 if steps % 2 == 0 else 1
            strength = 4 + 5 * done
            for step in range(0, steps, every):
                accent = 1.0 if step == 0 else 0.8
                strokes.append((beat * steps + step, piece, accent * strength))
            if piece != "kick":
                strokes.append((beat * steps, "kick", 7))
            else:
                strokes.append((beat * steps, "open", strength * 0.8))
            if piece == "tom_low" and beat % 2:
                strokes.append((beat * steps, "tom_mid", strength))
        return strokes


def _without_double_hats(
    strokes: list[tuple[float, str, float]],
) -> list[tuple[float, str, float]]:
    """Closed hats that coincide with the open hi-hat are left out: it is one pair of cymbals."""
    opened = {step for step, piece, _ in strokes if piece == "open"}
    return [
        stroke for stroke in strokes if stroke[1] not in ("hat", "pedal") or stroke[0] not in opened
    ]
