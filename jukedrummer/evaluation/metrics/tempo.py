"""The steadiness of the tempo."""

import math

import numpy as np

from jukedrummer.evaluation.events import validate
from jukedrummer.evaluation.metrics import Metric


def tempo_deviation(beats: np.ndarray) -> float:
    """Deviation of the intervals between tracked beats, percent of their median.

    If a tracker skips a beat or changes to double time, intervals are about twice or half the
    median. These are octave errors of the tracker, not errors of the drums. So each interval is
    divided by the nearest power of two.

    Args:
        beats: (n,) seconds.

    Returns:
        Percent; 0 for a metronome; NaN with fewer than three intervals.

    Raises:
        ValueError: see `validate`.
    """
    validate(beats, "beats")
    if len(beats) < 4:
        return math.nan
    intervals = np.diff(beats)
    median = np.median(intervals)
    folded = intervals / 2.0 ** np.round(np.log2(intervals / median))
    return float(100 * folded.std() / np.median(folded))


METRICS = (
    Metric(
        name="tempo_deviation",
        title="Tempo deviation",
        unit="%",
        better=None,  # real drums are not at 0 either, so 0 is not better
        digits=1,
        about="of the tracked inter-beat intervals",
        measure=lambda track: tempo_deviation(track.beats[:, 0]),
    ),
)
