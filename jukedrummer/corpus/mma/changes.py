"""What happens in some bars: fills, bars off the beat, breaks, the last note."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from jukedrummer.corpus.midi.groups import KICKS
from jukedrummer.corpus.midi.read import PitchedNote, Stroke
from jukedrummer.corpus.mma.band import Setting
from jukedrummer.corpus.mma.form import PICKUP, MmaRole
from jukedrummer.corpus.mma.parts import EARLY_BEATS, BandPart, without_overlap

SNARE, TOMS = 38, (50, 47, 45, 43, 41)
KICK, CRASH = 36, 49
KEPT_IN_FILLS = KICKS | {44}
"""Strokes that go on in a fill: the feet."""
QUICK, SLOW = 150, 72
"""Beats a minute. Fills have half as many strokes above, and may have twice as many below."""
STROKE_SHARE = 0.78
"""Share of the steps of a fill with a stroke."""
CRASH_SHARE = 0.7
MOST_WITHOUT_BAND = 0.16
"""Share of a song's bars that may have drums only."""
STOP = 0.2
"""Beats. What begins later in a stop is not played."""


def with_fills(setting: Setting, strokes: list[Stroke]) -> list[Stroke]:
    """The drums with our own fills. A song has two fills, which return."""
    for bar, planned in enumerate(setting.plan.bars):
        if planned.fill:
            random = setting.plan.random(f"fill {bar % 2}")
            strokes = _filled(setting, bar, strokes, random)
    return sorted(strokes, key=lambda stroke: (stroke.tick, stroke.pitch))


def _filled(
    setting: Setting, bar: int, strokes: list[Stroke], random: np.random.Generator
) -> list[Stroke]:
    beats = setting.bars.beats(bar)
    count = min(len(beats), int(random.choice((1, 2, 2, 4))))
    start, end = float(beats[-count]), setting.bars.span(bar)[1]
    steps = setting.steps
    if setting.plan.bpm > QUICK and steps == 4:
        steps = 2
    elif setting.plan.bpm < SLOW and random.random() < 0.4:
        steps *= 2
    ticks = np.arange(start, end, setting.bars.beat / steps)
    early = EARLY_BEATS * setting.bars.beat
    kept = [
        stroke
        for stroke in strokes
        if not start - early <= stroke.tick < end - early or stroke.pitch in KEPT_IN_FILLS
    ]
    hit = random.random(len(ticks)) < STROKE_SHARE
    hit[[0, -1]] = True
    drums = (SNARE, *TOMS)
    path = np.sort(random.integers(0, len(drums), len(ticks)))
    if random.random() < 0.3:
        path[:] = 0  # a roll on the snare
    kit = strokes[0].kit if strokes else 0
    for place, (tick, drum) in enumerate(zip(ticks.tolist(), path.tolist(), strict=True)):
        if hit[place]:
            strength = 74 + 38 * place / len(ticks) + random.normal(0, 6)
            late = random.normal(0, 0.01) * setting.bars.beat
            velocity = int(np.clip(strength, 40, 124))
            kept.append(Stroke(max(0, round(tick + late)), drums[drum], velocity, kit))
    if bar + 1 < len(setting.plan.bars) and random.random() < CRASH_SHARE:
        kept += [Stroke(end, KICK, 108, kit), Stroke(end, CRASH, 106, kit)]
    return kept


def off_the_beat(setting: Setting, parts: list[BandPart]) -> list[BandPart]:
    """The parts with no onset on a beat in the sections that are planned so.

    A note on a beat is moved to the second half of the beat.
    """
    beat, half = setting.bars.beat, setting.half

    def moved(note: PitchedNote) -> PitchedNote:
        bar = setting.bars.number(note.start)
        phase = (note.start / beat + EARLY_BEATS) % 1
        if not setting.plan.bars[bar].off_beat or phase > 2 * EARLY_BEATS:
            return note
        start = round(note.start + half * beat)
        return replace(note, start=start, end=max(note.end, start + round(beat / 4)))

    return [_changed(setting, part, moved) for part in parts]


def silenced(
    setting: Setting, parts: list[BandPart], strokes: list[Stroke]
) -> tuple[list[BandPart], list[Stroke]]:
    """Parts and drums without what is silent. Notes that ring into a silent bar end there."""
    silences = _silences(setting, parts)

    def audible(role: str, tick: int) -> bool:
        return role not in silences[setting.bars.number(tick)]

    def kept(part: BandPart) -> BandPart:
        quiet = [bar for bar, silent in enumerate(silences) if part.role in silent]
        edges = [setting.bars.span(bar)[0] for bar in quiet]
        notes = []
        for note in part.notes:
            if audible(part.role, note.start):
                stop = min((edge for edge in edges if edge > note.start), default=note.end)
                notes.append(replace(note, end=min(note.end, stop)))
        return replace(part, notes=tuple(notes))

    drums = [stroke for stroke in strokes if audible("drums", stroke.tick)]
    return [kept(part) for part in parts], drums


def _silences(setting: Setting, parts: list[BandPart]) -> list[frozenset[MmaRole]]:
    """Who is silent in each bar. Bars without the band are few: in others all of it plays."""
    playing: list[set[MmaRole]] = [set() for _ in setting.plan.bars]
    for part in parts:
        for note in part.notes:
            playing[setting.bars.number(note.start)].add(part.role)
    left = int(MOST_WITHOUT_BAND * len(setting.plan.bars))
    silences = []
    for bar, roles in zip(setting.plan.bars, playing, strict=True):
        silent = bar.form.silent
        if bar.form.section != PICKUP and roles and roles <= silent:
            left -= 1
            silent = silent if left >= 0 else silent & {"drums"}
        silences.append(silent)
    return silences


def stopped(
    setting: Setting, parts: list[BandPart], strokes: list[Stroke]
) -> tuple[list[BandPart], list[Stroke]]:
    """Parts and drums with one note in the last bar, if it is a stop."""
    last = len(setting.plan.bars) - 1
    if not setting.plan.bars[last].form.stop:
        return parts, strokes
    start, end = setting.bars.span(last)
    edge = start + STOP * setting.bars.beat

    def held(note: PitchedNote) -> PitchedNote | None:
        if note.start > edge:
            return None
        return replace(note, end=end) if setting.bars.number(note.start) == last else note

    kit = strokes[0].kit if strokes else 0
    drums = [stroke for stroke in strokes if stroke.tick <= edge]
    drums += [Stroke(start, KICK, 112, kit), Stroke(start, CRASH, 110, kit)]
    return [_changed(setting, part, held) for part in parts], drums


def _changed(
    setting: Setting, part: BandPart, change: Callable[[PitchedNote], PitchedNote | None]
) -> BandPart:
    notes = [note for note in map(change, part.notes) if note is not None]
    longest = 4 * setting.plan.style.meter.quarters * setting.bars.quarter
    return replace(part, notes=without_overlap(notes, longest))
