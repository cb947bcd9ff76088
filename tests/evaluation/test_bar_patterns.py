"""Strokes on the grid of their bars, against a slow reference."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.evaluation.bar_patterns import bar_patterns, grid_places
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES, VOICES
from tests.evaluation.helpers.drums import GROOVE, beats_of_bars, moved, random_strokes, strokes_of
from tests.evaluation.helpers.times import ascending, gaps


def test_every_piece_has_one_voice() -> None:
    assert sorted(piece for pieces in VOICES.values() for piece in pieces) == sorted(PIECES)


def test_a_groove_is_read_back() -> None:
    side_stick = {"side_stick": GROOVE["snare"], "open_hat": GROOVE["closed_hat"]}
    patterns = bar_patterns(strokes_of(GROOVE, side_stick), beats_of_bars(2), 4)
    assert [pattern.shape for pattern in patterns] == [(6, 16), (6, 16)]
    for pattern, kick in zip(patterns, (GROOVE["kick"], "." * 16), strict=True):
        for voice, line in (("kick", kick), ("snare", GROOVE["snare"])):
            row = pattern[list(VOICES).index(voice)]
            assert "".join("x" if plays else "." for plays in row) == line
        assert pattern[list(VOICES).index("hats")].sum() == 8
        assert not pattern[3:].any()


def test_positions_are_in_proportion_to_the_meter() -> None:
    for meter, parts in ((4, 4), (4, 3), (3, 4), (5, 3)):
        patterns = bar_patterns(strokes_of(GROOVE), beats_of_bars(3, meter=meter), parts)
        assert [pattern.shape[1] for pattern in patterns] == 3 * [meter * parts]


def test_a_stroke_before_the_downbeat_belongs_to_the_bar_that_it_opens() -> None:
    strokes, beats = strokes_of(GROOVE, GROOVE), beats_of_bars(2)
    for shift in (-0.05, 0.05):
        shifted = bar_patterns(moved(strokes, shift), beats, 4)
        np.testing.assert_array_equal(shifted, bar_patterns(strokes, beats, 4))


def test_a_pick_up_and_what_follows_the_last_downbeat_are_left_out() -> None:
    beats = beats_of_bars(2)[1:]  # the first bar is not complete
    patterns = bar_patterns(strokes_of(GROOVE, GROOVE, GROOVE), beats, 4)
    assert len(patterns) == 1
    assert patterns[0].sum() == sum(line.count("x") for line in GROOVE.values())
    assert bar_patterns(strokes_of(GROOVE), beats[:3], 4) == []


@given(gaps, st.integers(0, 1_000), st.sampled_from((3, 4)))
def test_places_are_the_nearest_grid_times(steps: list[float], seed: int, parts: int) -> None:
    beats = ascending(steps)
    times = random_strokes(seed, 20, beats[-1] + 1).times
    grid = [
        beats[beat] + part / parts * (beats[beat + 1] - beats[beat])
        for beat in range(len(beats) - 1)
        for part in range(parts)
    ] + [beats[-1]]
    for time, place in zip(times, grid_places(times, beats, parts), strict=True):
        if math.isnan(place):
            assert time < beats[0] or time > beats[-1]
        else:
            nearest = min(abs(time - other) for other in grid)
            # Where the tempo changes, the nearest in beats may not be the nearest in seconds.
            widest = max(steps[1:]) / parts / 2
            assert abs(time - grid[int(place)]) <= max(nearest, widest) + 1e-9


@given(st.integers(0, 1_000), st.sampled_from((3, 4)))
def test_every_stroke_in_the_bars_is_in_the_pattern(seed: int, parts: int) -> None:
    strokes, beats = random_strokes(seed, 60, 12.0), beats_of_bars(4)
    cells = set()
    for time, piece in zip(strokes.times, strokes.pieces, strict=True):
        place = round((time - 0.5) / (60 / 100) * parts)
        if 0 <= place < 16 * parts:
            voice = [PIECES[piece] in pieces for pieces in VOICES.values()].index(True)
            cells.add((place // (4 * parts), voice, place % (4 * parts)))
    patterns = np.stack(bar_patterns(strokes, beats, parts))
    assert cells == {tuple(map(int, cell)) for cell in np.argwhere(patterns)}


def test_no_strokes_make_empty_bars() -> None:
    none = Strokes(np.zeros(0), np.zeros(0, np.int64), np.zeros(0))
    assert not np.any(bar_patterns(none, beats_of_bars(2), 4))
