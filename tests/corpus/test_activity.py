"""Levels of windows of a second, and which of them have drums."""

import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.activity import (
    WindowLevels,
    drums_active,
    sounding,
    windows_of,
)


def window_levels(*chunks):
    levels = WindowLevels()
    for chunk in chunks:
        levels.add(chunk)
    return levels.finish()


def test_levels_do_not_depend_on_chunks():
    audio = np.repeat(np.float32([1, 0.1, 0, 0.01]), [SAMPLE_RATE] * 3 + [SAMPLE_RATE // 2])
    assert window_levels(audio) == pytest.approx([0, -20, -200])  # without the half window
    np.testing.assert_allclose(window_levels(*np.array_split(audio, 17)), window_levels(audio))
    assert window_levels(audio[:100]) == pytest.approx([0])


@pytest.mark.parametrize(
    ("levels", "active"),
    [
        ([-20, -45, -56, -90], [True, True, False, False]),  # 30 dB below the loud windows
        ([-50, -58, -62], [True, True, False]),  # never below -60 dBFS
        ([-70, -90], [False, False]),
        ([-20, *[-90] * 40, -45], [True, *[False] * 40, True]),  # pauses do not change the rest
    ],
)
def test_drums_are_active(levels, active):
    assert drums_active(np.array(levels, dtype=float)).tolist() == active


def test_windows_that_sound():
    assert sounding(np.array([-59.0, -61.0])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("start", "stop", "windows"),
    [(0, 3, [0, 1, 2]), (0.6, 2.4, [1]), (0.6, 1.4, [1]), (2.6, 2.9, [2]), (8.9, 9.3, [7])],
)
def test_windows_of_a_part(start, stop, windows):
    assert list(range(8))[windows_of(start, stop, 8)] == windows
