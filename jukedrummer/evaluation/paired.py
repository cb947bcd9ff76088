"""The drums of the models compared with other rungs, song by song.

Source of the test: the two-sided sign test (Conover 1999, chapter 3.4). Ties are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats

from jukedrummer.evaluation.metrics import Measures, Metric, all_metrics
from jukedrummer.evaluation.rungs import GENERATED, GENERATED_TRUE, SCORE, SCORE_DEAF, SCORE_TRUE
from jukedrummer.evaluation.statistics import Interval, as_json, bootstrap_interval

OPPONENTS = ("click_kit", "nearest_tempo")  # rungs that play the song's beats without a model
# What the models' drums are compared with.
COMPARED_WITH = {
    GENERATED: (*OPPONENTS, GENERATED_TRUE),
    SCORE: (*OPPONENTS, GENERATED, SCORE_DEAF, SCORE_TRUE),
    SCORE_TRUE: ("click_kit_true", GENERATED_TRUE),
}


@dataclass(frozen=True)
class Paired:
    """The drums of a model compared with other drums in one metric.

    Attributes:
        difference: the model's minus the other's, mean over songs with its 95 % interval.
        nearer: songs whose drums of the model are better, or nearer to the real drums if the metric
            has no good direction.
        farther: songs where it is the other way round; the rest are ties.
        p: probability of a split at least as uneven, if both were equally good.
    """

    difference: Interval
    nearer: int
    farther: int
    p: float

    @property
    def songs(self) -> int:
        """Number of songs on which both could be measured."""
        return self.difference.n


def paired_comparisons(
    measured: Mapping[str, Mapping[str, Measures]], resamples: int, own: str = GENERATED
) -> dict[str, dict[str, Any]]:
    """The drums of a model compared with others in all metrics of strokes, for JSON.

    They are also compared with those on the true beats: the tracker's share.

    Args:
        measured: rung to song to measures.
        resamples: number of resamples for the intervals.
        own: the model's rung, a key of `COMPARED_WITH`.

    Returns:
        `{metric: {rung: {mean, low, high, n, nearer, farther, p}}}`; empty without a transcriber.
        n is the number of songs on which both could be measured.
    """
    result: dict[str, dict[str, Any]] = {}
    for metric in all_metrics():
        if not metric.of_strokes:
            continue
        for rung in COMPARED_WITH[own]:
            if rung not in measured or own not in measured:
                continue
            paired = compare_rungs(measured, metric, rung, resamples, own)
            if paired.songs:
                result.setdefault(metric.name, {})[rung] = _json(paired)
    return result


def compare_rungs(
    measured: Mapping[str, Mapping[str, Measures]],
    metric: Metric,
    rung: str,
    resamples: int,
    own: str = GENERATED,
) -> Paired:
    """The drums of `own` compared with a rung in one metric. A song without a value is left out.

    Without a good direction, the song's real drums must have a value too.
    """
    songs = measured[own]
    generated, other, real = (
        np.array([measured[name][song][metric.name] for song in songs], dtype=float)
        for name in (own, rung, "real")
    )
    known = ~np.isnan(generated + other + (real if metric.better is None else 0))
    generated, other, real = generated[known], other[known], real[known]
    if metric.better is None:
        gains = np.abs(other - real) - np.abs(generated - real)
    else:
        gains = generated - other if metric.better == "higher" else other - generated
    nearer, farther = int((gains > 0).sum()), int((gains < 0).sum())
    return Paired(
        bootstrap_interval(generated - other, resamples),
        nearer,
        farther,
        sign_test(nearer, farther),
    )


def sign_test(nearer: int, farther: int) -> float:
    """p of the two-sided sign test; 1 if there are only ties."""
    if not nearer + farther:
        return 1.0
    return float(scipy.stats.binomtest(nearer, nearer + farther).pvalue)


def _json(paired: Paired) -> dict[str, Any]:
    counts = {"nearer": paired.nearer, "farther": paired.farther, "p": paired.p}
    return as_json(paired.difference) | counts
