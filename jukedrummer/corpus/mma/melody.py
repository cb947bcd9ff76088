"""A melody, and the notes before the first full bar."""

from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.mma.band import Setting, Tone
from jukedrummer.corpus.mma.chords import MAJOR_SCALE, MINOR_SCALE

LOWEST, HIGHEST = 55, 86
REST_SHARE = 0.18
"""Share of the sections without a melody."""
DENSITIES = 0.2, 0.65
"""Limits of the share of a bar's steps with a note."""
PULL = 5
"""Semitones from the melody's centre for each semitone that a move is nearer to it."""
ON_BEAT, OFF_BEAT = 1.3, 0.8
"""How much likelier a note is on a beat, and between beats."""


@dataclass(frozen=True)
class Motif:
    """A bar of the melody: the steps with notes, and the moves to each of them in thirds."""

    steps: np.ndarray
    moves: np.ndarray


def melody_tones(setting: Setting) -> list[Tone]:
    """A melody of motifs, which return with their section. Chord tones are on the beats."""
    random = setting.plan.random("melody")
    density = float(random.uniform(*DENSITIES))
    steps = setting.steps if setting.steps == 3 else int(random.choice((2, 2, 4)))
    centre = int(random.integers(62, 75))
    resting = {letter: random.random() < REST_SHARE for letter in "BC"}
    length = float(random.uniform(0.55, 0.97))
    pitch, tones = centre, []
    for bar in setting.sounding():
        section = setting.plan.bars[bar].form.section
        if resting.get(section, False):
            continue
        if setting.plan.bars[bar].form.place % 4 == 0:
            pitch = centre
        motif = _motif(setting, bar, steps, density)
        ticks = setting.bars.steps(bar, steps)
        chosen = [step for step in motif.steps.tolist() if step < len(ticks)]
        ends = [*(ticks[step] for step in chosen[1:]), setting.bars.span(bar)[1]]
        for step, end in zip(chosen, ends, strict=False):  # a bar may have no notes
            move = 2 * motif.moves[step] - int((pitch - centre) / PULL)
            pitch = int(np.clip(pitch + move, LOWEST, HIGHEST))
            pitch = _nearest(pitch, _classes(setting, bar, ticks[step], step % steps == 0))
            strength = 96 if step % steps == 0 else 86
            tones.append(Tone(ticks[step], length * (end - ticks[step]), pitch, strength))
    return tones


def _motif(setting: Setting, bar: int, steps: int, density: float) -> Motif:
    form = setting.plan.bars[bar].form
    # The third bar of four repeats the first.
    place = 0 if form.place % 4 == 2 else form.place % 4
    random = setting.plan.random(f"motif {form.section} {place}")
    count = setting.plan.style.meter.beats * steps * 2  # more than any bar of the song has
    shares = np.where(np.arange(count) % steps == 0, ON_BEAT, OFF_BEAT) * density
    return Motif(np.flatnonzero(random.random(count) < shares), random.integers(-2, 3, count))


def _classes(setting: Setting, bar: int, tick: float, strong: bool) -> tuple[int, ...]:
    """Pitch classes that suit a tick: those of the chord on beats, else those of the scale."""
    if strong:
        return setting.chord(bar, tick)[1].classes
    scale = MINOR_SCALE if setting.plan.minor else MAJOR_SCALE
    return tuple((setting.plan.key + tone) % 12 for tone in scale)


def _nearest(pitch: int, classes: tuple[int, ...]) -> int:
    """The pitch of one of the classes that is nearest to a pitch."""
    near = range(pitch - 6, pitch + 7)
    return min(near, key=lambda other: (other % 12 not in classes, abs(other - pitch), other))


def pickup_tones(setting: Setting) -> list[Tone]:
    """Notes in the pick-up's bar, which lead to the first chord."""
    random = setting.plan.random("pickup")
    ticks = setting.bars.steps(0, 3 if setting.steps == 3 else 2)
    most = max(1, len(ticks) * 2 // 3)
    count = int(random.integers(1, most + 1))
    goal = setting.following(0).root
    low = 31 if setting.plan.pickup == "bass" else 64
    target = low + (goal - low) % 12
    classes = _classes(setting, 0, ticks[0], strong=False)
    direction = int(random.choice((-1, 1)))
    end = setting.bars.span(0)[1]
    tones = []
    for back in range(count, 0, -1):
        pitch = _nearest(target - direction * 2 * back, classes)
        start = float(ticks[-back])
        stop = float(ticks[len(ticks) - back + 1]) if back > 1 else end
        tones.append(Tone(start, 0.9 * (stop - start), pitch, 92))
    return tones
