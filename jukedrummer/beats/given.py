"""Beats that the user supplies for a song, instead of those of a tracker."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jukedrummer.beats.annotations import (
    check_meter,
    count_bars,
    has_only_times,
    read_beats,
    read_times,
    regular_beats,
)
from jukedrummer.beats.tracker import Tracked
from jukedrummer.errors import UserError

GIVEN = "given"  # in place of a tracker's name
DEFAULT_METER = 4
LEAST_INTERVAL = 0.1  # seconds; beats closer than this are probably onsets
DOWNBEAT_TOLERANCE = 0.1  # seconds from the first downbeat to its beat


@dataclass(frozen=True)
class GivenBeats:
    """The options `--beats`, `--bpm`, `--meter` and `--first-downbeat`.

    Attributes:
        file: a file of seconds and bar positions, or of seconds alone. With seconds alone, `meter`
            and `first_downbeat` determine the bar positions.
        bpm: a steady tempo in beats a minute, instead of a file.
        meter: beats a bar; the default with `bpm` is 4.
        first_downbeat: seconds; the default is the song's start, or the file's first beat.

    Raises:
        UserError: options exclude each other, or a value is outside its limits.
    """

    file: Path | None = None
    bpm: float | None = None
    meter: int | None = None
    first_downbeat: float | None = None

    def __post_init__(self) -> None:
        if self.file is not None and self.bpm is not None:
            raise UserError("--beats and --bpm are two sources of beats; give one of them")
        options = {"--meter": self.meter, "--first-downbeat": self.first_downbeat}
        if not self:
            for option, value in options.items():
                if value is not None:
                    raise UserError(f"{option} has no effect alone; give --bpm or --beats too")
        if self.meter is not None:
            check_meter(self.meter)

    def __bool__(self) -> bool:
        return self.file is not None or self.bpm is not None

    def beats(self, seconds: float) -> np.ndarray:
        """The beats of a song.

        Args:
            seconds: length of the song.

        Returns:
            (n, 2) float64: seconds, position; n at least 1.

        Raises:
            UserError: the file or a value does not fit this song, or no beats are given; see
                `read_beats` and `regular_beats`.
        """
        if self.bpm is not None:
            meter = DEFAULT_METER if self.meter is None else self.meter
            return regular_beats(self.bpm, meter, self.first_downbeat or 0.0, seconds)
        if self.file is None:
            raise UserError("no beats are given; give --beats or --bpm")
        beats = self._read(self.file, seconds)
        if len(beats) == 0:
            raise UserError(f"{self.file}: has no beats; is it the right file, or was it cut off?")
        _check_pace(beats, str(self.file))
        return beats

    def _read(self, file: Path, seconds: float) -> np.ndarray:
        if not has_only_times(file):
            beats = read_beats(file, seconds)
            if self.meter is not None or self.first_downbeat is not None:
                raise UserError(
                    f"{file}: already has bar positions; leave --meter and --first-downbeat out"
                )
            return beats
        times = read_times(file, seconds)
        if self.meter is None:
            raise UserError(
                f"{file}: has one column, the times; add one of bar positions (1 = downbeat), or "
                "give the beats of a bar as --meter, and where a bar starts as --first-downbeat"
            )
        return count_bars(times, self.meter, self._index_of_downbeat(times))

    def _index_of_downbeat(self, times: np.ndarray) -> int:
        if self.first_downbeat is None:
            return 0
        nearest = int(np.argmin(np.abs(times - self.first_downbeat)))
        # `not ... <=` also catches NaN.
        if not abs(times[nearest] - self.first_downbeat) <= DOWNBEAT_TOLERANCE:
            raise UserError(
                f"{self.file}: has no beat within {DOWNBEAT_TOLERANCE:g} s of --first-downbeat "
                f"{self.first_downbeat:g}; the nearest is at {times[nearest]:g} s"
            )
        return nearest


def _check_pace(beats: np.ndarray, where: str) -> None:
    """Raise UserError if beats (n, 2) follow each other faster than in any music."""
    intervals = np.diff(beats[:, 0])
    if len(intervals) and intervals.min() < LEAST_INTERVAL:
        first = int(intervals.argmin())
        raise UserError(
            f"{where}: the beats at {beats[first, 0]:g} s and {beats[first + 1, 0]:g} s are less "
            f"than {LEAST_INTERVAL:g} s apart; are these onsets, or two files in one?"
        )


def as_tracked(beats: np.ndarray) -> Tracked:
    """Supplied beats (n, 2) in the form of a tracker's result, without activations."""
    return Tracked(
        beats=beats,
        activations=None,
        embeddings=None,
        confidence=float(len(beats) > 0),
        tracker=GIVEN,
        version="",
    )
