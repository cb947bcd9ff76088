"""How loud drums are beside a recording.

Where they play, the drums are `DRUM_LEVEL` decibels louder than the recording, in LUFS. `drums.wav`
and the stems have this level too, unless a peak would exceed `FILE_PEAK`: then they are turned down
together, and are louder in the mix. The headroom is for later takes that keep bars of this one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from jukedrummer.audio.loudness import SILENT_LUFS, LoudnessMeter

DRUM_LEVEL = -3.0  # loudness of the drums relative to the recording, decibels
FILE_PEAK = 0.5  # highest sample of drums.wav and of the stems


@dataclass(frozen=True)
class Gains:
    """Levels of a take.

    Attributes:
        kit: from the kit's samples to those of drums.wav and the stems.
        drums: from drums.wav to the drums beside the recording.
        mix: how much both are turned down, so that their mix does not clip.
    """

    kit: float
    drums: float
    mix: float = 1.0


def measured_gains(
    recording: np.ndarray, stems: Iterable[dict[str, np.ndarray]], rate: int, level: float
) -> Gains:
    """The levels of a new take. Drums that do not play have gains of 1.

    Args:
        recording: (N, channels).
        stems: chunks of the drums, as the kit plays them, from the first sample to the last.
        rate: samples a second.
        level: added to `DRUM_LEVEL`, decibels.
    """
    song, drums = LoudnessMeter(rate, max(2, recording.shape[1])), LoudnessMeter(rate, 2)
    peak, first = 0.0, 0
    for chunk in stems:
        total = sum_of(chunk)
        drums.add(total)
        song.add(beside(recording[first : first + len(total)], np.float32(0)))
        peak = max(peak, *(float(np.abs(wave).max()) for wave in (total, *chunk.values())))
        first += len(total)
    if peak == 0 or drums.lufs() == SILENT_LUFS:
        return Gains(1.0, 1.0)
    wanted = float(10 ** ((song.lufs() + DRUM_LEVEL + level - drums.lufs()) / 20))
    kit = min(wanted, FILE_PEAK / peak)
    return Gains(kit, wanted / kit)


def sum_of(stems: dict[str, np.ndarray]) -> np.ndarray:
    """The sum of stems (n, 2), added in their order."""
    first, *others = stems.values()
    total = first.copy()
    for wave in others:
        total += wave
    return total


def beside(recording: np.ndarray, drums: np.ndarray | np.float32) -> np.ndarray:
    """A recording (n, channels) with drums (n, 2): (n, channels), at least two channels.

    A recording of one channel is in both. In a recording of more than two channels, the drums are
    in the first two.
    """
    mix = np.repeat(recording, 2, axis=1) if recording.shape[1] == 1 else recording.copy()
    mix[:, :2] += drums
    return mix
