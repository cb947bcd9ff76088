"""The band: what it plays, and how that relates to the drums."""

from itertools import pairwise

import numpy as np
import pytest

from jukedrummer.corpus.score import InstrumentPart
from jukedrummer.corpus.second_composer.band import play_parts
from jukedrummer.corpus.second_composer.drummer import SessionDrummer
from jukedrummer.corpus.second_composer.plan import SongPlan, plan_song
from jukedrummer.corpus.second_composer.styles import STYLE_SHEETS
from tests.corpus.helpers import near

Played = tuple[SongPlan, SessionDrummer, list[InstrumentPart]]


@pytest.fixture(scope="module")
def played() -> list[Played]:
    plans = [plan_song(1, index, 26.0) for index in range(len(STYLE_SHEETS))]
    drummers = [SessionDrummer(plan) for plan in plans]
    return [
        (plan, drummer, play_parts(plan, drummer))
        for plan, drummer in zip(plans, drummers, strict=True)
    ]


def planned(style: str) -> SongPlan:
    """The first song of a style."""
    plans = (plan_song(1, index, 26.0) for index in range(len(STYLE_SHEETS)))
    return next(plan for plan in plans if plan.style.name == style)


def starts(part: InstrumentPart) -> list[float]:
    return [note.start for note in part.notes]


def test_every_song_has_a_bass_and_other_instruments(played: list[Played]) -> None:
    for plan, _, parts in played:
        stems = [part.stem for part in parts]
        assert stems.count("bass") == 1
        assert stems.count("harmony") >= 1
        assert len(parts) >= 3, plan.style.name
    assert len({part.name for _, _, parts in played for part in parts}) > 15


def test_notes_lie_in_the_song_and_in_the_range_of_instruments(played: list[Played]) -> None:
    for plan, _, parts in played:
        for part in parts:
            low, high = (24, 64) if part.stem == "bass" else (35, 100)
            for note in part.notes:
                assert 0 <= note.start < plan.seconds
                assert note.length > 0
                assert low <= note.pitch <= high, (plan.style.name, part.name)
                assert 1 <= note.velocity <= 127


def test_the_bass_is_often_with_the_kick_but_not_always(played: list[Played]) -> None:
    shares = []
    for _, drummer, parts in played:
        bass = next(part for part in parts if part.stem == "bass")
        kicks = [hit.start for hit in drummer.play() if hit.piece == "kick"]
        shares.append(near(starts(bass), kicks).mean())
    assert 0.4 < np.mean(shares) < 0.8
    assert max(shares) > 0.85
    assert min(shares) < 0.5


def test_a_bass_that_follows_the_kick_plays_with_each_kick() -> None:
    plan = planned("trap")
    drummer = SessionDrummer(plan)
    bass = next(part for part in play_parts(plan, drummer) if part.stem == "bass")
    grooves = [bar for bar in plan.bars if bar.form.level in "ml" and not bar.stop]
    kicks = [
        plan.time(bar.index, beat.step)
        for bar in grooves
        if bar.form.band
        for beat in drummer.of_bar(bar.index, ("kick",))
        if beat.strength > 4.5
    ]
    assert near(kicks, starts(bass)).all()


def test_the_band_plays_the_stop_hits_and_nothing_between(played: list[Played]) -> None:
    for plan, _, parts in played:
        hits = [
            plan.time(bar.index, step) for bar in plan.bars if bar.stop for step in plan.stop_steps
        ]
        for part in parts:
            for bar in plan.bars:
                begin, end = plan.time(bar.index, 0), plan.time(bar.index + 1, 0)
                own = [t for t in starts(part) if begin + 0.06 < t < end - 0.06]
                # A pad may hold its chord.
                if bar.stop and own:
                    assert (np.abs(np.subtract.outer(own, hits)).min(1) < 0.06).all()


def test_loud_sections_have_strong_notes(played: list[Played]) -> None:
    soft, loud = [], []
    for plan, _, parts in played:
        for bar in plan.bars:
            begin, end = plan.time(bar.index, 0), plan.time(bar.index + 1, 0)
            target = {"s": soft, "l": loud}.get(bar.form.level)
            if target is not None:
                bass = next(part for part in parts if part.stem == "bass")
                target += [note.velocity for note in bass.notes if begin <= note.start < end]
    assert np.mean(loud) > np.mean(soft) + 8


def test_melodies_repeat_their_motifs_and_move_in_small_steps(played: list[Played]) -> None:
    leads = [part for _, _, parts in played for part in parts if part.stem == "lead"]
    assert len(leads) > 5
    moves = [abs(b.pitch - a.pitch) for part in leads for a, b in pairwise(part.notes)]
    assert np.mean(np.array(moves) <= 4) > 0.7
    assert 0 < np.mean(moves) < 5


def test_reggae_chords_lie_between_the_beats() -> None:
    plan = planned("reggae")
    parts = play_parts(plan, SessionDrummer(plan))
    guitar = next(part for part in parts if part.stem == "harmony")
    grooves = [
        (plan.time(bar.index, 0), plan.time(bar.index + 1, 0))
        for bar in plan.bars
        if bar.form.level in "sml" and not bar.stop
    ]
    chords = [t for t in starts(guitar) if any(a + 0.06 < t < b - 0.06 for a, b in grooves)]
    beats = [time for time, _ in plan.beats]
    assert chords
    assert near(chords, beats).mean() < 0.1
