"""Drums that no model played: what a drum machine, or a search in the training songs, can do with a beat."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from jukedrummer.audio.io import SAMPLE_RATE
from jukedrummer.beats.clips import SongRow
from jukedrummer.evaluation.measure import fit

LEAD = (
    SAMPLE_RATE // 25
)  # samples: bars are cut so long before their downbeats that the stroke is whole
FADE = LEAD // 2
HIT_SECONDS = 0.25


def click_kit(beats: np.ndarray, samples: int) -> np.ndarray:
    """A drum machine that knows the beat and nothing else: what the tracker alone is worth.

    Kick on odd positions of the bar, snare on even ones, closed hi-hat on eighths.

    Args:
        beats: (n, 2) seconds, bar position.
        samples: how long the song is.

    Returns:
        (samples,) float32 at 44,100 Hz, silent where there are no beats.
    """
    kick, snare, hat = _kit()
    audio = np.zeros(samples + len(kick), np.float32)
    for time, position in beats:
        _strike(audio, time, kick if position % 2 else snare)
    between = (beats[:-1, 0] + beats[1:, 0]) / 2
    for time in np.concatenate([beats[:, 0], between]):
        _strike(audio, time, hat)
    return audio[:samples]


def _kit() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kick, snare and closed hi-hat, synthesised: (n,) float32 each."""
    time = np.arange(round(HIT_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(0).standard_normal(len(time))
    kick = (
        0.6
        * np.sin(2 * np.pi * (50 * time + 3 * (1 - np.exp(-time / 0.03))))
        * np.exp(-time / 0.08)
    )
    snare = (0.15 * noise + 0.25 * np.sin(2 * np.pi * 190 * time)) * np.exp(-time / 0.05)
    hat = 0.05 * np.diff(noise, prepend=0) * np.exp(-time / 0.02)
    return kick.astype(np.float32), snare.astype(np.float32), hat.astype(np.float32)


def _strike(audio: np.ndarray, time: float, sound: np.ndarray) -> None:
    place = audio[round(time * SAMPLE_RATE) :][: len(sound)]
    place += sound[: len(place)]


def nearest_tempo(song: SongRow, candidates: Iterable[SongRow]) -> SongRow:
    """The candidate whose tempo differs least, as a ratio; the first of equals and where none is known."""

    def distance(other: SongRow) -> float:
        if song.bpm is None or other.bpm is None:
            return np.inf
        return abs(np.log(other.bpm / song.bpm))

    return min(candidates, key=distance)


def moved_to_bars(
    drums: np.ndarray, downbeats: np.ndarray, target: np.ndarray, samples: int
) -> np.ndarray:
    """Drums of one song under another: its bars one after the other, each on a downbeat of the other.

    Nothing is stretched: a bar is cut, or goes on into the next, where the other's is shorter or longer.

    Args:
        drums: (N,) the drums to move, N at least 1.
        downbeats: (n,) seconds, of `drums`; without any its start is one.
        target: (m,) seconds, downbeats of the other song; its bars are continued to its start and end.
        samples: how long the other song is.

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
    audio = np.zeros(
        places[-1] - places[0] + FADE, np.float32
    )  # from LEAD before the first place on
    for index, (start, end) in enumerate(pairwise(places - places[0])):
        source = sources[index % len(sources)]
        bar = drums[source : source + end - start + FADE].copy()
        bar[:FADE] *= ramp
        bar[-FADE:] *= ramp[::-1]
        audio[start : start + len(bar)] += bar
    return fit(audio[LEAD - places[0] :], samples)


def _bars(downbeats: np.ndarray, samples: int) -> np.ndarray:
    """Samples where bars start, from 0 or before to the song's end or later; at least two."""
    marks = np.rint(downbeats * SAMPLE_RATE).astype(int)
    if len(marks) == 0:
        return np.array([0, samples])
    bar = int(np.median(np.diff(marks))) if len(marks) > 1 else samples
    before = marks[0] - bar * np.arange(-(-marks[0] // bar), 0, -1)
    after = marks[-1] + bar * np.arange(1, -(-(samples - marks[-1]) // bar) + 1)
    return np.concatenate([before, marks, after])
