"""Plans of songs: what they depend on, sections that return, meters, chords, silent bars."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.corpus.mma.chords import DEGREES, INTERVALS, NamedChord, make_progression
from jukedrummer.corpus.mma.form import FORMS, MOST_WITHOUT_DRUMS, PICKUP
from jukedrummer.corpus.mma.meter import ODD_METERS
from jukedrummer.corpus.mma.plan import MmaPlan, plan_song
from jukedrummer.corpus.mma.script import song_text
from jukedrummer.corpus.mma.styles import ALL_TEMPI
from tests.corpus.mma.mma_files import plans, style, style_text


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[MmaPlan]:
    """Plans of 150 songs in 4/4."""
    return plans(tmp_path_factory.mktemp("styles"), 150)


def test_a_plan_depends_on_seed_number_and_the_bytes_of_the_style(tmp_path: Path) -> None:
    one = style(tmp_path)
    plan = plan_song(1, 5, one, 0, 30.0)
    moved = replace(one, path=tmp_path / "elsewhere.mma", name="other/name")
    assert plan_song(1, 5, moved, 0, 30.0) == replace(plan, style=moved)
    changed = replace(one, digest="0" * 64)
    others = [plan_song(2, 5, one, 0, 30.0), plan_song(1, 6, one, 0, 30.0)]
    others.append(plan_song(1, 5, changed, 0, 30.0))
    assert len({(other.bpm, other.key) for other in (plan, *others)}) == 4


def test_the_song_is_as_long_as_asked(many: list[MmaPlan]) -> None:
    for plan in many:
        bars = [bar for bar in plan.bars if bar.form.section != PICKUP]
        beats = sum(bar.meter.beats for bar in bars)
        assert 29 - 60 / plan.bpm * 4 < beats * 60 / plan.bpm < 30 + 60 / plan.bpm * 8
        assert ALL_TEMPI[0] <= plan.bpm <= ALL_TEMPI[1]


def test_bars_follow_each_other(many: list[MmaPlan]) -> None:
    for plan in many:
        ends = [0.0, *(bar.end for bar in plan.bars)]
        assert [bar.start for bar in plan.bars] == ends[:-1]


def test_sections_return_with_their_grooves_and_chords(many: list[MmaPlan]) -> None:
    for plan in many:
        sections: dict[tuple[str, int], set[object]] = {}
        for bar in plan.bars:
            if bar.form.section in "ABC" and bar.groove not in plan.style.fills:
                place = bar.form.section, bar.form.place
                sections.setdefault(place, set()).add((bar.groove, bar.chords[:1], bar.off_beat))
        assert all(len(kinds) == 1 for kinds in sections.values())
    assert max(len({bar.form.section for bar in plan.bars} & set("ABC")) for plan in many) > 1


def test_a_groove_begins_anew_with_each_section(many: list[MmaPlan]) -> None:
    for plan in many:
        for before, bar in zip((None, *plan.bars), plan.bars, strict=False):
            first = bar.form.place == 0 or before is None or before.groove != bar.groove
            assert bar.restart == first


def test_songs_are_varied(many: list[MmaPlan]) -> None:
    meters = {(plan.bars[-1].meter.numerator, plan.bars[-1].meter.denominator) for plan in many}
    assert meters >= {(4, 4)} | set(ODD_METERS)
    shares = {
        "drift": np.mean([plan.drift > 0 for plan in many]),
        "pickup": np.mean([plan.pickup != "" for plan in many]),
        "melody": np.mean([plan.melody for plan in many]),
        "minor": np.mean([plan.minor for plan in many]),
    }
    assert all(0.1 < share < 0.85 for share in shares.values()), shares
    assert any(bar.off_beat for plan in many for bar in plan.bars)
    assert any({bar.meter.lengths for bar in plan.bars} == {(4,), (2,)} for plan in many)
    assert {plan.pickup for plan in many} == {"", "bass", "melody"}
    assert all(plan.melody for plan in many if plan.pickup == "melody")


def test_most_bars_have_drums(many: list[MmaPlan]) -> None:
    for plan in many:
        bars = [bar for bar in plan.bars if bar.form.section != PICKUP]
        without = [bar for bar in bars if "drums" in bar.form.silent]
        assert len(without) <= MOST_WITHOUT_DRUMS * len(bars)


def test_fills_are_the_style_s_or_our_own(many: list[MmaPlan], tmp_path: Path) -> None:
    fills = [bar for plan in many for bar in plan.bars if bar.form.fill]
    assert fills
    assert not any(bar.fill for plan in many for bar in plan.bars)
    assert {bar.groove for bar in fills} == {"RockFill"}
    others = plans(tmp_path, 20, style_text(grooves=("Rock", "Rock1")))
    assert {bar.groove for plan in others for bar in plan.bars} == {"Rock", "Rock1"}
    assert any(bar.fill for plan in others for bar in plan.bars)


def test_later_songs_of_a_style_begin_with_its_other_grooves(tmp_path: Path) -> None:
    one = style(tmp_path, style_text(grooves=tuple(f"Rock{n}" for n in range(5))))
    first = []
    for turn in range(10):
        bars = plan_song(1, 7 * turn, one, turn, 30.0).bars
        first.append(next(bar.groove for bar in bars if bar.form.section == "A"))
    assert first[:5] == first[5:]
    assert len(set(first)) == 5


@pytest.mark.parametrize("minor", [False, True])
def test_progressions(minor: bool) -> None:
    lengths = set()
    for seed in range(60):
        random = np.random.default_rng(seed)
        bars = make_progression(random, key=2, minor=minor, rich=seed % 2 == 0, bars=4)
        assert len(bars) == 4
        lengths |= {len(bar) for bar in bars}
        for chord in (chord for bar in bars for chord in bar):
            assert (chord.root - 2) % 12 in DEGREES.values()
            assert chord.quality in INTERVALS
    assert lengths == {1, 2}


def test_names_and_tones_of_chords() -> None:
    assert NamedChord(10, "m7").name == "Bbm7"
    assert NamedChord(10, "m7").classes == (10, 1, 5, 8)
    assert NamedChord(0, "m7b5").fifth() == 6


def test_all_forms_use_the_letters_that_have_grooves() -> None:
    assert set("".join(FORMS)) == set("ABC")


def test_the_text_for_the_program(many: list[MmaPlan]) -> None:
    five = next(plan for plan in many if plan.bars[-1].meter.lengths == (3, 2))
    lines = song_text(five).splitlines()
    assert lines[0] == "Plugin Disable=all"
    assert re.fullmatch(r"RndSeed \d+", lines[1])
    assert lines[3] == "Use jukedrummer_style_file.mma"
    assert lines.count("Truncate 3") == lines.count("Truncate 2") == len(five.bars)
    grooves = [line.split()[1] for line in lines if line.startswith("Groove")]
    assert grooves == [bar.groove for bar in five.bars if bar.restart]


def test_chords_in_the_text_for_the_program(many: list[MmaPlan]) -> None:
    plan = next(
        plan
        for plan in many
        if {len(bar.chords) for bar in plan.bars} == {1, 2}
        and {bar.meter.lengths for bar in plan.bars} == {(4,)}
    )
    first = ["Plugin", "RndSeed", "Tempo", "Use", "Groove", "Truncate"]
    lines = [line for line in song_text(plan).splitlines() if line.split()[0] not in first]
    for bar, line in zip(plan.bars, lines, strict=True):
        names = [chord.name for chord in bar.chords]
        assert line == (names[0] if len(names) == 1 else f"{names[0]} {names[1]}@3")
