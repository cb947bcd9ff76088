"""The drums: fills inside their beats, builds that grow, breaks, accents, looseness."""

import numpy as np
import pytest

from jukedrummer.corpus.score import KIT_PITCHES, Hit
from jukedrummer.corpus.second_composer.drummer import SessionDrummer
from jukedrummer.corpus.second_composer.fills import FILLS
from jukedrummer.corpus.second_composer.plan import SongPlan, plan_song
from jukedrummer.corpus.second_composer.styles import STYLE_SHEETS
from jukedrummer.corpus.second_composer.synth.designs import MACHINES
from jukedrummer.model.pieces import PIECES, piece_of

Played = tuple[SongPlan, SessionDrummer, list[Hit]]


@pytest.fixture(scope="module")
def played() -> list[Played]:
    plans = [plan_song(1, index, 26.0) for index in range(2 * len(STYLE_SHEETS))]
    drummers = [SessionDrummer(plan) for plan in plans]
    return [(plan, drummer, drummer.play()) for plan, drummer in zip(plans, drummers, strict=True)]


@pytest.mark.parametrize("kind", FILLS)
@pytest.mark.parametrize("steps", [3, 4, 6])
def test_fills_lie_in_their_beats_and_are_not_all_the_same(kind: str, steps: int) -> None:
    fills = []
    for seed in range(10):
        for beats in (1, 2, 4):
            fill = FILLS[kind](np.random.default_rng(seed), steps, beats)
            fills.append(fill)
            for step, piece, strength in fill:
                assert 0 <= step < beats * steps
                assert piece in KIT_PITCHES
                assert 1 <= strength <= 10
    assert len({repr(fill) for fill in fills}) > 3


def test_strokes_are_in_order_in_the_song_and_not_doubled(played: list[Played]) -> None:
    for plan, _, hits in played:
        times = np.array([hit.start for hit in hits])
        assert (np.diff(times) >= 0).all()
        assert times[0] >= 0
        assert times[-1] < plan.seconds
        for piece in KIT_PITCHES:
            own = [hit.start for hit in hits if hit.piece == piece]
            assert (np.diff(own) > 0.012).all()
        assert all(1 <= hit.velocity <= 127 for hit in hits)
        assert 2 < len(hits) / plan.seconds < 16


def test_all_eight_pieces_are_played_with_soft_and_loud_strokes(played: list[Played]) -> None:
    hits = [hit for _, _, own in played for hit in own]
    pieces = [piece_of(KIT_PITCHES[hit.piece]) for hit in hits]
    counts = np.bincount([piece for piece in pieces if piece is not None], minlength=len(PIECES))
    assert counts.min() > len(hits) / 200
    snares = np.array([hit.velocity for hit in hits if hit.piece == "snare"])
    assert np.mean(snares < 50) > 0.05  # ghost notes
    assert np.mean(snares > 110) > 0.1


def test_no_drums_play_in_breaks_before_the_fill(played: list[Played]) -> None:
    for plan, drummer, _ in played:
        for bar in plan.bars:
            if bar.form.level == "n":
                start = plan.style.bar_steps - bar.fill * plan.style.steps
                strokes = drummer.of_bar(bar.index, tuple(KIT_PITCHES))
                assert all(stroke.step >= start for stroke in strokes)


def test_builds_grow(played: list[Played]) -> None:
    grown = []
    for plan, drummer, _ in played:
        for bar in plan.bars:
            if bar.form.level == "b" and bar.form.length > 1 and bar.form.place == 0:
                first, last = (
                    [s.strength for s in drummer.of_bar(bar.index + late, tuple(KIT_PITCHES))]
                    for late in (0, bar.form.length - 1)
                )
                grown.append(np.mean(last) > np.mean(first))
    assert len(grown) > 5
    assert all(grown)


def test_crashes_mark_the_starts_of_sections(played: list[Played]) -> None:
    starts = crashed = 0
    for plan, drummer, _ in played:
        for bar in plan.bars[1:]:
            if bar.form.place == 0 and bar.form.level in "ml" and not bar.stop:
                starts += 1
                crashed += any(s.step == 0 for s in drummer.of_bar(bar.index, ("crash",)))
    assert 0.6 < crashed / starts < 1


def test_all_play_the_hits_of_a_stop_and_nothing_between(played: list[Played]) -> None:
    for plan, drummer, _ in played:
        for bar in plan.bars:
            if bar.stop:
                before = plan.style.bar_steps - plan.style.steps
                steps = {s.step for s in drummer.of_bar(bar.index, tuple(KIT_PITCHES))}
                assert set(plan.stop_steps) <= steps
                assert {step for step in steps if step < before} <= set(plan.stop_steps)


def test_machines_play_on_the_grid_and_hands_near_it(played: list[Played]) -> None:
    for plan, _, hits in played:
        bars = range(-1, len(plan.bars) + 1)
        parts = (0, 1 / 3, 1 / 2, 2 / 3)
        grid = [
            plan.time(bar, step + part)
            for bar in bars
            for step in range(plan.style.bar_steps)
            for part in parts
        ]
        distance = np.abs(np.subtract.outer([hit.start for hit in hits], grid)).min(1)
        assert np.mean(distance < 0.03) > 0.98, plan.style.name
        assert (distance.max() < 0.002) == (plan.kit in MACHINES), plan.kit


def test_the_groove_of_a_bar_returns_two_bars_later(played: list[Played]) -> None:
    same = []
    for plan, drummer, _ in played:
        for bar in plan.bars[:-2]:
            later = plan.bars[bar.index + 2]
            alike = bar.form.number == later.form.number and bar.form.level in "ml"
            others = bar.fill or later.fill or bar.stop or later.stop
            if alike and not others:
                first, second = (
                    {(s.step, s.piece) for s in drummer.of_bar(b.index, tuple(KIT_PITCHES))}
                    for b in (bar, later)
                )
                # A crash may replace the first strokes of a section.
                first, second = ({s for s in own if s[0] > 0} for own in (first, second))
                same.append(first == second)
    assert len(same) > 10
    assert all(same)
