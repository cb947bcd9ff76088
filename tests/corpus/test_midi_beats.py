"""Beats and bars of MIDI files: tempi, time signatures, bar lines that are wrong."""

from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.corpus.midi.check import LEAD_IN_SECONDS, CheckedSong, check_song
from jukedrummer.corpus.midi.phase import LEAST_BARS
from jukedrummer.corpus.midi.read import MidiScore, UnusableSongError, read_score
from jukedrummer.corpus.midi.timeline import TempoMap
from tests.corpus.midi_files import (
    KICK,
    SNARE,
    TICKS,
    Notes,
    Strokes,
    band,
    drums,
    song_file,
    write_midi,
)


def checked(path: Path, longest: float = 180.0) -> CheckedSong:
    return check_song(read_score(path), longest)


def positions(song: CheckedSong, count: int) -> list[int]:
    return song.beats[:count, 1].astype(int).tolist()


def test_a_steady_song_has_a_beat_every_half_second(tmp_path: Path) -> None:
    song = checked(song_file(tmp_path / "a.mid"))
    assert song.start == pytest.approx(-LEAD_IN_SECONDS)
    np.testing.assert_allclose(song.beats[:32, 0], LEAD_IN_SECONDS + 0.5 * np.arange(32), atol=1e-9)
    assert positions(song, 9) == [1, 2, 3, 4, 1, 2, 3, 4, 1]
    assert (song.phase, song.on_grid, song.bpm) == ("kept", 1.0, pytest.approx(120))


def test_beats_follow_the_tempo_map(tmp_path: Path) -> None:
    tempi = ((0, 500_000), (8, 250_000), (16.5, 1_000_000))
    song = checked(write_midi(tmp_path / "a.mid", drums(32), band(32), tempi=tempi))
    expected = [LEAD_IN_SECONDS + 0.5 * k for k in range(9)]
    expected += [LEAD_IN_SECONDS + 4 + 0.25 * k for k in range(1, 9)]
    expected += [LEAD_IN_SECONDS + 4 + 0.25 * 8.5 + 0.5 + k for k in range(15)]
    np.testing.assert_allclose(song.beats[:32, 0], expected, atol=1e-9)


def test_a_file_without_a_tempo_has_120(tmp_path: Path) -> None:
    song = checked(write_midi(tmp_path / "a.mid", drums(32), band(32), tempi=()))
    assert song.bpm == pytest.approx(120)
    assert not song.score.tempi


@pytest.mark.parametrize(
    ("signature", "beats", "length"),
    [((3, 4), 3, 0.5), ((6, 8), 2, 0.75), ((12, 8), 4, 0.75), ((5, 4), 5, 0.5), ((7, 8), 7, 0.25)],
)
def test_the_meter_of_the_time_signature(
    tmp_path: Path, signature: tuple[int, int], beats: int, length: float
) -> None:
    path = write_midi(tmp_path / "a.mid", drums(30), band(30), signatures=((0, *signature),))
    song = checked(path)
    # The drums of this song are in four, so its bar lines may move: its meter and beats do not.
    np.testing.assert_allclose(np.diff(song.beats[:, 0]), length, atol=1e-9)
    assert (np.diff(song.beats[:, 1]) % beats == 1 % beats).all()
    assert song.beats[:, 1].max() == beats


def test_a_waltz_keeps_its_bar_lines(tmp_path: Path) -> None:
    path = write_midi(tmp_path / "a.mid", drums(48, 3), band(48, 3), signatures=((0, 3, 4),))
    song = checked(path)
    assert song.phase == "kept"
    assert positions(song, 6) == [1, 2, 3, 1, 2, 3]


def test_a_change_of_meter_begins_a_bar(tmp_path: Path) -> None:
    signatures = ((0, 4, 4), (10, 3, 4), (19, 6, 8))
    song = checked(write_midi(tmp_path / "a.mid", drums(40), band(40), signatures=signatures))
    assert positions(song, 10) == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2]
    assert song.beats[10:19, 1].astype(int).tolist() == [1, 2, 3] * 3
    assert song.beats[19:25, 1].astype(int).tolist() == [1, 2] * 3
    np.testing.assert_allclose(np.diff(song.beats[:19, 0]), 0.5, atol=1e-9)
    np.testing.assert_allclose(np.diff(song.beats[19:, 0]), 0.75, atol=1e-9)


def test_a_signature_that_is_repeated_changes_nothing(tmp_path: Path) -> None:
    repeated = [(4.0 * bar, 4, 4) for bar in range(16)]
    song = checked(write_midi(tmp_path / "a.mid", drums(64), band(64), signatures=repeated))
    assert len(song.stretches) == 1
    assert song.phase == "kept"


@pytest.mark.parametrize(("meter", "pickup"), [(4, 1), (4, 2), (4, 3), (3, 1), (3, 2)])
def test_bar_lines_of_a_pickup_are_moved(tmp_path: Path, meter: int, pickup: int) -> None:
    count = 12 * meter + pickup
    path = write_midi(
        tmp_path / "a.mid",
        drums(count, meter, pickup),
        band(count, meter, pickup),
        signatures=((0, meter, 4),),
    )
    song = checked(path)
    assert song.phase == "moved"
    assert [phase.moved for phase in song.phases] == [pickup]
    expected = [(k - pickup) % meter + 1 for k in range(count)]
    assert positions(song, count) == expected


def test_half_time_is_not_a_pickup(tmp_path: Path) -> None:
    strokes: Strokes = [(k, KICK if k % 4 == 0 else SNARE) for k in range(0, 64, 2)]
    song = checked(write_midi(tmp_path / "a.mid", strokes, band(64)))
    assert song.phase == "kept"
    assert positions(song, 4) == [1, 2, 3, 4]


def test_music_that_does_not_say_where_bars_begin_keeps_the_files(tmp_path: Path) -> None:
    strokes: Strokes = [(k, KICK) for k in range(64)]
    notes: Notes = [(0, 0, k, 0.9, 60) for k in range(64)]
    song = checked(write_midi(tmp_path / "a.mid", strokes, notes))
    assert song.phase == "unclear"
    assert positions(song, 4) == [1, 2, 3, 4]


def test_few_bars_do_not_move_bar_lines(tmp_path: Path) -> None:
    bars = LEAST_BARS - 2
    song = checked(write_midi(tmp_path / "a.mid", drums(4 * bars, 4, 1), band(4 * bars, 4, 1)))
    assert song.phase == "unclear"


def test_the_stretch_is_where_drums_play_and_begins_with_a_bar(tmp_path: Path) -> None:
    strokes = [(at + 64, pitch) for at, pitch in drums(64)]
    song = checked(write_midi(tmp_path / "a.mid", strokes, band(256)), longest=20.0)
    assert song.seconds == pytest.approx(20.0)
    assert song.start == pytest.approx(32 - LEAD_IN_SECONDS)
    assert song.beats[0].tolist() == pytest.approx([LEAD_IN_SECONDS, 1])


def test_a_song_with_a_long_silence_before_it_begins_with_its_first_bar(tmp_path: Path) -> None:
    strokes = [(at + 402, pitch) for at, pitch in drums(32, 4, 2)]
    notes = [(c, p, at + 402, n, k) for c, p, at, n, k in band(32, 4, 2)]
    song = checked(write_midi(tmp_path / "a.mid", strokes, notes))
    assert song.start == pytest.approx(200 - LEAD_IN_SECONDS)
    assert song.seconds < 20


@settings(max_examples=30, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(1, 5_000), st.integers(200_000, 1_500_000)), max_size=8)
)
def test_seconds_are_those_of_mido(changes: list[tuple[int, int]]) -> None:
    track, now = mido.MidiTrack(), 0
    changes = sorted(dict(changes).items())
    for tick, tempo in changes:
        track.append(mido.MetaMessage("set_tempo", tempo=tempo, time=tick - now))
        now = tick
    track.append(mido.Message("note_on", note=60, time=777))
    file = mido.MidiFile(ticks_per_beat=TICKS, tracks=[track])
    score = MidiScore(TICKS, tempi=changes)
    assert TempoMap(score).seconds(np.array([now + 777.0]))[0] == pytest.approx(file.length)


@settings(max_examples=40, deadline=None)
@given(
    signatures=st.lists(
        st.tuples(st.integers(1, 60), st.integers(1, 13), st.sampled_from((2, 4, 8, 16))),
        max_size=5,
    )
)
def test_beats_of_any_signatures_ascend_and_count_up(
    tmp_path_factory: pytest.TempPathFactory, signatures: list[tuple[int, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("beats") / "a.mid"
    write_midi(path, drums(64), band(64), signatures=((0, 4, 4), *sorted(signatures)))
    reason = ""
    try:
        song = checked(path)
    except UnusableSongError as error:
        reason = str(error)
    if reason:
        assert "has a beat of" in reason  # a bar that ends within a beat
        return
    assert (np.diff(song.beats[:, 0]) > 0).all()
    steps = np.diff(song.beats[:, 1])
    # Bar lines that were moved are counted back to the start of their stretch.
    starts = np.cumsum([len(stretch.beats) for stretch in song.stretches])[:-1] - 1
    jumps = (steps != 1) & (song.beats[1:, 1] != 1)
    assert set(np.flatnonzero(jumps)) <= set(starts)
