"""Locked bars: their strokes, their samples, and the seams."""

import numpy as np
import pytest

from jukedrummer.beats.annotations import regular_beats
from jukedrummer.beats.bar_grid import BarGrid, bar_grid
from jukedrummer.errors import UserError
from jukedrummer.model.pieces import PIECES
from jukedrummer.songs.locking import (
    SEAM_SECONDS,
    listed_bars,
    lock_strokes,
    locked_spans,
    old_weights,
    splice,
)
from tests.kits.helpers import RATE, strokes_of

FADE = round(SEAM_SECONDS * RATE)


@pytest.fixture
def grid() -> BarGrid:
    """Bars of two seconds."""
    return bar_grid(regular_beats(120, 4, 0.0, 16.0), 16.0)


@pytest.mark.parametrize(
    ("text", "bars"), [("3", {3}), ("1-3", {1, 2, 3}), (" 1 - 2, 5,5 ", {1, 2, 5})]
)
def test_lists_of_bars(text: str, bars: set[int]) -> None:
    assert listed_bars(text, 8) == bars


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is not a bar or a range"),
        ("1,x", "'x' is not a bar"),
        ("3-2", "the bars 3-2 do not exist"),
        ("7-9", "the bars 7-9 do not exist: the song has bars 1 to 8"),
        ("0", "the bars 0 do not exist"),
    ],
)
def test_bad_lists_of_bars(text: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        listed_bars(text, 8)


def test_locked_bars_have_the_old_strokes(grid: BarGrid) -> None:
    # A stroke just before a downbeat belongs to the bar that the downbeat opens.
    old = strokes_of((0.0, "kick", 1), (1.99, "snare", 2), (3.0, "kick", 3), (3.99, "ride", 4))
    new = strokes_of((0.5, "kick", 5), (1.99, "toms", 6), (2.5, "crash", 7), (4.01, "snare", 8))
    locked = lock_strokes(new, old, grid, {2})
    names = [PIECES[piece] for piece in locked.pieces]
    assert names == ["kick", "snare", "kick", "snare"]
    assert locked.times.tolist() == [0.5, 1.99, 3.0, 4.01]
    assert (locked.velocities * 127).tolist() == pytest.approx([5, 2, 3, 8])


def test_bars_that_follow_each_other_are_one_span(grid: BarGrid) -> None:
    assert locked_spans(grid, {1, 2, 4, 8}, 100, 1_550) == [(0, 400), (600, 800), (1_400, 1_550)]
    assert locked_spans(grid, {8}, 100, 1_400) == []


def test_weights_are_one_in_the_bars_and_fade_outside() -> None:
    spans = [(10_000, 20_000), (20_100, 30_000)]
    weights = old_weights(spans, 0, 40_000, RATE)[:, 0]
    for start, end in spans:
        assert (weights[start:end] == 1).all()
    assert (weights[20_000:20_100] < 1).all()  # a gap shorter than two fades has both
    assert not weights[: 10_000 - FADE].any()
    assert not weights[30_000 + FADE :].any()
    rising = weights[10_000 - FADE : 10_000]
    assert (np.diff(rising) > 0).all()
    assert rising[0] > 0
    assert rising[-1] < 1
    in_chunks = [old_weights(spans, at, at + 1_000, RATE) for at in range(0, 40_000, 1_000)]
    assert (np.concatenate(in_chunks)[:, 0] == weights).all()


def test_a_locked_start_and_end_of_the_song_have_no_fade_there() -> None:
    weights = old_weights([(0, 500), (1_500, 2_000)], 0, 2_000, RATE)[:, 0]
    assert (weights[:500] == 1).all()
    assert (weights[1_500:] == 1).all()


def test_spliced_takes_have_no_click() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(40_000) / RATE
    old, new = (
        np.stack(
            [0.4 * np.sin(2 * np.pi * f * time + p) for f, p in rng.uniform(80, 300, (2, 2))], 1
        )
        for _ in range(2)
    )
    old, new = old.astype(np.float32), new.astype(np.float32)
    spans = [(10_000, 20_000)]
    spliced = splice(new, old, old_weights(spans, 0, len(old), RATE))
    assert (spliced[10_000:20_000] == old[10_000:20_000]).all()
    outside = np.r_[0 : 10_000 - FADE, 20_000 + FADE : 40_000]
    assert (spliced[outside] == new[outside]).all()
    for seam in (10_000, 20_000):
        near = slice(seam - 2 * FADE, seam + 2 * FADE)
        steps = [np.abs(np.diff(wave[near], axis=0)).max() for wave in (spliced, old, new)]
        assert steps[0] <= max(steps[1:]) * 1.0001
    # Without fades there would be a click.
    hard = np.where((np.arange(40_000) // 10_000 == 1)[:, None], old, new)
    assert np.abs(np.diff(hard, axis=0)).max() > 2 * np.abs(np.diff(spliced, axis=0)).max()
