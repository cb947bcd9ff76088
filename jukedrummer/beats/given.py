"""Beats that the user gives for a song, in place of a tracker's."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jukedrummer.beats.annotations import (
    check_meter,
    count_bars,
    has_times_alone,
    read_beats,
    read_times,
    regular_beats,
)
from jukedrummer.beats.tracker import Tracked
from jukedrummer.errors import UserError

NAME = "given"
METER = 4
# No music beats faster; onsets or milliseconds taken for beats do.
LEAST_INTERVAL = 0.1
# Seconds that the first downbeat may lie from the beat that it names.
NEAR = 0.1


@dataclass(frozen=True)
class GivenBeats:
    """What the options `--beats`, `--bpm`, `--meter` and `--first-downbeat` say.

    Attributes:
        file: of seconds and bar positions, or of seconds alone; then `meter` counts the positions.
        bpm: or a steady tempo, in beats a minute.
        meter: beats a bar; 4 by default where `bpm` is given.
        first_downbeat: seconds; by default the song's start, or the file's first beat.

    Raises:
        UserError: options that do not go together, or a value outside its limits.
    """

    file: Path | None = None
    bpm: float | None = None
    meter: int | None = None
    first_downbeat: float | None = None

    def __post_init__(self) -> None:
        if self.file is not None and self.bpm is not None:
            raise UserError("--beats and --bpm are two sources of beats; give one of them")
        if self.file is None and self.bpm is None:
            for option, value in (
                ("--meter", self.meter),
                ("--first-downbeat", self.first_downbeat),
            ):
                if value is not None:
                    raise UserError(f"{option} says nothing alone; give --bpm, or --beats too")
        if self.meter is not None:
            check_meter(self.meter)

    def __bool__(self) -> bool:
        return self.file is not None or self.bpm is not None

    def beats(self, seconds: float) -> np.ndarray:
        """The beats of a song that lasts `seconds`: (n, 2) float64, seconds and bar position; n at least 1.

        Raises:
            UserError: the file or a value is not usable for this song; see `read_beats`, `regular_beats`.
        """
        if self.bpm is not None:
            meter = METER if self.meter is None else self.meter
            return regular_beats(self.bpm, meter, self.first_downbeat or 0.0, seconds)
        beats = self._read(seconds)
        if len(beats) == 0:
            raise UserError(
                f"{self.file}: holds no beats; is it the right file, or was it cut off?"
            )
        _check_pace(beats, str(self.file))
        return beats

    def _read(self, seconds: float) -> np.ndarray:
        if not has_times_alone(self.file):
            beats = read_beats(self.file, seconds)
            if self.meter is not None or self.first_downbeat is not None:
                raise UserError(
                    f"{self.file}: has bar positions of its own; leave --meter and --first-downbeat out"
                )
            return beats
        times = read_times(self.file, seconds)
        if self.meter is None:
            raise UserError(
                f"{self.file}: has one column, the times; add one of bar positions (1 = downbeat), or say "
                "how many beats a bar has with --meter, and where one starts with --first-downbeat"
            )
        return count_bars(times, self.meter, self._downbeat_among(times))

    def _downbeat_among(self, times: np.ndarray) -> int:
        if self.first_downbeat is None:
            return 0
        nearest = int(np.argmin(np.abs(times - self.first_downbeat)))
        # Not the other way round: NaN is near nothing.
        if not abs(times[nearest] - self.first_downbeat) <= NEAR:
            raise UserError(
                f"{self.file}: has no beat within {NEAR:g} s of --first-downbeat {self.first_downbeat:g}; "
                f"the nearest is at {times[nearest]:g} s"
            )
        return nearest


def _check_pace(beats: np.ndarray, where: str) -> None:
    """Raise UserError where beats (n, 2) follow each other faster than music has them."""
    intervals = np.diff(beats[:, 0])
    if len(intervals) and intervals.min() < LEAST_INTERVAL:
        first = int(intervals.argmin())
        raise UserError(
            f"{where}: the beats at {beats[first, 0]:g} s and {beats[first + 1, 0]:g} s are less than "
            f"{LEAST_INTERVAL:g} s apart; are these onsets, or two files in one?"
        )


def as_tracked(beats: np.ndarray) -> Tracked:
    """Beats (n, 2) that need no tracker, for what expects one's result."""
    return Tracked(
        beats=beats,
        activations=None,
        embeddings=None,
        confidence=float(len(beats) > 0),
        tracker=NAME,
        version="",
    )
