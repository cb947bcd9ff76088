"""The drums: a groove, fills at the end of phrases, crashes at the start of sections."""

import numpy as np

from jukedrummer.corpus.demo.plan import Bar, Plan
from jukedrummer.corpus.demo.styles import STRENGTH
from jukedrummer.corpus.score import KIT_PITCHES, Event, Hit, read_line, velocity

FILL_SIGNS = {
    "s": (("snare", 92),),
    "S": (("snare", 118),),
    "g": (("snare", 48),),
    "h": (("tom_high", 104),),
    "m": (("tom_mid", 104),),
    "l": (("tom_low", 110),),
    "k": (("kick", 104),),
    "b": (("kick", 110), ("tom_low", 112)),
    "-": (),
}
LEVEL = {"intro": 0.88, "verse": 0.94, "chorus": 1.0, "bridge": 0.94, "break": 0.8}
"""Dynamics of each section."""
TIME_PIECES = ("hat", "ride", "open", "pedal")


class DrumPlayer:
    """Makes the drums of a plan. Kick, snare and turn are chosen once for the whole song."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = plan.random("drums")
        feel = plan.feel
        self.snare = str(self.random.choice(feel.snare))
        self.kicks = kick_lines(plan)
        self.turn = self.random.random() < 0.4
        self.intro = str(self.random.choice(("full", "time", "time")))
        self.lean = self.random.normal(0, 0.3) * plan.style.loose / 1000

    def play(self) -> list[Hit]:
        """All hits, by time."""
        hits = self._pickup()
        for bar in self.plan.bars:
            hits += self._bar(bar)
        end = len(self.plan.bars)
        hits += [self._hit(end, 0, "kick", 116, 0.0), self._hit(end, 0, "crash", 116, 0.0)]
        return sorted(hits, key=lambda hit: (hit.start, KIT_PITCHES[hit.piece]))

    def _bar(self, bar: Bar) -> list[Hit]:
        lines = self._with_turn(bar, self._lines(bar))
        shared = self.random.normal(0, self.plan.style.loose / 1000, self.plan.style.steps)
        hits = []
        for piece, line in lines.items():
            events = list(read_line(line, bar.index, self.plan.style.steps))
            if piece == "kick":
                events += self._extra_kick(bar)
            for event in events:
                if event.step < bar.fill_step:
                    strength = STRENGTH[event.sign] * LEVEL[bar.kind]
                    hits.append(
                        self._hit(bar.index, event.step, piece, strength, shared[event.step])
                    )
        hits += self._fill(bar, shared)
        if bar.opens and bar.index and bar.kind != "break":
            hits = [hit for hit in hits if not self._is_time_at(hit, bar)]
            hits.append(self._hit(bar.index, 0, "crash", 112, shared[0]))
        return hits

    def _lines(self, bar: Bar) -> dict[str, str]:
        """The grid of each piece in a bar."""
        feel = self.plan.feel
        kick = self.kicks[bar.kind in ("chorus", "bridge")]
        if bar.kind == "break" or (bar.kind == "intro" and self.intro == "time"):
            first = "X" + "." * (self.plan.style.steps - 1)
            return {"kick": first, **feel.verse}
        time = feel.chorus if bar.kind == "chorus" else feel.verse
        backbeat = (
            "snare"
            if bar.kind == "chorus" and feel.backbeat == "rim" and self.turn
            else feel.backbeat
        )
        return {"kick": kick, backbeat: self.snare, **time}

    def _with_turn(self, bar: Bar, lines: dict[str, str]) -> dict[str, str]:
        """Every second bar of some songs ends on an open hat instead of a closed one."""
        steps = self.plan.style.steps
        if not self.turn or not bar.place % 2 or "hat" not in lines or "open" in lines:
            return lines
        start = bar.index * steps % len(lines["hat"])
        hat = lines["hat"][start : start + steps]
        last = len(hat.rstrip(".")) - 1
        closed = hat[:last] + "." * (steps - last)
        return {**lines, "hat": closed, "open": ("." * last + "x").ljust(steps, ".")}

    def _extra_kick(self, bar: Bar) -> list[Event]:
        """Sometimes a soft kick leads to the next bar."""
        if bar.kind == "break" or self.random.random() >= 0.08:
            return []
        return [Event(self.plan.style.steps - 2 + (self.plan.style.grid == "triplet"), "o", 1)]

    def _fill(self, bar: Bar, shared: np.ndarray) -> list[Hit]:
        hits = []
        span = max(1, len(bar.fill) - min(bar.fill_step, len(bar.fill)))
        for step, sign in enumerate(bar.fill):
            if sign == ".":
                continue
            rise = 0.86 + 0.14 * (step - bar.fill_step) / span
            for piece, strength in FILL_SIGNS[sign]:
                hits.append(self._hit(bar.index, step, piece, strength * rise, shared[step]))
            if step % self.plan.style.steps_per_beat == 0 and sign not in "kb-":
                hits.append(self._hit(bar.index, step, "kick", 84, shared[step]))
        return hits

    def _pickup(self) -> list[Hit]:
        """Strokes of the pick-up, which lead to the first downbeat."""
        plan = self.plan
        if not plan.pickup:
            return []
        spb = plan.style.steps_per_beat
        halves = np.arange(0, plan.pickup * spb, 2 if spb == 4 else 1)
        start = (plan.style.meter - plan.pickup) * spb
        return [
            self._hit(-1, start + int(k), "snare", 70 + 40 * k / (plan.pickup * spb), 0.0)
            for k in halves
        ]

    def _is_time_at(self, hit: Hit, bar: Bar) -> bool:
        near = abs(hit.start - self.plan.timeline.seconds(bar.index, 0)) < 0.04
        return near and hit.piece in TIME_PIECES

    def _hit(self, bar: int, step: int, piece: str, strength: float, shared: float) -> Hit:
        own = self.random.normal(0, self.plan.style.loose / 3000)
        late = float(np.clip(shared + own + self.lean, -0.012, 0.012))
        start = max(0.0, self.plan.timeline.seconds(bar, step) + late)
        return Hit(start, piece, velocity(strength + self.random.normal(0, 3)))


def kick_lines(plan: Plan) -> tuple[str, str]:
    """The kick of verse and of chorus, chosen from the feel's; often the same."""
    random = plan.random("kick")
    verse = str(random.choice(plan.feel.kick))
    return verse, verse if random.random() < 0.6 else str(random.choice(plan.feel.kick))
