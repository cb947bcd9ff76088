"""Drum tracks of the ladder that no model played."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.audio.io import SAMPLE_RATE
from jukedrummer.beats.clips import SongRow
from jukedrummer.evaluation.metrics import detect_onsets
from jukedrummer.evaluation.rungs import FADE, LEAD, click_kit, moved_to_bars, nearest_tempo

SECOND = SAMPLE_RATE
BEATS = np.array([[0.5, 4], [1.0, 1], [1.5, 2], [2.0, 3], [2.5, 4], [3.0, 1]])


def song(name: str, bpm: float | None) -> SongRow:
    return SongRow(name, "train", 20.0, 1, 40, bpm, 0.5, "")


def test_the_drum_machine_strikes_on_every_beat_and_between() -> None:
    audio = click_kit(BEATS, 4 * SECOND)
    assert audio.dtype == np.float32
    assert audio.shape == (4 * SECOND,)
    assert np.abs(audio).max() < 1
    np.testing.assert_allclose(detect_onsets(audio), np.arange(0.5, 3.01, 0.25), atol=0.02)


def test_kick_and_snare_take_turns() -> None:
    """Snares have energy above 1 kHz that kicks have not; both have the same hi-hat."""
    audio = click_kit(BEATS, 4 * SECOND)
    treble = []
    for time in BEATS[:, 0]:
        stroke = audio[round(time * SECOND) :][: SECOND // 10]
        treble.append((np.abs(np.fft.rfft(stroke))[100:] ** 2).sum())
    snares = BEATS[:, 1] % 2 == 0
    assert np.array(treble)[snares].min() > 4 * np.array(treble)[~snares].max()


@pytest.mark.parametrize("beats", [np.zeros((0, 2)), np.array([[0.999, 1.0]])])
def test_the_drum_machine_plays_few_beats_too(beats: np.ndarray) -> None:
    audio = click_kit(beats, SECOND)
    assert audio.shape == (SECOND,)
    assert audio.any() == (len(beats) > 0)


def test_tempi_are_compared_as_ratios() -> None:
    near, far, unknown = song("near", 84.0), song("far", 125.0), song("unknown", None)
    assert nearest_tempo(song("mine", 100.0), [unknown, far, near]) is near
    assert nearest_tempo(song("mine", 104.0), [unknown, near, far]) is far
    assert nearest_tempo(song("mine", 100.0), [unknown]) is unknown
    assert nearest_tempo(song("mine", None), [far, near]) is far


def bars_by_hand(drums: np.ndarray, sources: list[int], places: list[int]) -> np.ndarray:
    """Slow reference: each bar alone in a track as long as all, faded, and the sum of them."""
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
    # The median bar, 0.55 s, goes on to both ends; sources that end too soon for the longest are not used.
    places = [round(second * SECOND) for second in (-0.25, 0.3, 0.8, 1.4, 1.95, 2.5)]
    expected = bars_by_hand(drums, [round(second * SECOND) for second in (0.1, 0.7, 1.3)], places)
    np.testing.assert_allclose(moved, expected[: 2 * SECOND], atol=1e-5)


@given(
    downbeats=st.lists(st.integers(0, 99), max_size=5, unique=True).map(sorted),
    target=st.lists(st.integers(0, 99), max_size=5, unique=True).map(sorted),
    tenths=st.integers(1, 30),
    samples=st.integers(1, 3 * SECOND),
)
def test_whatever_is_moved_has_the_songs_length(
    downbeats: list[int], target: list[int], tenths: int, samples: int
) -> None:
    drums = np.ones(tenths * SECOND // 10, np.float32)
    inside = np.array([mark / 10 for mark in target if mark * SECOND // 10 < samples])
    moved = moved_to_bars(drums, np.array(downbeats) / 10, inside, samples)
    assert moved.shape == (samples,)
    assert moved.min() >= 0
    assert moved.max() <= 1 + 1e-6  # fades over each other never add up to more than the drums


def test_drums_without_bars_are_looped_from_their_start() -> None:
    drums = np.random.default_rng(0).standard_normal(SECOND).astype(np.float32)
    moved = moved_to_bars(drums, np.zeros(0), np.zeros(0), 3 * SECOND)
    middle = slice(SECOND + LEAD, 2 * SECOND)
    np.testing.assert_array_equal(moved[middle], drums[LEAD:])
