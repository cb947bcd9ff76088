"""The density of onsets."""

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.events import validate
from jukedrummer.evaluation.metrics import Metric


def density(onsets: np.ndarray, seconds: float) -> float:
    """Onsets a second.

    Raises:
        ValueError: see `validate`; or `seconds` is not above 0.
    """
    validate(onsets, "onsets")
    if not seconds > 0:
        raise ValueError(f"seconds is {seconds}, expected more than 0")
    return len(onsets) / seconds


METRICS = (
    Metric(
        name="density",
        title="Density",
        unit="onsets/s",
        better=None,
        digits=1,
        about="detected onsets a second",
        measure=lambda track: density(track.onsets, len(track.audio) / SAMPLE_RATE),
    ),
)
