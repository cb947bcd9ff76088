"""F1 of beats against a slow reference."""

import math

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings

from jukedrummer.evaluation.metrics.beats import beat_f1
from tests.evaluation.helpers.times import ascending, gaps


def greedy_f1(reference: np.ndarray, estimated: np.ndarray, window: float) -> float:
    """Slow reference: match each event in turn with its earliest free partner."""
    free, hits = list(estimated), 0
    for time in reference:
        partner = next((other for other in free if abs(other - time) <= window), None)
        if partner is not None:
            free.remove(partner)
            hits += 1
    return 2 * hits / (len(reference) + len(estimated))


@settings(deadline=None)
@given(gaps, gaps)
def test_beat_f1_is_the_slow_reference(first: list[float], second: list[float]) -> None:
    reference, estimated = ascending(first), ascending(second)
    # Avoid events exactly on the window's edge, where rounding decides.
    distances = np.abs(reference[:, None] - estimated)
    window = 0.07 if np.abs(distances - 0.07).min() > 1e-9 else 0.0712345
    assert beat_f1(reference, estimated, window) == pytest.approx(
        greedy_f1(reference, estimated, window)
    )


def test_beat_f1_counts_the_first_seconds_and_handles_empty_input() -> None:
    beats = np.arange(0.0, 10.0, 0.5)
    assert beat_f1(beats, beats[beats >= 5]) == pytest.approx(2 / 3)  # trimmed: 1
    assert beat_f1(beats, np.zeros(0)) == 0
    assert math.isnan(beat_f1(np.zeros(0), beats))
    assert beat_f1(beats, beats + 0.069) == 1
    assert beat_f1(beats, beats + 0.071) == 0
    assert beat_f1(beats, beats) == mir_eval.beat.f_measure(beats, beats)
