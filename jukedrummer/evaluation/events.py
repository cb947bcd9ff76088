"""Events in time: checks, downbeats, and the grid between beats. Times are in seconds."""

import numpy as np

LONGEST_SECONDS = 30_000.0  # mir_eval's limit; larger values are samples or frames


def validate(times: np.ndarray, name: str = "events") -> None:
    """Check event times.

    Args:
        times: (n,) seconds.
        name: their name in messages.

    Raises:
        ValueError: times are not one-dimensional, not finite, before -1 s, too large or not
            ascending.
    """
    if times.ndim != 1:
        raise ValueError(
            f"{name}: shape is {times.shape}, expected (n,) (a column of a beats array?)"
        )
    if not np.isfinite(times).all():
        raise ValueError(
            f"{name}: {int((~np.isfinite(times)).sum())} of {len(times)} are NaN or infinite"
        )
    if len(times) and times.max() > LONGEST_SECONDS:
        raise ValueError(
            f"{name}: one is at {times.max():g}, the limit is {LONGEST_SECONDS:g} "
            "(are these seconds, or samples or frames?)"
        )
    if len(times) and times.min() < -1:
        raise ValueError(
            f"{name}: one is at {times.min():g} s; times count from the start of the audio"
        )
    if (np.diff(times) <= 0).any():
        where = int(np.flatnonzero(np.diff(times) <= 0)[0])
        raise ValueError(
            f"{name}: number {where + 2} ({times[where + 1]:g} s) does not come after number "
            f"{where + 1} ({times[where]:g} s); sort them and drop doubles"
        )


def downbeats(beats: np.ndarray) -> np.ndarray:
    """The times whose bar position is 1: (n, 2) to (m,) seconds."""
    times: np.ndarray = beats[beats[:, 1] == 1, 0]
    return times


def subdivide(beats: np.ndarray, parts: int) -> np.ndarray:
    """Divide each beat interval evenly: (n,) beats to ((n - 1) * parts + 1,) times, seconds."""
    index = np.arange((len(beats) - 1) * parts + 1) / parts
    times: np.ndarray = np.interp(index, np.arange(len(beats)), beats)
    return times
