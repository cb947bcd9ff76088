"""Made-up drums: strokes of a groove on steady beats, and a track of them."""

from pathlib import Path

import numpy as np

from jukedrummer.beats.annotations import regular_beats
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.metrics import Track
from jukedrummer.evaluation.reference import ANNOTATED, Reference
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES

GROOVE = {"kick": "x.......x.x.....", "snare": "....x.......x..x", "closed_hat": "x.x.x.x.x.x.x.x."}
FILL = {"kick": "x.......x.x.....", "snare": "....x.......xx..", "toms": "..............xx"}
BPM = 100.0


def beats_of_bars(bars: int, bpm: float = BPM, meter: int = 4) -> np.ndarray:
    """The beats of some bars and the downbeat after them, from 0.5 s: (n, 2)."""
    seconds = (bars * meter + 0.5) * 60 / bpm
    return regular_beats(bpm, meter, 0.5, 0.5 + seconds)


def strokes_of(*bars: dict[str, str], bpm: float = BPM) -> Strokes:
    """Bars as text grids, a sign a 16th, from 0.5 s."""
    rows = [
        (0.5 + (16 * bar + step) * 15 / bpm, PIECES.index(piece), 0.8)
        for bar, grid in enumerate(bars)
        for piece, line in grid.items()
        for step, sign in enumerate(line)
        if sign != "."
    ]
    times, pieces, velocities = np.array(rows, dtype=float).reshape(-1, 3).T
    return Strokes.sorted(times, pieces, velocities)


def moved(strokes: Strokes, seconds: float) -> Strokes:
    """The same strokes, later."""
    return Strokes(strokes.times + seconds, strokes.pieces, strokes.velocities)


def random_strokes(seed: int, count: int, seconds: float) -> Strokes:
    """Strokes of random pieces at random times."""
    random = np.random.default_rng(seed)
    pieces = random.integers(0, len(PIECES), count)
    return Strokes.sorted(random.uniform(0, seconds, count), pieces, np.full(count, 0.5))


def track_of(strokes: Strokes | None, real: Strokes | None, bars: int) -> Track:
    """A silent track whose strokes are known."""
    beats = beats_of_bars(bars)
    audio = np.zeros(round(beats[-1, 0] * SAMPLE_RATE), np.float32)
    reference = Reference("song", Path("nowhere"), beats, ANNOTATED, strokes=real)
    return Track(audio, beats, reference, 0.03, strokes)
