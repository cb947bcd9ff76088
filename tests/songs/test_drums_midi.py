"""drums.mid, read with other programs' readers and with our own."""

from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest

from jukedrummer.beats.bar_grid import BarGrid, bar_grid
from jukedrummer.errors import UserError
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECE_PITCHES, PIECES
from jukedrummer.songs.drums_midi import read_drums_midi, write_drums_midi
from tests.kits.helpers import groove, strokes_of

SECONDS = 40.0


@pytest.fixture(scope="module")
def beats() -> np.ndarray:
    """Beats of a live band, with a pick-up: (n, 2)."""
    rng = np.random.default_rng(1)
    times = 0.63 + np.cumsum(np.append(0, rng.normal(0.5, 0.02, 77)))
    return np.stack([times, (np.arange(78) + 2) % 4 + 1], axis=1)


@pytest.fixture(scope="module")
def grid(beats: np.ndarray) -> BarGrid:
    return bar_grid(beats, SECONDS)


def pitches(strokes: Strokes) -> list[int]:
    return [PIECE_PITCHES[PIECES[piece]][0] for piece in strokes.pieces]


def test_other_readers_find_the_strokes_and_the_beats(
    tmp_path: Path, beats: np.ndarray, grid: BarGrid
) -> None:
    strokes = groove(SECONDS)
    write_drums_midi(tmp_path / "drums.mid", strokes, grid)
    song = pretty_midi.PrettyMIDI(str(tmp_path / "drums.mid"))
    (drums,) = song.instruments
    assert drums.is_drum
    notes = sorted((note.start, note.pitch, note.velocity) for note in drums.notes)
    assert len(notes) == len(strokes)
    assert [note[0] for note in notes] == pytest.approx(strokes.times, abs=0.0005)
    assert sorted(note[1] for note in notes) == sorted(pitches(strokes))
    assert [note[2] / 127 for note in notes] != [100 / 127] * len(notes)
    theirs = song.get_beats()
    assert max(np.abs(theirs - time).min() for time in beats[:, 0]) < 1e-5
    downbeats = song.get_downbeats()
    assert max(np.abs(downbeats - t).min() for t in beats[beats[:, 1] == 1, 0]) < 1e-5


def test_mido_plays_it_on_channel_10(tmp_path: Path, grid: BarGrid) -> None:
    strokes = strokes_of((0.01, "kick", 1), (17.3, "ride", 64), (39.9, "crash", 127))
    write_drums_midi(tmp_path / "drums.mid", strokes, grid)
    now, rows = 0.0, []
    for message in mido.MidiFile(tmp_path / "drums.mid"):
        now += message.time
        if message.type == "note_on":
            rows.append((now, message.channel, message.note, message.velocity))
    assert [row[0] for row in rows] == pytest.approx(strokes.times, abs=0.0005)
    assert [row[1:] for row in rows] == [(9, 36, 1), (9, 51, 64), (9, 49, 127)]


def test_the_slowest_beats_are_exact_to_a_millisecond(tmp_path: Path) -> None:
    beats = np.stack([np.arange(12) * 3.0, np.arange(12) % 4 + 1], axis=1)
    strokes = strokes_of(*((time, "snare", 90) for time in np.arange(1, 30, 0.777)))
    write_drums_midi(tmp_path / "drums.mid", strokes, bar_grid(beats, 36.0))
    notes = pretty_midi.PrettyMIDI(str(tmp_path / "drums.mid")).instruments[0].notes
    assert [note.start for note in notes] == pytest.approx(strokes.times, abs=0.001)


def test_it_is_read_as_it_was_written(tmp_path: Path, grid: BarGrid) -> None:
    strokes = groove(SECONDS)
    write_drums_midi(tmp_path / "drums.mid", strokes, grid)
    again = read_drums_midi(tmp_path / "drums.mid", grid)
    assert again.times == pytest.approx(strokes.times, abs=0.0005)
    assert sorted(again.pieces) == sorted(strokes.pieces)
    assert sorted(again.velocities) == pytest.approx(sorted(strokes.velocities), abs=0.005)


def test_a_program_that_changes_channel_and_tempo_does_not_move_the_strokes(
    tmp_path: Path, grid: BarGrid
) -> None:
    """Some programs export notes on channel 1 and without a tempo map."""
    strokes = groove(SECONDS)
    write_drums_midi(tmp_path / "drums.mid", strokes, grid)
    track = mido.MidiFile(tmp_path / "drums.mid").tracks[1]
    file = mido.MidiFile(type=0, ticks_per_beat=1_920)
    file.tracks.append(
        mido.MidiTrack(m.copy(channel=0) if m.type.startswith("note") else m for m in track)
    )
    file.save(tmp_path / "edited.mid")
    again = read_drums_midi(tmp_path / "edited.mid", grid)
    assert again.times == pytest.approx(strokes.times, abs=0.0005)


def test_of_two_strokes_of_a_piece_at_once_the_louder_one_is_written(
    tmp_path: Path, grid: BarGrid
) -> None:
    strokes = strokes_of((1.0, "toms", 50), (1.0, "toms", 90), (1.00002, "kick", 70))
    write_drums_midi(tmp_path / "drums.mid", strokes, grid)
    again = read_drums_midi(tmp_path / "drums.mid", grid)
    assert sorted(np.rint(again.velocities * 127)) == [70, 90]


def test_notes_of_one_pitch_do_not_overlap(tmp_path: Path, grid: BarGrid) -> None:
    strokes = strokes_of(*((1 + k * 0.02, "snare", 60 + k) for k in range(10)))
    write_drums_midi(tmp_path / "drums.mid", strokes, grid)
    notes = pretty_midi.PrettyMIDI(str(tmp_path / "drums.mid")).instruments[0].notes
    assert len(notes) == 10
    assert all(one.end <= two.start + 1e-9 for one, two in pairwise(notes))


def test_an_empty_score(tmp_path: Path, grid: BarGrid) -> None:
    write_drums_midi(tmp_path / "drums.mid", strokes_of(), grid)
    assert pretty_midi.PrettyMIDI(str(tmp_path / "drums.mid")).get_beats()[-1] > 38
    with pytest.raises(UserError, match=r"drums\.mid: has no note of a drum kit"):
        read_drums_midi(tmp_path / "drums.mid", grid)


def test_bad_files(tmp_path: Path, grid: BarGrid) -> None:
    with pytest.raises(UserError, match=r"no\.mid: cannot be read"):
        read_drums_midi(tmp_path / "no.mid", grid)
    (tmp_path / "bad.mid").write_bytes(b"MThd" + b"\0" * 20)
    with pytest.raises(UserError, match=r"bad\.mid: "):
        read_drums_midi(tmp_path / "bad.mid", grid)
