"""The times of the beats of a composed song, and its random generators."""

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Timeline:
    """The times of the beats.

    Attributes:
        times: (n,) seconds; `times[k]` is the time of beat `first + k`. Beat 0 is bar 0's downbeat.
        first: number of the first beat; negative with a pick-up.
        meter: beats a bar.
        steps_per_beat: steps of the grid in a beat.
        swing: delay of odd sixteenths, in steps.
    """

    times: np.ndarray
    first: int
    meter: int
    steps_per_beat: int
    swing: float

    def seconds(self, bar: int, step: float) -> float:
        """The time of a step of a bar, seconds."""
        late = self.swing if self.steps_per_beat == 4 and step % 2 == 1 else 0.0
        return self.of_beat(bar * self.meter + (step + late) / self.steps_per_beat)

    def of_beat(self, beat: float) -> float:
        """The time of a beat, seconds, counted from bar 0's downbeat; may be a fraction."""
        return float(np.interp(beat - self.first, np.arange(len(self.times)), self.times))

    def positions(self, bars: int) -> list[tuple[float, int]]:
        """Every beat from the pick-up to the downbeat after `bars`: seconds, position in the bar.

        Args:
            bars: number of bars.
        """
        count = bars * self.meter + 1 - self.first
        return [
            (float(time), (k + self.first) % self.meter + 1)
            for k, time in enumerate(self.times[:count])
        ]


def generator(seed: int, index: int, name: str) -> np.random.Generator:
    """A random generator that depends on the seed, the song and the name of its use only."""
    return np.random.default_rng([seed, index, zlib.crc32(name.encode())])


def mean_bpm(beats: list[tuple[float, int]]) -> float:
    """The mean tempo of beats, which are seconds and positions: beats a minute."""
    return 60 * (len(beats) - 1) / (beats[-1][0] - beats[0][0])
