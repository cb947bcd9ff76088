"""Where a recording sounds: levels of windows of a second, and which windows have drums."""

import numpy as np

from jukedrummer.config import SAMPLE_RATE

QUIET_DB = -60.0  # a window below this level is silent, dBFS
ACTIVE_DB = -30.0  # drums are active down to this level relative to their own loudness


def to_db(power: np.ndarray | float) -> np.ndarray:
    """10 log10 of a power, at least -200 dB."""
    decibels: np.ndarray = 10 * np.log10(np.maximum(power, 1e-20))
    return decibels


class WindowLevels:
    """Levels of windows of a second, of a recording that arrives in chunks.

    Window k is the samples [k, k + 1) * 44,100. An incomplete window at the end is left out, unless
    it is the only one.
    """

    def __init__(self) -> None:
        self._powers: list[float] = []
        self._energy, self._samples = 0.0, 0  # of the incomplete window

    def add(self, chunk: np.ndarray) -> None:
        """Add the next samples, (n,)."""
        start = 0
        while start < len(chunk):
            part = chunk[start : start + SAMPLE_RATE - self._samples].astype(np.float64)
            self._energy += float(part @ part)
            self._samples += len(part)
            start += len(part)
            if self._samples == SAMPLE_RATE:
                self._powers.append(self._energy / SAMPLE_RATE)
                self._energy, self._samples = 0.0, 0

    def finish(self) -> np.ndarray:
        """The levels (W,), dBFS: 0 is the level of a square wave of amplitude 1."""
        powers = self._powers or [self._energy / max(1, self._samples)]
        return to_db(np.array(powers))


def sounding(levels: np.ndarray) -> np.ndarray:
    """Which windows (W,) are not silent."""
    return levels >= QUIET_DB


def drums_active(levels: np.ndarray) -> np.ndarray:
    """Which windows (W,) of a drum recording have drums.

    The threshold is 30 dB below the mean power of all windows that are not silent, but at least
    -60 dBFS. A soft hi-hat alone is 20 to 25 dB below the whole kit. Bleed of other instruments is
    lower, and so are the traces that a separation leaves in the pauses. Silent windows are not in
    the mean, so long pauses do not lower the threshold.
    """
    loud = levels[sounding(levels)]
    if not len(loud):
        return np.zeros(len(levels), dtype=bool)
    threshold = max(QUIET_DB, float(to_db((10 ** (loud / 10)).mean())) + ACTIVE_DB)
    active: np.ndarray = levels >= threshold
    return active


def windows_of(start: float, stop: float, count: int) -> slice:
    """The windows whose centres lie in a part of a recording; at least one.

    Args:
        start: start of the part, seconds.
        stop: end of the part, seconds.
        count: W, number of windows.
    """
    first, last = int(np.ceil(start - 0.5)), int(np.ceil(stop - 0.5))
    if first >= min(last, count):  # no centre is in it
        first = min(int((start + stop) / 2), count - 1)
        last = first + 1
    return slice(first, min(last, count))
