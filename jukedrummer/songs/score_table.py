"""`score.tsv`: a score by bars and positions, for people and for other programs.

Bar, position and offset decide where a stroke is. `seconds` follows from them and from the beats;
it is written for other programs, and not read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from jukedrummer.beats.bar_grid import BarGrid
from jukedrummer.errors import UserError
from jukedrummer.model.drum_score import LOUDEST, Strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.storage.tables import cell, read_table, write_table

LONGEST_TEXT = 40  # characters of a position


def position_of(text: str) -> Fraction:
    """The position that a text means: beats, 1 is the downbeat, e.g. `2`, `2+3/4` or `2.75`.

    Raises:
        ValueError: it is none of these.
    """
    if len(text) > LONGEST_TEXT or "e" in text.lower():
        raise ValueError(f"{text[:LONGEST_TEXT]!r} is not a position")
    try:
        return sum(map(Fraction, text.split("+")), Fraction(0))
    except ZeroDivisionError as error:
        raise ValueError(f"{text!r} divides by zero") from error


def position_text(position: Fraction) -> str:
    """The text of a position, e.g. `2+3/4`."""
    whole, rest = divmod(position, 1)
    return f"{whole}+{rest}" if rest else str(whole)


def _is_position(text: str) -> bool:
    try:
        return position_of(text) >= 1
    except ValueError:
        return False


def _is_velocity(value: int) -> bool:
    return 1 <= value <= LOUDEST


def _is_offset(value: float) -> bool:
    return abs(value) <= 1_000


@dataclass(frozen=True)
class ScoreRow:
    """A row of `score.tsv`: one stroke."""

    bar: int = cell("number of the bar; bar 1 starts at 0 s")
    position: str = cell(
        "position in the bar in beats, 1 is the downbeat, e.g. 2+3/4",
        check=_is_position,
        expected="expected beats from 1 on, e.g. 2, 2+3/4 or 2.75",
    )
    piece: str = cell("piece of the kit", check=PIECES)
    velocity: int = cell(
        "velocity of MIDI", check=_is_velocity, expected="expected a whole number from 1 to 127"
    )
    offset_ms: float = cell(
        "how much later than the position the stroke is",
        unit="ms",
        check=_is_offset,
        expected="expected milliseconds from -1000 to 1000",
        digits=".3f",
    )
    seconds: float = cell("time of the stroke; not read", unit="s", digits=".6f")


def score_rows(strokes: Strokes, grid: BarGrid) -> list[ScoreRow]:
    """The rows of a score: each stroke with its nearest position, and an offset.

    Args:
        strokes: the strokes, within the grid.
        grid: the song's bars.
    """
    velocities = np.clip(np.rint(strokes.velocities * LOUDEST), 1, LOUDEST).astype(int)
    rows = []
    for (bar, position), time, piece, velocity in zip(
        grid.places(strokes.times), strokes.times, strokes.pieces, velocities, strict=True
    ):
        offset = (float(time) - grid.place_time(bar, position)) * 1_000
        text = position_text(position)
        rows.append(ScoreRow(bar, text, PIECES[piece], int(velocity), offset, float(time)))
    return rows


def strokes_of_rows(rows: Iterable[ScoreRow], grid: BarGrid) -> Strokes:
    """The strokes of a score. Strokes before 0 s are moved to 0 s.

    Raises:
        UserError: a bar or a position is not in the grid; the message has the row.
    """
    times, pieces, velocities = [], [], []
    for number, row in enumerate(rows, start=2):
        try:
            time = grid.place_time(row.bar, position_of(row.position))
        except UserError as error:
            raise UserError(f"row {number}: {error}") from error
        times.append(max(0.0, time + row.offset_ms / 1_000))
        pieces.append(PIECES.index(row.piece))
        velocities.append(row.velocity / LOUDEST)
    return Strokes.sorted(np.array(times), np.array(pieces), np.array(velocities))


def write_score_table(path: Path, strokes: Strokes, grid: BarGrid) -> None:
    """Write `score.tsv` atomically.

    Raises:
        UserError: the file cannot be written.
    """
    write_table(path, ScoreRow, score_rows(strokes, grid))


def read_score_table(path: Path, grid: BarGrid) -> Strokes:
    """Read `score.tsv`, as it was written or edited.

    Raises:
        UserError: the file cannot be read, or has a fault; the message names the first one.
    """
    rows = read_table(path, ScoreRow, hint="was it moved?")
    try:
        return strokes_of_rows(rows, grid)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
