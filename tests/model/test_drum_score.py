"""Drum scores: the pieces of General MIDI, reading, writing, and errors that name the line."""

from pathlib import Path

import numpy as np
import pytest

from jukedrummer.errors import UserError
from jukedrummer.model.drum_score import Strokes, read_strokes, write_strokes
from jukedrummer.model.pieces import PIECE_PITCHES, PIECE_TITLES, PIECES, piece_of


def test_each_pitch_is_of_one_piece() -> None:
    expected = {36: "kick", 40: "snare", 39: "side_stick", 44: "closed_hat", 46: "open_hat"}
    expected |= {50: "toms", 59: "ride", 57: "crash"}
    for pitch, name in expected.items():
        assert piece_of(pitch) == PIECES.index(name)
    assert [piece_of(pitch) for pitch in (34, 54, 56, 70, 127)] == [None] * 5
    pitches = [pitch for name in PIECES for pitch in PIECE_PITCHES[name]]
    assert len(pitches) == len(set(pitches)) == 22
    assert tuple(PIECE_TITLES) == PIECES


def test_a_score_is_sorted_and_other_percussion_is_dropped(tmp_path: Path) -> None:
    score = tmp_path / "drums.tsv"
    score.write_text("1.5\t46\t127\n0.25 36 64\n\n0.25\t54\t100\n0.25\t42\t1\n")
    strokes = read_strokes(score)
    assert len(strokes) == 3
    np.testing.assert_array_equal(strokes.times, [0.25, 0.25, 1.5])
    np.testing.assert_array_equal(strokes.pieces, [0, 3, 4])
    np.testing.assert_allclose(strokes.velocities, [64 / 127, 1 / 127, 1])
    np.testing.assert_array_equal(strokes.of("closed_hat", "open_hat"), [0.25, 1.5])
    score.write_text("")
    assert len(read_strokes(score)) == 0


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    strokes = Strokes.sorted(
        random.uniform(0, 20, 50), random.integers(0, 8, 50), random.uniform(0.01, 1, 50)
    )
    write_strokes(tmp_path / "score.tsv", strokes)
    again = read_strokes(tmp_path / "score.tsv")
    np.testing.assert_allclose(again.times, strokes.times, atol=1e-6)
    np.testing.assert_array_equal(again.pieces, strokes.pieces)
    np.testing.assert_allclose(again.velocities, strokes.velocities, atol=0.005)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0.5\t36", r"line 2: '0.5\\t36' is not three numbers"),
        ("time\tpitch\tvelocity", "is not three numbers.*no header line"),
        ("-0.1\t36\t90", "the time is -0.1; expected seconds"),
        ("nan\t36\t90", "the time is nan"),
        ("9.5\t36\t90", "9.5 s is beyond the song's end at 9 s"),
        ("1\t36.5\t90", "the pitch is 36.5"),
        ("1\t128\t90", "the pitch is 128"),
        ("1\t36\t0", "the velocity is 0; the limits are 1 and 127"),
        ("1\t36\t130", "the velocity is 130"),
    ],
)
def test_a_bad_line_is_an_error_that_names_it(tmp_path: Path, line: str, message: str) -> None:
    score = tmp_path / "drums.tsv"
    score.write_text(f"0.1\t36\t90\n{line}\n")
    with pytest.raises(UserError, match=message):
        read_strokes(score, 9.0)


def test_a_missing_score_and_binary_data_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.tsv: cannot be read"):
        read_strokes(tmp_path / "none.tsv")
    (tmp_path / "song.mid").write_bytes(b"MThd\xff\xfe\x00")
    with pytest.raises(UserError, match=r"song\.mid: is not text"):
        read_strokes(tmp_path / "song.mid")
