"""The patterns of the bars: similarity to the real ones, fills, repetition, and their drift."""

import math

import numpy as np

from jukedrummer.evaluation.metrics import Metric
from jukedrummer.evaluation.metrics._played import Played, on_strokes, stroke_share
from jukedrummer.evaluation.patterns import halves, loop_share
from jukedrummer.evaluation.playing import known_mean


def _drift(played: Played) -> float:
    first, second = halves(played.similarity)
    return known_mean(second) - known_mean(first)


def _density_drift(played: Played) -> float:
    first, second = (float(np.sum(counts)) for counts in halves(played.counts))
    return second / first if first else math.nan


METRICS = (
    stroke_share(
        "pattern",
        "Pattern",
        "similarity of each bar's strokes to the real ones, 0 by chance",
        lambda played: known_mean(played.similarity),
    ),
    stroke_share(
        "fill_recall",
        "Fill recall",
        "share of the real drums' fills that are fills here",
        lambda played: played.fills[0],
    ),
    stroke_share(
        "fill_precision",
        "Fill precision",
        "share of the fills that are fills in the real drums",
        lambda played: played.fills[1],
    ),
    Metric(
        name="loop_share",
        title="Longest loop",
        unit="",
        better=None,
        digits=2,
        about="longest run of bars with the same strokes, share of all bars",
        measure=on_strokes(lambda played: loop_share(played.bars)),
        of_strokes=True,
    ),
    Metric(
        name="pattern_drift",
        title="Pattern drift",
        unit="",
        better="higher",
        digits=2,
        about="pattern of the second half minus that of the first",
        measure=on_strokes(_drift),
        of_rhythm=False,
        of_strokes=True,
    ),
    Metric(
        name="density_drift",
        title="Density drift",
        unit="",
        better=None,
        digits=2,
        about="strokes in the second half divided by those in the first",
        measure=on_strokes(_density_drift),
        of_rhythm=False,
        of_strokes=True,
    ),
)
