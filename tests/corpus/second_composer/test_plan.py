"""Plans of songs: length, tempo, form, and independence of other songs."""

from itertools import pairwise

import numpy as np
import pytest

from jukedrummer.corpus.second_composer.form import FORMS, LENGTHS, make_form
from jukedrummer.corpus.second_composer.plan import SongPlan, plan_song
from jukedrummer.corpus.second_composer.styles import STYLE_SHEETS

SONGS = 2 * len(STYLE_SHEETS)


@pytest.fixture(scope="module")
def plans() -> list[SongPlan]:
    return [plan_song(1, index, 26.0) for index in range(SONGS)]


def test_every_style_comes_once_in_each_round(plans: list[SongPlan]) -> None:
    names = {style.name for style in STYLE_SHEETS}
    for start in range(0, SONGS, len(STYLE_SHEETS)):
        assert {plan.style.name for plan in plans[start : start + len(STYLE_SHEETS)]} == names


def test_songs_have_their_length_and_tempo(plans: list[SongPlan]) -> None:
    for plan in plans:
        bar = plan.style.meter * 60 / plan.bpm
        assert 26.0 <= plan.seconds <= 26.0 + 1.1 * bar
        tempo = 60 / np.diff(plan.timeline.times)
        assert np.abs(tempo / plan.bpm - 1).max() <= 0.03
        assert plan.style.bpm[0] <= plan.bpm <= plan.style.bpm[1]
    drifts = [np.ptp(np.diff(plan.timeline.times)) > 1e-6 for plan in plans]
    assert 0.2 < np.mean(drifts) < 0.9  # the tempo drifts in a part of the songs


def test_beats_start_with_the_pickup_and_end_on_a_downbeat(plans: list[SongPlan]) -> None:
    for plan in plans:
        positions = [position for _, position in plan.beats]
        assert len(positions) == plan.pickup + len(plan.bars) * plan.style.meter + 1
        assert positions[plan.pickup] == positions[-1] == 1
        assert all(
            (b - a) % plan.style.meter == 1 % plan.style.meter for a, b in pairwise(positions)
        )
        assert plan.beats[0][0] > 0.25
        assert plan.beats[-1][0] < plan.seconds - 1
    assert {plan.pickup > 0 for plan in plans} == {True, False}


def test_steps_between_beats_ascend_with_swing(plans: list[SongPlan]) -> None:
    for plan in plans:
        steps = np.arange(0, plan.style.bar_steps + 0.01, 0.25)
        times = [plan.time(1, step) for step in steps]
        assert (np.diff(times) > 0).all()
        assert times[0] == pytest.approx(plan.beats[plan.pickup + plan.style.meter][0])


def test_a_song_depends_on_its_number_and_the_seed_only() -> None:
    assert repr(plan_song(1, 7, 26.0)) == repr(plan_song(1, 7, 26.0))
    assert plan_song(1, 7, 26.0).bpm != plan_song(2, 7, 26.0).bpm
    assert len({plan_song(1, index, 26.0).bpm for index in range(20)}) > 15


@pytest.mark.parametrize("bars", [2, 3, 7, 14, 20, 90])
@pytest.mark.parametrize("bar_seconds", [1.4, 3.5])
def test_forms_have_exactly_their_bars(bars: int, bar_seconds: float) -> None:
    for seed in range(12):
        form = make_form(np.random.default_rng(seed), bars, bar_seconds)
        assert len(form) == bars
        assert {bar.kind for bar in form} <= set(LENGTHS)
        assert all(0 <= bar.place < bar.length for bar in form)
        numbers = [bar.number for bar in form]
        assert numbers == sorted(numbers)
    assert len(set(FORMS)) == len(FORMS)


def test_songs_have_loud_and_soft_sections_fills_stops_and_breaks(plans: list[SongPlan]) -> None:
    levels = [{bar.form.level for bar in plan.bars} for plan in plans]
    assert np.mean([len(found) >= 3 for found in levels]) > 0.6
    assert np.mean(["n" in found for found in levels]) > 0.3
    assert np.mean(["b" in found for found in levels]) > 0.3
    assert np.mean([any(bar.fill for bar in plan.bars) for plan in plans]) > 0.9
    assert any(bar.stop for plan in plans for bar in plan.bars)
    for plan in plans:
        breaks = "".join(bar.form.level for bar in plan.bars).replace("n", " ").split()
        assert breaks  # no song is without drums
        assert "nnn" not in "".join(bar.form.level for bar in plan.bars)
