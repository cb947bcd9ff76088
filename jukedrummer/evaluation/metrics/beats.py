"""F1 of beats and downbeats.

Source: Davies, Degara and Plumbley 2009 (C4DM-TR-09-06) as in mir_eval (Raffel et al., ISMIR 2014),
window 70 ms. The first five seconds count, unlike in MIREX, which leaves a person time to tap in.
Drums that miss the first bars are wrong.
"""

import math

import mir_eval
import numpy as np

from jukedrummer.evaluation.events import downbeats, validate
from jukedrummer.evaluation.metrics import Metric, Track

WINDOW = 0.07  # seconds; mir_eval's default


def beat_f1(reference: np.ndarray, estimated: np.ndarray, window: float = WINDOW) -> float:
    """F1 of estimated beats (or downbeats). A hit is within `window` of one reference beat.

    Args:
        reference: (n,) annotated, seconds.
        estimated: (m,) tracked, seconds.
        window: seconds.

    Returns:
        0 to 1; 0 without estimated beats; NaN without reference beats.

    Raises:
        ValueError: see `validate`.
    """
    validate(reference, "reference beats")
    validate(estimated, "estimated beats")
    if not len(reference):
        return math.nan
    if not len(estimated):
        return 0.0  # as mir_eval, without its warning
    return float(mir_eval.beat.f_measure(reference, estimated, f_measure_threshold=window))


def _beats(track: Track) -> float:
    return beat_f1(track.reference.beats[:, 0], track.beats[:, 0])


def _downbeats(track: Track) -> float:
    return beat_f1(downbeats(track.reference.beats), downbeats(track.beats))


METRICS = (
    Metric(
        name="beat_f1",
        title="Beat F1",
        unit="",
        better="higher",
        digits=2,
        about="beats tracked on the drums, compared with the song's, 70 ms",
        measure=_beats,
    ),
    Metric(
        name="downbeat_f1",
        title="Downbeat F1",
        unit="",
        better="higher",
        digits=2,
        about="the same for the first beat of each bar",
        measure=_downbeats,
    ),
)
