"""Reading of MIDI files: every fault has a reason, and notes end where they should."""

import time
from contextlib import suppress
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.corpus.midi.check import check_song
from jukedrummer.corpus.midi.read import LONGEST_NOTE, UnusableSongError, read_score
from tests.corpus.midi_files import TICKS, bad_files, band, drums, song_file, write_midi


def test_every_fault_has_its_reason_within_two_seconds(tmp_path: Path) -> None:
    for name, (path, reason) in bad_files(tmp_path).items():
        start = time.process_time()
        with pytest.raises(UnusableSongError) as raised:
            check_song(read_score(path), 180.0)
        assert reason in str(raised.value), name
        assert 0 < len(raised.value.rule) < 16
        assert time.process_time() - start < 2, name


def test_a_track_called_drums_on_channel_10_and_percussion_with_a_pitch_are_used(
    tmp_path: Path,
) -> None:
    named = [(0.0, mido.MetaMessage("track_name", name="Drums"))]
    strokes, notes = drums(32), [(3, 116, at, 0.5, 50) for at in range(32)]
    path = write_midi(tmp_path / "a.mid", strokes, notes, extra=named)
    assert len(read_score(path).notes) == 32


@pytest.mark.parametrize("name", ["Percussive Organ", "Drum & Bass", "Steel drums", "Kit", ""])
def test_other_names_are_no_drums(tmp_path: Path, name: str) -> None:
    named = [(0.0, mido.MetaMessage("track_name", name=name))]
    path = write_midi(tmp_path / "a.mid", drums(32), band(32), extra=named)
    assert read_score(path).notes


def test_bank_127_is_no_drum_kit_without_xg(tmp_path: Path) -> None:
    bank = [(0.0, mido.Message("control_change", channel=1, control=0, value=127))]
    assert read_score(write_midi(tmp_path / "a.mid", drums(32), band(32), extra=bank)).notes


def test_a_missing_file_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(UnusableSongError, match="cannot be read"):
        read_score(tmp_path / "none.mid")


def spans(path: Path) -> list[tuple[int, float, float]]:
    """Pitch, start and end in quarter notes of each note."""
    notes = read_score(path).notes
    return [(note.pitch, note.start / TICKS, note.end / TICKS) for note in notes]


def test_notes_of_one_pitch_end_in_their_order(tmp_path: Path) -> None:
    notes = [(0, 0, 0, 2, 60), (0, 0, 1, 2, 60), (0, 0, 4, 1, 60), (0, 0, 5, 1, 60)]
    path = write_midi(tmp_path / "a.mid", (), notes)
    assert spans(path) == [(60, 0, 2), (60, 1, 3), (60, 4, 5), (60, 5, 6)]


def test_the_pedal_holds_notes_until_it_is_lifted_or_they_are_struck_again(tmp_path: Path) -> None:
    pedal = [
        (at, mido.Message("control_change", control=64, value=value))
        for at, value in ((0, 127), (8, 0))
    ]
    notes = [(0, 0, 1, 1, 60), (0, 0, 4, 1, 60), (0, 0, 2, 1, 64)]
    path = write_midi(tmp_path / "a.mid", (), notes, extra=pedal)
    assert spans(path) == [(60, 1, 4), (64, 2, 8), (60, 4, 8)]


def test_notes_and_pedals_without_an_end_are_cut(tmp_path: Path) -> None:
    begin = [
        (0, mido.Message("control_change", control=64, value=127)),
        (1, mido.Message("note_on", note=60, velocity=90)),
    ]
    path = write_midi(tmp_path / "a.mid", (), [(0, 0, 2, 1, 64), (1, 0, 500, 1, 70)], extra=begin)
    assert spans(path) == [(60, 1, 1 + LONGEST_NOTE), (64, 2, 2 + LONGEST_NOTE), (70, 500, 501)]


def test_all_notes_off_ends_them(tmp_path: Path) -> None:
    extra = [
        (0, mido.Message("note_on", note=60, velocity=90)),
        (3, mido.Message("control_change", control=123, value=0)),
    ]
    path = write_midi(tmp_path / "a.mid", (), [(1, 0, 9, 1, 70)], extra=extra)
    assert spans(path) == [(60, 0, 3), (70, 9, 10)]


def test_a_file_of_one_track_is_read_as_one_of_many(tmp_path: Path) -> None:
    many = read_score(write_midi(tmp_path / "a.mid", drums(32), band(32)))
    one = read_score(write_midi(tmp_path / "b.mid", drums(32), band(32), kind=0))
    assert many == one


def test_pitches_that_are_no_drums_are_left_out(tmp_path: Path) -> None:
    path = write_midi(tmp_path / "a.mid", [(0, 10), (0, 36), (1, 120)], ())
    assert [stroke.pitch for stroke in read_score(path).strokes] == [36]


@settings(max_examples=150, deadline=2_000)
@given(
    edits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    length=st.integers(0, 10_000),
)
def test_a_damaged_file_is_read_or_has_a_reason(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int]], length: int
) -> None:
    path = song_file(tmp_path_factory.mktemp("damaged") / "a.mid", bars=4)
    content = bytearray(path.read_bytes())
    for place, value in edits:
        content[place % len(content)] = value
    path.write_bytes(content[: max(length % (2 * len(content)), 20)])
    with suppress(UnusableSongError):
        song = check_song(read_score(path), 20.0)
        assert song.seconds <= 20
        assert len(song.beats) >= 2


@settings(max_examples=100, deadline=2_000)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_have_a_reason(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a.mid"
    path.write_bytes(b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk\x00\x00\x01\x90" + content)
    with suppress(UnusableSongError):
        check_song(read_score(path), 20.0)
