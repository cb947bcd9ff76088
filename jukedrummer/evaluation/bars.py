"""Bars of one song's drums, moved to the bars of another song."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from jukedrummer.beats.clips import SongRow
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.tracks import fit_length

# Samples. Bars are cut this long before their downbeats, to keep the first stroke complete.
LEAD = SAMPLE_RATE // 25
FADE = LEAD // 2


def nearest_tempo(song: SongRow, candidates: Iterable[SongRow]) -> SongRow:
    """The candidate with the nearest tempo, compared as a ratio.

    The first of equals. If no tempo is known, the first candidate.
    """

    def distance(other: SongRow) -> float:
        if song.bpm is None or other.bpm is None:
            return np.inf
        return float(abs(np.log(other.bpm / song.bpm)))

    return min(candidates, key=distance)


def moved_to_bars(
    drums: np.ndarray, downbeats: np.ndarray, target: np.ndarray, samples: int
) -> np.ndarray:
    """Place the drums of one song on the bars of another, each bar on a downbeat.

    Nothing is stretched. A bar is cut if the target's bar is shorter. It continues into the next
    bar if the target's bar is longer.

    Args:
        drums: (N,) the drums to move, N at least 1.
        downbeats: (n,) seconds, downbeats of `drums`. If empty, the start of `drums` is used.
        target: (m,) seconds, downbeats of the other song. Its bars are extrapolated to its start
            and end.
        samples: length of the other song.

    Returns:
        (samples,) float32 at 44,100 Hz.
    """
    places = _bars(target, samples)
    longest = int(np.diff(places).max())
    sources = np.rint(downbeats * SAMPLE_RATE).astype(int)
    sources = sources[sources + longest <= len(drums)]
    if len(sources) == 0:
        sources, drums = np.zeros(1, int), np.resize(drums, max(len(drums), longest))
    drums = np.pad(drums, (LEAD, 0))
    ramp = np.linspace(0, 1, FADE, dtype=np.float32)
    # Begins LEAD before the first place.
    audio = np.zeros(places[-1] - places[0] + FADE, np.float32)
    for index, (start, end) in enumerate(pairwise(places - places[0])):
        source = sources[index % len(sources)]
        bar = drums[source : source + end - start + FADE].copy()
        bar[:FADE] *= ramp
        bar[-FADE:] *= ramp[::-1]
        audio[start : start + len(bar)] += bar
    return fit_length(audio[LEAD - places[0] :], samples)


def _bars(marks: np.ndarray, samples: int) -> np.ndarray:
    """The first samples of the bars, from 0 or before to the song's end or later; at least two."""
    marks = np.rint(marks * SAMPLE_RATE).astype(int)
    if len(marks) == 0:
        return np.array([0, samples])
    bar = int(np.median(np.diff(marks))) if len(marks) > 1 else samples
    before = marks[0] - bar * np.arange(-(-marks[0] // bar), 0, -1)
    after = marks[-1] + bar * np.arange(1, -(-(samples - marks[-1]) // bar) + 1)
    return np.concatenate([before, marks, after])
