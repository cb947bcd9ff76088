"""The confidence in beats, and the doubt that follows from it."""

import numpy as np
import pytest

from jukedrummer.beats.annotations import regular_beats
from jukedrummer.beats.tracker import CLASSES, beat_confidence, doubt


def activations(peaks: dict[int, float], frames: int = 1_000) -> np.ndarray:
    """Peaks, alternately in the beat's and the downbeat's column."""
    result = np.zeros((frames, 3), dtype=np.float32)
    for count, (frame, level) in enumerate(peaks.items()):
        result[frame, 1 + count % 2] = level
    result[:, CLASSES.index("none")] = 1 - result.sum(axis=1)
    return result


def beats(start: float, interval: float, count: int = 9) -> np.ndarray:
    return np.stack([start + np.arange(count) * interval, np.arange(count) % 4 + 1.0], axis=1)


ACTIVE = activations(dict.fromkeys(range(100, 501, 50), 0.8))


def test_the_right_beats_have_the_activations_contrast():
    assert beat_confidence(beats(1, 0.5), ACTIVE) == pytest.approx(0.8)


def test_a_near_miss_counts():
    assert beat_confidence(beats(1.03, 0.5), ACTIVE) == pytest.approx(0.8)


def test_every_known_failure_lowers_it():
    assert beat_confidence(beats(1, 0.25, 17), ACTIVE) < 0.5  # twice the tempo
    assert beat_confidence(beats(1, 1.0, 5), ACTIVE) == pytest.approx(0, abs=1e-6)  # half the tempo
    assert beat_confidence(beats(1.25, 0.5, 8), ACTIVE) == 0  # off the beat


def test_no_interval_has_no_confidence():
    assert beat_confidence(beats(1, 0.5, 0), ACTIVE) == 0
    assert beat_confidence(beats(1, 0.5, 1), ACTIVE) == 0


def test_beats_at_the_ends_are_within_reach():
    assert 0 <= beat_confidence(np.array([[0.0, 1], [10.0, 2]]), ACTIVE) <= 1


def test_doubt():
    waltz = regular_beats(100, 3, 0.0, 20)
    assert doubt(waltz, 0.3) is None
    assert "doubtful (confidence 0.10" in doubt(waltz, 0.1)
    assert doubt(waltz[:0], 0.0) == "no beat was found"
