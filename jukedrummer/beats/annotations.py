"""Beats from files, regular beats, and checks of both."""

import math
from pathlib import Path

import numpy as np

from jukedrummer.errors import UserError
from jukedrummer.storage.files import write_text

BPM_LIMITS = (20.0, 400.0)
METER_LIMITS = (1, 16)


def read_beats(path: Path | str, seconds: float | None = None) -> np.ndarray:
    """Read a beats file.

    Each line has seconds and bar position (1 = downbeat), separated by a tab or spaces. A song
    without beats has an empty file.

    Args:
        path: the file.
        seconds: length of the song, if it is known.

    Returns:
        (n, 2) float64: seconds, position.

    Raises:
        UserError: the file cannot be read, or a line does not have two numbers; or a time is
            negative, not finite, not after the time before it or beyond the song's end; or a
            position is not 1, 2, 3, ...
    """
    beats: list[tuple[float, float]] = []
    for where, line in _lines(path):
        beats.append(_parse(line, where))
        _check(beats, where, seconds)
    return np.array(beats, dtype=np.float64).reshape(-1, 2)


def read_times(path: Path | str, seconds: float | None = None) -> np.ndarray:
    """Read a file of beats without bar positions, one time in seconds a line: (n,) float64.

    Raises:
        UserError: as `read_beats`.
    """
    beats: list[tuple[float, float]] = []
    for where, line in _lines(path):
        try:
            beats.append((float(line), 1.0))
        except ValueError as error:
            raise UserError(f"{where}: {line!r} is not one number, like the first line") from error
        _check(beats, where, seconds)
    return np.array(beats, dtype=np.float64).reshape(-1, 2)[:, 0]


def has_only_times(path: Path | str) -> bool:
    """Whether a beats file has one column, seconds, and no bar positions.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        float(next(iter(_lines(path)))[1])
    except (StopIteration, ValueError):
        return False
    return True


def _lines(path: Path | str) -> list[tuple[str, str]]:
    """Place and text of each line that is not empty."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: is not text; expected seconds and bar position on each line"
        ) from error
    lines = enumerate(text.splitlines(), start=1)
    return [(f"{path}, line {number}", line.strip()) for number, line in lines if line.strip()]


def check_beats(beats: np.ndarray, where: str, seconds: float | None = None) -> None:
    """Check beats by the rules of `read_beats`.

    Args:
        beats: (n, 2) seconds, position.
        where: names the source in messages.
        seconds: length of the song, if it is known.

    Raises:
        UserError: the shape is wrong, or as `read_beats`.
    """
    if beats.ndim != 2 or beats.shape[1] != 2:
        raise UserError(
            f"{where}: beats have shape {beats.shape}, expected (n, 2): seconds, bar position"
        )
    rows = [tuple(row) for row in beats.tolist()]
    for count in range(1, len(rows) + 1):
        _check(rows[max(0, count - 2) : count], f"{where}, beat {count}", seconds)


def _parse(line: str, where: str) -> tuple[float, float]:
    columns = line.split()
    if len(columns) != 2:
        raise UserError(
            f"{where}: has {len(columns)} column{'s' * (len(columns) != 1)}, expected 2: seconds "
            "and bar position, separated by a tab"
        )
    try:
        return float(columns[0]), float(columns[1])
    except ValueError as error:
        raise UserError(
            f"{where}: {line!r} is not two numbers; beats files have no header line"
        ) from error


def _check(beats: list[tuple[float, float]], where: str, seconds: float | None) -> None:
    """Check the last of `beats`; those before it were checked."""
    time, position = beats[-1]
    if not math.isfinite(time) or time < 0:
        raise UserError(
            f"{where}: the time is {time:g}; expected seconds from the song's start, 0 or more"
        )
    if len(beats) > 1 and time <= beats[-2][0]:
        raise UserError(
            f"{where}: {time:g} s does not come after {beats[-2][0]:g} s on the line before; "
            "sort the file"
        )
    if seconds is not None and time > seconds:
        raise UserError(
            f"{where}: {time:g} s is beyond the song's end at {seconds:g} s; "
            "are the times in seconds, and of this song?"
        )
    if position < 1 or not position.is_integer():
        raise UserError(
            f"{where}: the bar position is {position:g}; expected 1 (downbeat), 2, 3, ... "
            "(is it a count from 0?)"
        )


def write_beats(path: Path | str, beats: np.ndarray) -> None:
    """Write a beats file atomically. Times are rounded to the microsecond.

    Args:
        path: the file.
        beats: (n, 2) seconds, position.

    Raises:
        UserError: `read_beats` would reject the beats, or the file cannot be written.
    """
    rounded = np.round(beats, 6)
    check_beats(rounded, str(path))
    write_text(path, "".join(f"{time:.6f}\t{int(position)}\n" for time, position in rounded))


def count_bars(times: np.ndarray, meter: int, first_downbeat: int) -> np.ndarray:
    """Add bar positions to beats without bar positions.

    Args:
        times: (n,) seconds.
        meter: beats a bar, 1 to 16.
        first_downbeat: index of a beat that starts a bar. Bars are counted from it in both
            directions.

    Returns:
        (n, 2) float64: seconds, position.

    Raises:
        UserError: the meter is outside these limits.
    """
    check_meter(meter)
    return np.stack([times, (np.arange(len(times)) - first_downbeat) % meter + 1], axis=1)


def check_meter(meter: int) -> None:
    """Check a meter.

    Raises:
        UserError: it is not 1 to 16 beats a bar.
    """
    _check_limits("meter", meter, METER_LIMITS)


def _check_limits(name: str, value: float, limits: tuple[float, float]) -> None:
    least, most = limits
    if not least <= value <= most:
        raise UserError(f"the {name} is {value:g}; the limits are {least:g} to {most:g}")


def regular_beats(bpm: float, meter: int, first_downbeat: float, seconds: float) -> np.ndarray:
    """Beats at a steady tempo through a whole song, also before the first downbeat.

    Args:
        bpm: beats a minute, 20 to 400.
        meter: beats a bar, 1 to 16.
        first_downbeat: seconds, 0 or more and before the song's end.
        seconds: length of the song.

    Returns:
        (n, 2) float64: seconds, position; all in [0, seconds).

    Raises:
        UserError: a value outside these limits.
    """
    _check_limits("BPM", bpm, BPM_LIMITS)
    check_meter(meter)
    if not 0 <= first_downbeat < seconds:
        raise UserError(
            f"the first downbeat is at {first_downbeat:g} s; the song lasts from 0 to {seconds:g} s"
        )
    period = 60 / bpm
    first = -math.floor(first_downbeat / period)
    last = math.ceil((seconds - first_downbeat) / period)
    counted = np.arange(first, last + 1)
    # Rounded to the nanosecond, so that a beat at 0 s does not become negative.
    times = np.round(first_downbeat + counted * period, 9) + 0.0
    inside = (times >= 0) & (times < seconds)
    return np.stack([times, counted % meter + 1], axis=1)[inside]


def usual_bpm(beats: np.ndarray) -> float:
    """The tempo of most beats, in beats a minute.

    This is the mean of the intervals within 10 % of their median. The median alone is a single
    interval, so its resolution is a tracker's frame of 10 ms (2.6 % at 160 BPM).

    Args:
        beats: (n, 2) seconds, position; n at least 2.
    """
    intervals = np.diff(beats[:, 0])
    median = np.median(intervals)
    near = np.abs(intervals - median) <= 0.1 * median
    # The median of an even number is between two intervals, which may both be far from it.
    return float(60 / (intervals[near].mean() if near.any() else median))
