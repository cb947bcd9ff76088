"""Bars moved from one song to another, compared with a slow reference."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.beats.clips import SongRow
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.bars import FADE, LEAD, moved_to_bars, nearest_tempo

SECOND = SAMPLE_RATE


def song(name: str, bpm: float | None) -> SongRow:
    return SongRow(name, "train", 20.0, 1, 40, bpm, 0.5, "")


def test_tempi_are_compared_as_ratios() -> None:
    near, far, unknown = song("near", 84.0), song("far", 125.0), song("unknown", None)
    assert nearest_tempo(song("own", 100.0), [unknown, far, near]) is near
    assert nearest_tempo(song("own", 104.0), [unknown, near, far]) is far
    assert nearest_tempo(song("own", 100.0), [unknown]) is unknown
    assert nearest_tempo(song("own", None), [far, near]) is far


def bars_by_hand(drums: np.ndarray, sources: list[int], places: list[int]) -> np.ndarray:
    """Slow reference: the sum of tracks of full length with one faded bar each."""
    origin = 2 * LEAD - places[0]
    total = np.zeros(origin + places[-1] + FADE)
    for index in range(len(places) - 1):
        length = places[index + 1] - places[index] + FADE
        for sample in range(length):
            at = sources[index % len(sources)] - LEAD + sample
            fade = min(1.0, sample / (FADE - 1), (length - 1 - sample) / (FADE - 1))
            value = drums[at] if at >= 0 else 0.0
            total[origin + places[index] - LEAD + sample] += fade * value
    return total[origin:]


def test_bars_are_moved_as_by_hand() -> None:
    random = np.random.default_rng(0)
    drums = random.standard_normal(2 * SECOND).astype(np.float32)
    moved = moved_to_bars(drums, np.array([0.1, 0.7, 1.3]), np.array([0.3, 0.8, 1.4]), 2 * SECOND)
    # The median bar, 0.55 s, continues to both ends. Sources that end too soon for the longest bar
    # are not used.
    places = [round(second * SECOND) for second in (-0.25, 0.3, 0.8, 1.4, 1.95, 2.5)]
    expected = bars_by_hand(drums, [round(second * SECOND) for second in (0.1, 0.7, 1.3)], places)
    np.testing.assert_allclose(moved, expected[: 2 * SECOND], atol=1e-5)


@settings(deadline=None)
@given(
    downbeats=st.lists(st.integers(0, 99), max_size=5, unique=True).map(sorted),
    target=st.lists(st.integers(0, 99), max_size=5, unique=True).map(sorted),
    tenths=st.integers(1, 30),
    samples=st.integers(1, 3 * SECOND),
)
def test_moved_drums_have_the_songs_length(
    downbeats: list[int], target: list[int], tenths: int, samples: int
) -> None:
    drums = np.ones(tenths * SECOND // 10, np.float32)
    inside = np.array([mark / 10 for mark in target if mark * SECOND // 10 < samples])
    moved = moved_to_bars(drums, np.array(downbeats) / 10, inside, samples)
    assert moved.shape == (samples,)
    assert moved.min() >= 0
    assert moved.max() <= 1 + 1e-6  # overlapping fades never exceed the level of the drums


def test_drums_without_bars_are_looped_from_their_start() -> None:
    drums = np.random.default_rng(0).standard_normal(SECOND).astype(np.float32)
    moved = moved_to_bars(drums, np.zeros(0), np.zeros(0), 3 * SECOND)
    middle = slice(SECOND + LEAD, 2 * SECOND)
    np.testing.assert_array_equal(moved[middle], drums[LEAD:])
