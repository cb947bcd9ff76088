"""From what MMA writes to the song: own parts, silent bars, fills, tempi, time signatures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.corpus.midi.check import CheckedSong, check_song
from jukedrummer.corpus.midi.groups import stem_of
from jukedrummer.corpus.midi.read import MidiScore, read_score
from jukedrummer.corpus.midi.save import save_score
from jukedrummer.corpus.mma.arrange import arrange
from jukedrummer.corpus.mma.changes import CRASH, TOMS
from jukedrummer.corpus.mma.form import PICKUP
from jukedrummer.corpus.mma.parts import BarTicks
from jukedrummer.corpus.mma.plan import MmaPlan
from tests.corpus.mma.mma_files import QUARTER, plans, style_text, written

SONGS = 24


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[MmaPlan]:
    """Plans of songs in 4/4, without fills in the style."""
    text = style_text(grooves=("Rock", "Rock1"))
    return plans(tmp_path_factory.mktemp("styles"), SONGS, text)


@pytest.fixture(scope="module")
def alone(many: list[MmaPlan]) -> list[MidiScore]:
    """The songs of a style of drums."""
    return [arrange(plan, written(plan, band=False)) for plan in many]


def checked(score: MidiScore) -> CheckedSong:
    return check_song(score, 3_600.0, exact=True)


def test_a_style_of_drums_gets_a_bass_and_chords(
    many: list[MmaPlan], alone: list[MidiScore]
) -> None:
    for plan, score in zip(many, alone, strict=True):
        bars = BarTicks(plan, QUARTER)
        low = [note for note in score.notes if stem_of(note.program) == "bass"]
        assert low
        assert len({note.channel for note in score.notes}) >= 2
        for number, bar in enumerate(plan.bars):
            roots = [n.pitch % 12 for n in low if bars.number(n.start) == number]
            if roots and not bar.off_beat and bar.form.section != PICKUP:
                assert roots[0] == bar.chords[0].root


def test_the_bass_of_a_style_stays(many: list[MmaPlan]) -> None:
    for plan in many[:10]:
        score = arrange(plan, written(plan))
        assert {n.pitch for n in score.notes if n.channel == 0} >= {36}
        assert all(stem_of(n.program) == "bass" for n in score.notes if n.channel == 0)


def test_notes_without_an_end_do_not_pile_up(many: list[MmaPlan]) -> None:
    for plan in many[:10]:
        score = arrange(plan, written(plan))
        ends = sorted(note.end for note in score.notes)
        sounding = max(
            place + 1 - np.searchsorted(ends, note.start, "right")
            for place, note in enumerate(score.notes)
        )
        assert sounding < 30


def test_the_same_plan_gives_the_same_song(many: list[MmaPlan], tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_score(tmp_path / f"{name}.mid", arrange(many[0], written(many[0])))
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()


def test_a_saved_song_is_read_as_it_was(alone: list[MidiScore], tmp_path: Path) -> None:
    for score in alone[:8]:
        save_score(tmp_path / "song.mid", score)
        read = read_score(tmp_path / "song.mid")
        assert read.notes == score.notes
        assert sorted(read.strokes, key=str) == sorted(score.strokes, key=str)
        assert (read.tempi, read.signatures) == (score.tempi, score.signatures)


def test_who_is_silent_does_not_play(many: list[MmaPlan], alone: list[MidiScore]) -> None:
    silent_drums = 0
    for plan, score in zip(many, alone, strict=True):
        bars = BarTicks(plan, QUARTER)
        with_drums = {bars.number(stroke.tick) for stroke in score.strokes}
        for number, bar in enumerate(plan.bars):
            if "drums" in bar.form.silent:
                silent_drums += 1
                assert number not in with_drums
            elif not bar.form.stop:
                assert number in with_drums
    assert silent_drums > 5


def test_the_band_pauses_in_few_bars(many: list[MmaPlan], alone: list[MidiScore]) -> None:
    for plan, score in zip(many, alone, strict=True):
        bars = BarTicks(plan, QUARTER)
        sounding = {bars.number(note.start) for note in score.notes}
        assert len(plan.bars) - len(sounding) <= 0.25 * len(plan.bars) + 1


def test_off_the_beat(many: list[MmaPlan], alone: list[MidiScore]) -> None:
    found = 0
    for plan, score in zip(many, alone, strict=True):
        bars = BarTicks(plan, QUARTER)
        for note in score.notes:
            if plan.bars[bars.number(note.start)].off_beat:
                found += 1
                assert abs((note.start / bars.beat + 0.5) % 1 - 0.5) > 0.08
    assert found > 50


def test_own_fills(many: list[MmaPlan], alone: list[MidiScore]) -> None:
    fills = 0
    for plan, score in zip(many, alone, strict=True):
        bars = BarTicks(plan, QUARTER)
        for number, bar in enumerate(plan.bars):
            strokes = [s for s in score.strokes if bars.number(s.tick) == number]
            played = {stroke.pitch for stroke in strokes}
            if not bar.fill and not bar.form.stop:
                assert not played & set(TOMS)
            fills += bool(bar.fill and played & set(TOMS))
    assert fills > 10
    assert any(stroke.pitch == CRASH for score in alone for stroke in score.strokes)


def test_the_last_note_of_a_stop_is_held(many: list[MmaPlan], alone: list[MidiScore]) -> None:
    pairs = list(zip(many, alone, strict=True))
    stops = [(plan, score) for plan, score in pairs if plan.bars[-1].form.stop]
    assert stops
    for plan, score in stops:
        start, end = BarTicks(plan, QUARTER).span(len(plan.bars) - 1)
        last = [note for note in score.notes if note.start >= start - 20]
        assert all(note.start < start + 0.25 * QUARTER for note in last)
        assert {note.end for note in last if note.start >= start} <= {end}


def test_tempo_and_bars_are_those_of_the_plan(many: list[MmaPlan], alone: list[MidiScore]) -> None:
    for plan, score in zip(many, alone, strict=True):
        song = checked(score)
        bpm = 60 / np.diff(song.beats[:, 0])
        assert np.abs(bpm / plan.bpm - 1).max() < max(plan.drift, 1e-4) + 0.17 * (plan.drift > 0)
        if not plan.drift:
            assert len(score.tempi) == 1
        meters = [bar.meter for bar in plan.bars]
        signatures = [(meter.numerator, meter.denominator) for meter in meters]
        changes = [s for k, s in enumerate(signatures) if k == 0 or s != signatures[k - 1]]
        assert [signature[1:] for signature in score.signatures] == changes


def test_downbeats_are_where_bars_begin(many: list[MmaPlan], alone: list[MidiScore]) -> None:
    for plan, score in zip(many, alone, strict=True):
        song = checked(score)
        bars = BarTicks(plan, QUARTER)
        starts = song.tempo.seconds(bars.edges.astype(float)) - song.start
        downbeats = song.beats[song.beats[:, 1] == 1, 0]
        inside = starts[(starts >= 0) & (starts < downbeats[-1] + 1e-6)]
        np.testing.assert_allclose(downbeats[: len(inside)], inside, atol=1e-6)


def test_a_song_begins_with_its_pick_up(many: list[MmaPlan], alone: list[MidiScore]) -> None:
    positions = {
        int(checked(score).beats[0, 1])
        for plan, score in zip(many, alone, strict=True)
        if plan.pickup
    }
    assert positions - {1}


@pytest.mark.parametrize(
    ("time", "signature", "beats"),
    [
        ("Time 6\nTimesig 6 8", (6, 8), 2),
        ("Time 3\nTimesig 6 8", (6, 8), 2),
        ("Time 3", (3, 4), 3),
        ("Time 2", (2, 4), 2),
    ],
)
def test_other_meters(tmp_path: Path, time: str, signature: tuple[int, int], beats: int) -> None:
    for plan in plans(tmp_path, 3, style_text(time)):
        score = arrange(replace(plan, drift=0.0), written(plan, band=False))
        song = checked(score)
        assert score.signatures == [(0, *signature)]
        assert song.bpm == pytest.approx(plan.bpm, abs=0.01)
        assert set(song.beats[:, 1]) == set(range(1, beats + 1))
        assert song.on_grid > 0.9
