"""score.tsv: round trips, edited files, and files with faults."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.beats.annotations import read_beats, regular_beats, write_beats
from jukedrummer.beats.bar_grid import BarGrid, bar_grid
from jukedrummer.errors import UserError
from jukedrummer.model.pieces import PIECES
from jukedrummer.songs.score_table import (
    position_of,
    position_text,
    read_score_table,
    score_rows,
    write_score_table,
)
from tests.kits.helpers import groove, strokes_of

HEADER = "bar\tposition\tpiece\tvelocity\toffset_ms\tseconds\n"


@pytest.fixture
def grid() -> BarGrid:
    return bar_grid(regular_beats(100, 4, 0.37, 30.0), 30.0)


def test_a_round_trip_is_exact_also_with_beats_from_their_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    times = 0.2 + np.cumsum(rng.uniform(0.45, 0.55, 60))
    beats = np.stack([times, np.arange(60) % 3 + 1], axis=1)
    strokes = groove(28.0, seed=3)
    write_score_table(tmp_path / "score.tsv", strokes, bar_grid(beats, 30.0))
    write_beats(tmp_path / "beats.tsv", beats)
    again = read_score_table(
        tmp_path / "score.tsv", bar_grid(read_beats(tmp_path / "beats.tsv"), 30.0)
    )
    assert np.abs(again.times - strokes.times).max() < 0.00001
    assert (again.pieces == strokes.pieces).all()
    assert again.velocities == pytest.approx(strokes.velocities, abs=1e-9)


def test_rows_name_bar_position_and_offset(grid: BarGrid) -> None:
    late = grid.place_time(3, Fraction(11, 4)) + 0.012
    ((row),) = score_rows(strokes_of((late, "open_hat", 77)), grid)
    assert (row.bar, row.position, row.piece, row.velocity) == (3, "2+3/4", "open_hat", 77)
    assert row.offset_ms == pytest.approx(12)
    assert row.seconds == pytest.approx(late)


def test_an_edited_file_is_read_by_positions_not_by_seconds(tmp_path: Path, grid: BarGrid) -> None:
    rows = ["2\t2.75\tsnare\t127\t-5\t99", "2\t2+1/3\tkick\t64\t0\t", "1\t1\tcrash\t1\t-900\t0"]
    (tmp_path / "score.tsv").write_text(HEADER + "\n".join(rows) + "\n")
    strokes = read_score_table(tmp_path / "score.tsv", grid)
    assert [PIECES[piece] for piece in strokes.pieces] == ["crash", "kick", "snare"]
    start = grid.bar_time(2)
    expected = [0, start + 0.6 * 4 / 3, start + 0.6 * 1.75 - 0.005]
    assert strokes.times == pytest.approx(expected)


def test_an_empty_score(tmp_path: Path, grid: BarGrid) -> None:
    write_score_table(tmp_path / "score.tsv", strokes_of(), grid)
    assert (tmp_path / "score.tsv").read_text() == HEADER
    assert len(read_score_table(tmp_path / "score.tsv", grid)) == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2\t0.5\tkick\t64\t0\t1", r"row 2: position is '0.5'; expected beats from 1 on"),
        ("2\tone\tkick\t64\t0\t1", "row 2: position is 'one'"),
        ("2\t1/0\tkick\t64\t0\t1", "row 2: position is '1/0'"),
        ("2\t1e99999999\tkick\t64\t0\t1", "row 2: position is '1e99999999'"),
        ("2\t1\tcowbell\t64\t0\t1", "row 2: piece is 'cowbell'; choose from kick"),
        ("2\t1\tkick\t128\t0\t1", "row 2: velocity is '128'; expected a whole number from 1"),
        ("2\t1\tkick\t64\tnan\t1", "row 2: offset_ms is 'nan'"),
        ("99\t1\tkick\t64\t0\t1", r"score\.tsv: row 2: bar 99 does not exist"),
        ("2\t5\tkick\t64\t0\t1", "row 2: bar 2 has 4 beats"),
        ("x\t1\tkick\t64\t0\t1", "row 2: bar is 'x'"),
    ],
)
def test_faults(tmp_path: Path, grid: BarGrid, row: str, reason: str) -> None:
    (tmp_path / "score.tsv").write_text(HEADER + row + "\n")
    with pytest.raises(UserError, match=reason):
        read_score_table(tmp_path / "score.tsv", grid)


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("1", Fraction(1), "1"),
        ("2+3/4", Fraction(11, 4), "2+3/4"),
        ("2.75", Fraction(11, 4), "2+3/4"),
        ("4+2/3", Fraction(14, 3), "4+2/3"),
        ("11/4", Fraction(11, 4), "2+3/4"),
    ],
)
def test_positions_as_text(text: str, value: Fraction, written: str) -> None:
    assert position_of(text) == value
    assert position_text(value) == written
