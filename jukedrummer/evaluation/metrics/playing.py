"""The amount of strokes, their timing, and whether the kick plays with the bass."""

import math

from jukedrummer.evaluation.metrics import Metric
from jukedrummer.evaluation.metrics._played import Played, on_strokes
from jukedrummer.evaluation.playing import share_covered, share_met


def _ratio(played: Played) -> float:
    return len(played.strokes) / len(played.real) if len(played.real) else math.nan


METRICS = (
    Metric(
        name="stroke_density",
        title="Strokes",
        unit="strokes/s",
        better=None,
        digits=1,
        about="strokes of all pieces a second",
        measure=on_strokes(lambda played: len(played.strokes) / played.seconds),
        of_rhythm=False,
        of_strokes=True,
    ),
    Metric(
        name="density_ratio",
        title="Strokes of real",
        unit="",
        better=None,
        digits=2,
        about="number of strokes divided by that of the real drums",
        measure=on_strokes(_ratio),
        of_strokes=True,
    ),
    Metric(
        name="kick_bass_lock",
        title="Kick with bass",
        unit="",
        better=None,
        digits=2,
        about="share of the recording's bass onsets that a kick meets, 50 ms",
        measure=on_strokes(
            lambda played: share_met(played.track.reference.bass, played.strokes.of("kick"))
        ),
        of_strokes=True,
    ),
    Metric(
        name="kick_bass_chance",
        title="Kick with bass by chance",
        unit="",
        better=None,
        digits=2,
        about="the same share for evenly spread bass onsets",
        measure=on_strokes(lambda played: share_covered(played.strokes.of("kick"), played.seconds)),
        of_rhythm=False,
        of_strokes=True,
    ),
    Metric(
        name="timing_mean",
        title="Timing",
        unit="ms",
        better=None,
        digits=0,
        about="mean deviation of the strokes from the 16th or triplet grid, late is positive",
        measure=on_strokes(lambda played: played.timing.mean),
        of_rhythm=False,
        of_strokes=True,
    ),
    Metric(
        name="timing_spread",
        title="Timing spread",
        unit="ms",
        better=None,
        digits=0,
        about="standard deviation of the same",
        measure=on_strokes(lambda played: played.timing.spread),
        of_strokes=True,
    ),
)
