"""The drum machine: kick, snare and hi-hat at the right times."""

import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.drum_machine import click_kit, machine_strokes
from jukedrummer.evaluation.onsets import detect_onsets

SECOND = SAMPLE_RATE
BEATS = np.array([[0.5, 4], [1.0, 1], [1.5, 2], [2.0, 3], [2.5, 4], [3.0, 1]])


def test_the_drum_machine_strikes_on_every_beat_and_between() -> None:
    audio = click_kit(BEATS, 4 * SECOND)
    assert audio.dtype == np.float32
    assert audio.shape == (4 * SECOND,)
    assert np.abs(audio).max() < 1
    np.testing.assert_allclose(detect_onsets(audio), np.arange(0.5, 3.01, 0.25), atol=0.02)


def test_kick_and_snare_take_turns() -> None:
    """Snares have energy above 1 kHz, and kicks do not. Both have the same hi-hat."""
    audio = click_kit(BEATS, 4 * SECOND)
    treble = []
    for time in BEATS[:, 0]:
        stroke = audio[round(time * SECOND) :][: SECOND // 10]
        treble.append((np.abs(np.fft.rfft(stroke))[100:] ** 2).sum())
    snares = BEATS[:, 1] % 2 == 0
    assert np.array(treble)[snares].min() > 4 * np.array(treble)[~snares].max()


def test_its_strokes_are_those_that_sound() -> None:
    strokes = machine_strokes(BEATS, 4 * SECOND)
    np.testing.assert_array_equal(strokes.of("kick"), [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(strokes.of("snare"), [0.5, 1.5, 2.5])
    np.testing.assert_array_equal(strokes.of("closed_hat"), np.arange(0.5, 3.01, 0.25))
    assert len(strokes) == 3 + 3 + 11
    onsets = detect_onsets(click_kit(BEATS, 4 * SECOND))
    np.testing.assert_allclose(np.unique(strokes.times), onsets, atol=0.02)
    # The downbeat is accented.
    kicks = strokes.velocities[strokes.pieces == 0]
    assert kicks[0] == kicks[2] > kicks[1]


def test_strokes_after_the_end_are_left_out() -> None:
    strokes = machine_strokes(BEATS, 2 * SECOND)
    assert strokes.times.max() < 2


@pytest.mark.parametrize("beats", [np.zeros((0, 2)), np.array([[0.999, 1.0]])])
def test_the_drum_machine_plays_few_beats_too(beats: np.ndarray) -> None:
    audio = click_kit(beats, SECOND)
    assert audio.shape == (SECOND,)
    assert audio.any() == (len(beats) > 0)
