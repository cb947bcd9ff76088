"""Strokes on the grid of their bars: which voice plays on which position, bar by bar.

A bar lasts from one downbeat to the next. It has `parts` positions a beat: 16 for a bar of 4/4 in
16ths, 12 for one in triplets, and in proportion for other meters. A stroke belongs to the nearest
position, so a stroke just before a downbeat belongs to the bar that the downbeat opens.
"""

from itertools import pairwise

import numpy as np

from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES, VOICES

_VOICE_OF = np.array(
    [next(row for row, names in enumerate(VOICES.values()) if piece in names) for piece in PIECES]
)


def bar_patterns(strokes: Strokes, beats: np.ndarray, parts: int) -> list[np.ndarray]:
    """The patterns of the complete bars.

    Args:
        strokes: the strokes. Those outside the complete bars are left out.
        beats: (n, 2) seconds, bar position (1 = downbeat).
        parts: positions a beat.

    Returns:
        (V, P) bool for each bar, V the number of `VOICES`, P its number of beats times `parts`:
        whether the voice plays there. Empty with fewer than two downbeats.
    """
    lines = np.flatnonzero(beats[:, 1] == 1) * parts
    if len(lines) < 2:
        return []
    places = grid_places(strokes.times, beats[:, 0], parts)
    inside = ~np.isnan(places) & (places < lines[-1])
    plays = np.zeros((len(VOICES), lines[-1]), bool)
    plays[_VOICE_OF[strokes.pieces[inside]], places[inside].astype(int)] = True
    return [plays[:, start:end] for start, end in pairwise(lines)]


def grid_places(times: np.ndarray, beats: np.ndarray, parts: int) -> np.ndarray:
    """The nearest grid positions, (n,), counted from the first beat.

    NaN if a time is more than half a position before the first beat or after the last one.

    Args:
        times: (n,) seconds.
        beats: (m,) seconds, m at least 2.
        parts: positions a beat.
    """
    places = np.rint(np.interp(times, beats, np.arange(len(beats))) * parts)
    first, last = (beats[1] - beats[0]) / 2 / parts, (beats[-1] - beats[-2]) / 2 / parts
    outside = (times < beats[0] - first) | (times > beats[-1] + last)
    return np.where(outside, np.nan, places)
