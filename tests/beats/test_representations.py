"""Each representation against a slow reference that computes one code at a time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.beats.annotations import regular_beats
from jukedrummer.beats.representations import (
    CodeGrid,
    all_arrays,
    bar_positions,
    represent,
    representation,
)
from jukedrummer.beats.representations.high import BEAT, DOWNBEAT, high, phase
from jukedrummer.beats.representations.low import low
from jukedrummer.beats.representations.mid import activation_peaks, mid
from jukedrummer.config import REPRESENTATIONS, SAMPLE_RATE
from tests.beats.helpers import tracked

grids = st.builds(
    CodeGrid,
    start=st.integers(-SAMPLE_RATE, 20 * SAMPLE_RATE),
    codes=st.integers(1, 600),
    samples_per_code=st.integers(50, 10_000),
)


@st.composite
def songs_beats(draw) -> np.ndarray:
    """Beats with a drifting tempo and bars of changing length. They may start within a bar."""
    bars = draw(st.lists(st.integers(1, 7), max_size=8))
    positions = [position for bar in bars for position in range(1, bar + 1)]
    positions = positions[draw(st.integers(0, 3)) :]
    positions = positions[: max(0, len(positions) - draw(st.integers(0, 3)))]
    intervals = draw(
        st.lists(st.floats(0.1, 1.5), min_size=len(positions), max_size=len(positions))
    )
    return np.stack([np.cumsum(intervals), positions], axis=1).reshape(-1, 2)


def code_bounds(grid: CodeGrid, code: int) -> tuple[int, int]:
    start = grid.start + code * grid.samples_per_code
    return start, start + grid.samples_per_code


@settings(deadline=None)  # a busy machine is no fault
@given(songs_beats(), grids)
def test_high_and_mid_of_beats(beats, grid):
    expected = []
    for code in range(grid.codes):
        first, end = code_bounds(grid, code)
        inside = [position for time, position in beats if first <= round(time * SAMPLE_RATE) < end]
        expected.append(0 if not inside else DOWNBEAT if 1 in inside else BEAT)
    np.testing.assert_array_equal(high(tracked(beats), grid), expected)
    np.testing.assert_array_equal(mid(tracked(beats), grid), np.array(expected) > 0)


@settings(deadline=None)  # a busy machine is no fault
@given(st.integers(0, 300), grids, st.integers(0, 5))
def test_mid_of_activations(frames, grid, seed):
    activations = np.random.default_rng(seed).uniform(0, 1, (frames, 3)).astype(np.float32)
    peaks = [] if frames == 0 else activation_peaks(activations)
    expected = np.zeros(grid.codes)
    for code in range(grid.codes):
        first, end = code_bounds(grid, code)
        expected[code] = any(first <= round(time * SAMPLE_RATE) < end for time in peaks)
    np.testing.assert_array_equal(mid(tracked(activations=activations), grid), expected)


def test_peaks_are_high_apart_and_prominent():
    activations = np.zeros((100, 3), dtype=np.float32)
    activations[:, 0] = 1  # the class "none" is no activation
    activations[10, 1] = 0.5
    activations[14, 2] = 0.6  # 4 frames later and higher: replaces the one before
    activations[40, 2] = 0.09  # too low
    activations[60:80, 1] = 0.8
    activations[70, 1] = 0.85  # on a plateau: not prominent; the plateau's centre is lower
    activations[90, 1] = 0.2
    np.testing.assert_allclose(activation_peaks(activations), [0.14, 0.70, 0.90])


@settings(deadline=None)  # a busy machine is no fault
@given(st.integers(0, 40), grids)
def test_low(frames, grid):
    embeddings = np.random.default_rng(0).normal(size=(frames, 50)).astype(np.float32)
    actual = low(tracked(embeddings=embeddings), grid)
    for code in range(grid.codes):
        centre = 100 * (grid.start + (code + 0.5) * grid.samples_per_code) / SAMPLE_RATE
        if frames == 0 or centre < 0 or centre > frames:
            expected = np.zeros(50)
        else:
            times = np.arange(frames)
            expected = [np.interp(centre, times, column) for column in embeddings.T]
        np.testing.assert_allclose(actual[code], expected, atol=1e-5)


def slow_phases(time: float, beats: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Beat and bar phase, computed beat by beat. The last beat of a bar has the bar's length."""

    def bar_length(index: int) -> float:
        end = index
        while end + 1 < len(beats) and beats[end + 1][1] > beats[end][1]:
            end += 1
        length = beats[end][1]
        if end + 1 == len(beats):  # the last bar may be cut short
            start = index
            while start > 0 and beats[start - 1][1] < beats[start][1]:
                start -= 1
            if start > 0:
                length = max(length, beats[start - 1][1])
        return length

    if len(beats) < 2:
        return None
    index = 0
    while index + 2 < len(beats) and beats[index + 1][0] <= time:
        index += 1
    (left, here), (right, there) = beats[index], beats[index + 1]
    along = (time - left) / (right - left)
    if along < -bar_length(0) or along > 1 + bar_length(len(beats) - 1):
        return None
    start = (here - 1) / bar_length(index)
    end = (there - 1) / bar_length(index + 1) + (1 if there <= here else 0)
    return along % 1, (start + along * (end - start)) % 1


@settings(deadline=None)  # a busy machine is no fault
@given(songs_beats(), grids)
def test_phase(beats, grid):
    actual = phase(tracked(beats), grid)
    assert actual.shape == (grid.codes, 4)
    for code in range(grid.codes):
        centre = (grid.start + (code + 0.5) * grid.samples_per_code) / SAMPLE_RATE
        if near_an_end(centre, beats):
            continue
        phases = slow_phases(centre, [tuple(beat) for beat in beats.tolist()])
        expected = [0.0] * 4
        if phases is not None:
            expected = [f(2 * math.pi * turn) for turn in phases for f in (math.sin, math.cos)]
        np.testing.assert_allclose(actual[code], expected, atol=1e-4)


def near_an_end(centre: float, beats: np.ndarray) -> bool:
    """Whether rounding may decide if the centre is inside the part with phases."""
    if len(beats) < 2:
        return False
    lengths, _ = bar_positions(beats[:, 1])
    first = beats[0, 0] - lengths[0] * (beats[1, 0] - beats[0, 0])
    last = beats[-1, 0] + lengths[-1] * (beats[-1, 0] - beats[-2, 0])
    return min(abs(centre - first), abs(centre - last)) < 1e-6


@settings(deadline=None)  # a busy machine is no fault
@given(st.floats(30, 300), st.integers(1, 9), st.floats(0, 4.9), st.integers(0, 4 * SAMPLE_RATE))
def test_phase_of_a_regular_grid(bpm, meter, first_downbeat, start):
    grid = CodeGrid(start, 100, 1_024)
    beats = regular_beats(bpm, meter, first_downbeat, 20)
    actual = phase(tracked(beats), grid)
    turns = (grid.centres - first_downbeat) * bpm / 60
    seen = meter if len(beats) >= 2 * meter else max(beats[:, 1])
    assert seen == meter
    expected = np.stack(
        [f(2 * np.pi * turn) for turn in (turns, turns / meter) for f in (np.sin, np.cos)], axis=1
    )
    known = np.any(actual != 0, axis=1)
    assert known[(grid.centres > beats[0, 0]) & (grid.centres < beats[-1, 0])].all()
    np.testing.assert_allclose(actual[known], expected[known], atol=1e-4)


@pytest.mark.parametrize("beats", [np.empty((0, 2)), np.array([[1.0, 1.0]])])
def test_without_an_interval_there_is_no_phase(beats):
    assert not phase(tracked(beats), CodeGrid(0, 200, 1_024)).any()


def test_phase_reaches_one_bar_beyond_the_beats():
    beats = regular_beats(120, 4, 10, 20)
    beats = beats[(beats[:, 0] >= 10) & (beats[:, 0] <= 14)]
    grid = CodeGrid(0, 44_100 * 20 // 1_024, 1_024)
    known = np.any(phase(tracked(beats), grid) != 0, axis=1)
    np.testing.assert_array_equal(known, (grid.centres >= 8) & (grid.centres <= 16))


@pytest.mark.parametrize(
    ("positions", "lengths", "bars"),
    [
        ([1, 2, 3, 4, 1, 2], [4] * 6, [0, 0.25, 0.5, 0.75, 1, 1.25]),
        ([3, 1, 2, 3], [3] * 4, [2 / 3, 1, 4 / 3, 5 / 3]),
        ([1, 2, 3, 1, 2, 3, 4], [3, 3, 3, 4, 4, 4, 4], [0, 1 / 3, 2 / 3, 1, 1.25, 1.5, 1.75]),
        ([1, 1, 1], [1, 1, 1], [0, 1, 2]),
        ([2], [2], [0.5]),
    ],
)
def test_the_last_beat_of_a_bar_is_its_length(positions, lengths, bars):
    actual_lengths, actual_bars = bar_positions(np.array(positions, dtype=float))
    np.testing.assert_array_equal(actual_lengths, lengths)
    np.testing.assert_allclose(actual_bars, bars)


@settings(deadline=None)  # a busy machine is no fault
@given(songs_beats(), grids, st.integers(1, 20))
def test_a_later_start_shifts_every_representation(beats, grid, shift):
    """By whole codes: the clip's content depends on time alone."""
    frames = 1_200
    rng = np.random.default_rng(0)
    song = tracked(
        beats,
        activations=rng.uniform(size=(frames, 3)).astype(np.float32),
        embeddings=rng.normal(size=(frames, 50)).astype(np.float32),
    )
    start = grid.start + shift * grid.samples_per_code
    later = CodeGrid(start, grid.codes, grid.samples_per_code)
    whole = CodeGrid(grid.start, grid.codes + shift, grid.samples_per_code)
    one, other = represent(song, later), represent(song, whole)
    assert list(one) == list(other) == ["low", "mid", "high", "phase"]
    for name in one:
        np.testing.assert_allclose(one[name], other[name][shift:], atol=1e-4)


def test_shapes_and_types():
    song = tracked(regular_beats(100, 4, 0.5, 10))
    arrays = represent(song, CodeGrid(1_000, 64, 1_024))
    assert {name: (values.shape, values.dtype) for name, values in arrays.items()} == {
        "low": ((64, 50), np.float32),
        "mid": ((64,), np.uint8),
        "high": ((64,), np.uint8),
        "phase": ((64, 4), np.float32),
    }
    assert not arrays["low"].any()
    np.testing.assert_array_equal(arrays["mid"], arrays["high"] > 0)


def test_the_arrays_of_a_representation_say_what_they_hold():
    arrays = {name: representation(name).arrays for name in REPRESENTATIONS.names}
    assert {name: [array.name for array in own] for name, own in arrays.items()} == {
        "none": [],
        "low": ["low"],
        "mid": ["mid"],
        "high": ["high", "phase"],
    }
    for array in all_arrays().values():
        values = array.compute(tracked(regular_beats(100, 4, 0.5, 10)), CodeGrid(0, 64, 1_024))
        assert values.shape == ((64, array.width) if array.width else (64,))
        assert not array.classes or values.max() < array.classes
    assert [name for name in REPRESENTATIONS.names if representation(name).needs_embedding] == [
        "low"
    ]
