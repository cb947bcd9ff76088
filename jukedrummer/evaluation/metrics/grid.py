"""Share of onsets on the 16th or the triplet grid of the beats, compared with chance."""

import math
from dataclasses import dataclass

import numpy as np

from jukedrummer.evaluation.events import subdivide, validate
from jukedrummer.evaluation.metrics import Metric, Track

SUBDIVISIONS = (4, 3)  # of a beat: the 16th grid of 4/4 and the triplet grid


@dataclass(frozen=True)
class GridShare:
    """Onsets on the beat's subdivisions.

    Attributes:
        share: share of the onsets between the first and last beat that are within the tolerance of
            the grid; NaN without onsets.
        chance: expected share of onsets that are spread evenly over the same span.
        skill: (share - chance) / (1 - chance): 0 by chance, 1 if all onsets are on the grid. It can
            be compared between tempi. The share cannot, because at a fast tempo the tolerance
            covers most of the bar.
        subdivision: parts of a beat in the grid that fits better: 4 or 3.
        onsets: number of onsets between the first and last beat.
    """

    share: float
    chance: float
    skill: float
    subdivision: int
    onsets: int


def covered_share(grid: np.ndarray, tolerance: float) -> float:
    """Share of the span of the grid that is within `tolerance` of a grid time.

    The result is exact: a gap between two grid times is covered up to 2 * tolerance. The outer
    halves are outside the span.
    """
    gaps = np.diff(grid)
    return float(np.minimum(gaps, 2 * tolerance).sum() / gaps.sum())


def grid_share(onsets: np.ndarray, beats: np.ndarray, tolerance: float) -> GridShare:
    """Share of onsets on the 16th or the triplet grid of the annotated beats, and by chance.

    The grid with the larger skill is used for the whole song. Because of this choice, even random
    onsets get a little more than `chance`. The baseline of another song's drums shows how much.

    Args:
        onsets: (n,) seconds; those before the first or after the last beat do not count.
        beats: (m,) annotated beats, seconds.
        tolerance: seconds.

    Raises:
        ValueError: see `validate`; or fewer than two beats.
    """
    validate(onsets, "onsets")
    validate(beats, "beats")
    if len(beats) < 2:
        raise ValueError(f"beats: there are {len(beats)}; a grid needs at least 2")
    inside = onsets[(onsets >= beats[0]) & (onsets <= beats[-1])]
    return max(
        (_on_grid(inside, beats, parts, tolerance) for parts in SUBDIVISIONS), key=_skill_or_least
    )


def _skill_or_least(share: GridShare) -> float:
    return -math.inf if math.isnan(share.skill) else share.skill


def _on_grid(onsets: np.ndarray, beats: np.ndarray, parts: int, tolerance: float) -> GridShare:
    grid = subdivide(beats, parts)
    chance = covered_share(grid, tolerance)
    if not len(onsets):
        return GridShare(math.nan, chance, math.nan, parts, 0)
    after = np.clip(np.searchsorted(grid, onsets), 1, len(grid) - 1)
    distance = np.minimum(np.abs(onsets - grid[after - 1]), np.abs(onsets - grid[after]))
    share = float((distance <= tolerance).mean())
    skill = (share - chance) / (1 - chance) if chance < 1 else math.nan
    return GridShare(share, chance, skill, parts, len(onsets))


def _grid(track: Track) -> GridShare:
    return grid_share(track.onsets, track.reference.beats[:, 0], track.tolerance)


METRICS = (
    Metric(
        name="grid_share",
        title="On the grid",
        unit="",
        better="higher",
        digits=2,
        about="share of onsets on the 16th or triplet grid",
        measure=lambda track: track.once(_grid).share,
    ),
    Metric(
        name="grid_chance",
        title="Grid by chance",
        unit="",
        better=None,
        digits=2,
        about="the same share for evenly spread onsets",
        measure=lambda track: track.once(_grid).chance,
        of_rhythm=False,
    ),
    Metric(
        name="grid_skill",
        title="Grid skill",
        unit="",
        better="higher",
        digits=2,
        about="(share - chance) / (1 - chance); 0 is chance",
        measure=lambda track: track.once(_grid).skill,
    ),
)
