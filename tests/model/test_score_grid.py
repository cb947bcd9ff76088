"""Drum scores on the slots of beats."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.score_grid import (
    PHASES,
    bar_lengths,
    slot_times,
    tempo,
    to_grid,
    to_strokes,
)


def steady(beats: int, seconds: float = 0.5, meter: int = 4) -> np.ndarray:
    places = np.arange(beats)
    return np.stack([1 + seconds * places, places % meter + 1], axis=1)


def test_the_slots_are_the_sixteenths_and_the_triplets_of_each_beat() -> None:
    times = slot_times(np.array([[1.0, 1], [2.2, 2], [2.8, 3]]))
    np.testing.assert_allclose(times[0], [1, 1.3, 1.4, 1.6, 1.8, 1.9])
    np.testing.assert_allclose(times[2], 2.8 + 0.6 * PHASES)  # as long as the beat before
    assert (np.diff(times.ravel()) > 0).all()


@given(st.integers(0, 10_000))
def test_each_stroke_lands_in_its_nearest_slot_with_its_offset(seed: int) -> None:
    random = np.random.default_rng(seed)
    beats = steady(6)
    times = np.sort(random.uniform(0.9, 4.2, 8))
    strokes = Strokes.sorted(times, random.integers(0, 8, 8), random.uniform(0.2, 1, 8))
    score = to_grid(strokes, beats)
    slots = slot_times(beats).ravel()
    expected = np.zeros((len(slots), len(PIECES)))
    rows = zip(strokes.times, strokes.pieces, strokes.velocities, strict=True)
    for time, piece, velocity in rows:
        slot = int(np.abs(slots - time).argmin())
        reach = (slots[1] - slots[0]) / 2 if slot == 0 else (slots[-1] - slots[-2]) / 2
        if slots[0] - reach <= time <= slots[-1] + reach:
            expected[slot, piece] = max(expected[slot, piece], velocity)
    np.testing.assert_allclose(score.velocities.reshape(expected.shape), expected, atol=1e-6)
    written = to_strokes(score, beats)
    for time, piece in zip(written.times, written.pieces, strict=True):
        assert np.abs(strokes.of(PIECES[piece]) - time).min() < 1e-4


def test_a_score_moves_with_the_beats() -> None:
    beats = steady(4)
    strokes = Strokes.sorted(np.array([1.01, 1.5]), np.array([0, 1]), np.array([1.0, 0.5]))
    moved = to_strokes(to_grid(strokes, beats), beats + np.array([[3.0, 0]]))
    np.testing.assert_allclose(moved.times, strokes.times + 3, atol=1e-6)
    np.testing.assert_allclose(moved.velocities, strokes.velocities)


def test_bars_have_their_number_of_beats_and_the_ends_that_of_the_longest() -> None:
    positions = np.array([3, 4, 1, 2, 3, 1, 2, 3, 4, 1, 2])
    assert bar_lengths(positions).tolist() == [4, 4, 3, 3, 3, 4, 4, 4, 4, 4, 4]
    assert bar_lengths(np.array([2, 3])).tolist() == [3, 3]


def test_the_tempo_is_that_of_the_median_beat() -> None:
    beats = steady(9, 0.5)
    beats[4:, 0] += 7  # a gap
    assert tempo(beats) == 120
