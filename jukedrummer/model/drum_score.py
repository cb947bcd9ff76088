"""Drum scores: the strokes of a recording, and their file.

Each line of the file has the onset in seconds, the General MIDI pitch and the velocity (1 to 127),
separated by a tab or spaces. A recording without drums has an empty file.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jukedrummer.errors import UserError
from jukedrummer.model.pieces import PIECE_PITCHES, PIECES, piece_of
from jukedrummer.storage.files import write_text

LOUDEST = 127  # highest velocity and pitch of MIDI


@dataclass(frozen=True, eq=False)
class Strokes:
    """The strokes of a recording.

    Attributes:
        times: (n,) float64 onsets in seconds, ascending. Strokes of several pieces may coincide.
        pieces: (n,) int64 indices of `PIECES`.
        velocities: (n,) float64, above 0 to 1.
    """

    times: np.ndarray
    pieces: np.ndarray
    velocities: np.ndarray

    @classmethod
    def sorted(cls, times: np.ndarray, pieces: np.ndarray, velocities: np.ndarray) -> "Strokes":
        """Strokes in any order, sorted by time, then by piece."""
        order = np.lexsort((pieces, times))
        return cls(
            np.asarray(times, np.float64)[order],
            np.asarray(pieces, np.int64)[order],
            np.asarray(velocities, np.float64)[order],
        )

    def __len__(self) -> int:
        """The number of strokes."""
        return len(self.times)

    def of(self, *names: str) -> np.ndarray:
        """The onsets of some of `PIECES`, ascending: (m,) seconds."""
        chosen: np.ndarray = self.times[
            np.isin(self.pieces, [PIECES.index(name) for name in names])
        ]
        return chosen


def read_strokes(path: Path | str, seconds: float | None = None) -> Strokes:
    """Read a drum score. Pitches that are not of a piece are dropped.

    Args:
        path: the file.
        seconds: length of the recording, if it is known.

    Raises:
        UserError: the file cannot be read, or a line does not have three numbers; or a time is
            negative, not finite or beyond the recording's end; or a pitch or a velocity is outside
            MIDI's limits.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: is not text; expected seconds, pitch and velocity on each line"
        ) from error
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            time, pitch, velocity = _parse(line, f"{path}, line {number}", seconds)
            piece = piece_of(pitch)
            if piece is not None:
                rows.append((time, piece, velocity / LOUDEST))
    times, pieces, velocities = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return Strokes.sorted(times, pieces, velocities)


def _parse(line: str, where: str, seconds: float | None) -> tuple[float, int, float]:
    columns = line.split()
    try:
        time, pitch, velocity = map(float, columns)
    except ValueError as error:
        raise UserError(
            f"{where}: {line.strip()!r} is not three numbers: seconds, pitch, velocity; "
            "drum scores have no header line"
        ) from error
    if not math.isfinite(time) or time < 0:
        raise UserError(
            f"{where}: the time is {time:g}; expected seconds from the song's start, 0 or more"
        )
    if seconds is not None and time > seconds:
        raise UserError(
            f"{where}: {time:g} s is beyond the song's end at {seconds:g} s; "
            "are the times in seconds, and of this song?"
        )
    if not (pitch.is_integer() and 0 <= pitch <= LOUDEST):
        raise UserError(f"{where}: the pitch is {pitch:g}; expected MIDI's whole numbers 0 to 127")
    if not 0 < velocity <= LOUDEST:
        raise UserError(
            f"{where}: the velocity is {velocity:g}; the limits are 1 and 127 "
            "(is it a share of the loudest?)"
        )
    return time, int(pitch), velocity


def write_strokes(path: Path | str, strokes: Strokes) -> None:
    """Write a drum score atomically. Each piece has one pitch, the first of `PIECE_PITCHES`.

    Raises:
        UserError: the file cannot be written.
    """
    pitches = [PIECE_PITCHES[name][0] for name in PIECES]
    velocities = np.clip(np.rint(strokes.velocities * LOUDEST), 1, LOUDEST).astype(int)
    rows = zip(strokes.times, strokes.pieces, velocities, strict=True)
    write_text(
        path,
        "".join(f"{time:.6f}\t{pitches[piece]}\t{velocity}\n" for time, piece, velocity in rows),
    )
