"""Fills: what the drummer plays where a section ends. Each kind composes a new fill."""

from collections.abc import Callable

import numpy as np

Beaten = tuple[float, str, float]
"""A stroke: its step from the start of the fill, its piece, its strength (1 to 9)."""

CELLS = {
    3: ("979", "9.7", "997", "9.9", "799"),
    4: ("9797", "9.79", "99.9", "9.9.", "9779", "9..9", "97.7"),
    6: ("9.7.7.", "979797", "9.7.97", "97.97.", "9.9.9."),
}
"""Strokes of a beat, by the steps of a beat."""
SNARE_AND_TOMS = ("snare", "tom_high", "tom_mid", "tom_low")


def _around(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """From the snare over the toms, a cell for each beat."""
    path = np.sort(random.integers(0, len(SNARE_AND_TOMS), beats))
    path[-1] = random.integers(1, len(SNARE_AND_TOMS))
    strokes: list[Beaten] = []
    for beat, drum in enumerate(path):
        cell = CELLS[steps][random.integers(len(CELLS[steps]))]
        half = random.random() < 0.4 and drum + 1 < len(SNARE_AND_TOMS)
        for step, sign in enumerate(cell):
            if sign != ".":
                piece = SNARE_AND_TOMS[drum + (half and step >= steps / 2)]
                strokes.append((beat * steps + step, piece, float(sign) - random.random()))
        strokes.append((beat * steps, "kick", 6.0))
    return strokes


def _triplets(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """Three strokes a beat, each group on its own drums."""
    groups = (("snare", "snare", "tom_low"), ("tom_high", "tom_mid", "tom_low"), ("snare",) * 3)
    strokes: list[Beaten] = []
    for beat in range(beats):
        group = groups[random.integers(len(groups))]
        for k, piece in enumerate(group):
            strokes.append((beat * steps + k * steps / 3, piece, 8.5 - (k == 1) - random.random()))
    return strokes


def _roll(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """A roll on the snare that grows."""
    count = beats * steps
    first = random.uniform(2.5, 5)
    strokes: list[Beaten] = [
        (step, "snare", first + (9 - first) * step / count + (0.6 if step % steps == 0 else 0))
        for step in range(count)
    ]
    if random.random() < 0.5:
        strokes.append((count - 0.5, "snare", 8.0))
    return strokes + [(beat * steps, "kick", 7.0) for beat in range(beats)]


def _chopped(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """One piece at a time, in the order of a broken groove."""
    pieces, shares = ("kick", "snare", "hat", "tom_low", ""), (0.27, 0.33, 0.2, 0.08, 0.12)
    strokes: list[Beaten] = [(0, str(random.choice(("kick", "snare"))), 9.0)]
    for step in range(1, beats * steps):
        piece = str(random.choice(pieces, p=shares))
        if piece:
            ghost = piece == "snare" and random.random() < 0.35
            strokes.append((step, piece, 3.5 if ghost else random.uniform(6, 9)))
    return strokes


def _kicks(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """Groups of three or four strokes with both hands and the foot, against the beat."""
    hand = str(random.choice(("snare", "tom_mid", "tom_low")))
    group = (("snare", "kick", "kick"), ("snare", hand, "kick"), (hand, hand, "kick", "kick"))
    order = group[random.integers(len(group))]
    return [
        (step, order[step % len(order)], 8.8 if step % len(order) == 0 else 7.0)
        for step in range(beats * steps)
    ]


def _bark(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """Short strokes on the open hi-hat between kick and snare."""
    half = steps / 2 if steps % 2 == 0 else 2
    strokes: list[Beaten] = []
    for beat in range(beats):
        start = beat * steps
        strokes += [(start, "kick" if beat % 2 == 0 else "snare", 8.5), (start, "hat", 6.0)]
        if random.random() < 0.8:
            strokes += [(start + half, "open", 8.0), (start + half, "kick", 6.5)]
    return strokes


def _claps(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """Claps in a cell of each beat, over the kick."""
    cell = CELLS[steps][random.integers(len(CELLS[steps]))]
    strokes: list[Beaten] = []
    for beat in range(beats):
        strokes.append((beat * steps, "kick", 8.0))
        strokes += [
            (beat * steps + step, "clap", float(sign))
            for step, sign in enumerate(cell)
            if sign != "."
        ]
    return strokes


def _machine(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """Strokes of a machine that double their speed."""
    piece = str(random.choice(("snare", "clap", "tom_low", "hat")))
    strokes: list[Beaten] = [(0, "kick", 9.0)]
    for beat in range(beats):
        fast = 0.5 if beat == beats - 1 else 1.0
        count = int(steps / fast)
        strokes += [(beat * steps + k * fast, piece, 5 + 4 * k / count) for k in range(count)]
    return strokes


def _cut(random: np.random.Generator, steps: int, beats: int) -> list[Beaten]:
    """Almost silence."""
    end = beats * steps
    choices: tuple[list[Beaten], ...] = (
        [],
        [(end - 1, "snare", 7.0)],
        [(end - 2, "open", 7.0), (end - 1, "kick", 7.0)],
        [(0, "kick", 9.0), (0, "snare", 8.0)],
    )
    return choices[random.integers(len(choices))]


Fill = Callable[[np.random.Generator, int, int], list[Beaten]]
FILLS: dict[str, Fill] = {
    "around": _around,
    "triplets": _triplets,
    "roll": _roll,
    "chopped": _chopped,
    "kicks": _kicks,
    "bark": _bark,
    "claps": _claps,
    "machine": _machine,
    "cut": _cut,
}
"""Kinds of fills: a random generator, the steps of a beat and the beats of the fill to strokes."""
