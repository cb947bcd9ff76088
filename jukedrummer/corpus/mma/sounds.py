"""Which instruments play: programs other than those of the style, fewer parts, drum kits."""

import re
from dataclasses import replace

import numpy as np

from jukedrummer.corpus.midi.read import Stroke
from jukedrummer.corpus.mma.parts import BandPart
from jukedrummer.corpus.mma.plan import MmaPlan

BASSES = (32, 33, 34, 35, 36, 38, 39)
ACCOMPANIMENTS = (
    *(0, 1, 2, 4, 5, 6, 7, 11, 16, 17, 18, 19, 21, 24, 25, 26, 27, 28, 29, 30, 46),
    *(48, 49, 50, 51, 61, 62, 63, 80, 81, 88, 89, 90, 91),
)
COMPING = (0, 1, 2, 4, 5, 7, 11, 16, 17, 18, 24, 25, 26, 27, 28, 29, 30, 62, 80, 81, 90)
PADS = (16, 19, 48, 49, 50, 51, 52, 88, 89, 91, 94, 95)
LEADS = (
    *(0, 4, 11, 12, 22, 24, 25, 26, 27, 28, 29, 30, 40, 41, 52, 56, 57, 61, 64, 65, 66, 68),
    *(71, 73, 75, 79, 80, 81, 82, 85, 87),
)
SAME_SHARE, FAMILY_SHARE = 0.4, 0.35
"""Shares of the instruments that stay, and that are replaced by another one of their family."""
LEFT_OUT_SHARE = 0.25
"""Share of the chord parts that are left out where a song has several."""
KITS = (
    (r"jazz|swing|band|broadway|foxtrot|evans|bebop|waltz|dixie|blues", (0, 32, 32, 40)),
    (r"techno|trance|house|dance|rave|disco|dnb|hip|trip|electr|digital", (0, 24, 25, 25)),
    (r"rock|metal|mtl|punk|thr|hrk", (0, 0, 8, 16)),
)
"""Programs of drum kits, by words in the names of styles."""
OTHER_KITS = (0, 0, 0, 8, 16, 24, 32)


def reorchestrated(plan: MmaPlan, parts: list[BandPart]) -> list[BandPart]:
    """The parts of a style with other instruments, some of them left out.

    The bass stays. At least two parts stay where there are two.
    """
    random = plan.random("sounds")
    chords = [part for part in parts if part.role == "chords"]
    kept = [part for part in chords if random.random() >= LEFT_OUT_SHARE] or chords[:1]
    parts = [part for part in parts if part.role != "chords" or part in kept]
    programs: dict[int, int] = {}
    result = []
    for part in parts:
        program = programs.setdefault(part.program, _program(random, part))
        notes = tuple(replace(note, program=program) for note in part.notes)
        result.append(replace(part, program=program, notes=notes))
    return result


def _program(random: np.random.Generator, part: BandPart) -> int:
    draw, family = random.random(), part.program // 8 * 8
    if part.role == "bass":
        return part.program if draw < SAME_SHARE else int(random.choice(BASSES))
    if draw < SAME_SHARE:
        return part.program
    if draw < SAME_SHARE + FAMILY_SHARE:
        return int(family + random.integers(8))
    return int(random.choice(ACCOMPANIMENTS))


def with_kit(plan: MmaPlan, strokes: list[Stroke]) -> list[Stroke]:
    """The strokes with a drum kit that suits the style."""
    stem = plan.style.stem.lower()
    kits = next((kits for words, kits in KITS if re.search(words, stem)), OTHER_KITS)
    kit = int(plan.random("kit").choice(kits))
    return [replace(stroke, kit=kit) for stroke in strokes]
