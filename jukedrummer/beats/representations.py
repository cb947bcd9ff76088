"""Four representations of the beat on the code grid: low, mid, high (JukeDrummer's) and phase (ours).

All are placed by time. Code i of a clip covers the samples [start + i * samples_per_code, start +
(i + 1) * samples_per_code); an event belongs to the code whose interval holds its sample, a continuous
value is read at the interval's centre.
"""

from dataclasses import dataclass

import numpy as np

from jukedrummer.beats.tracker import FPS, Tracked

LOW_WIDTH = 50
PHASE_WIDTH = 4
NONE, DOWNBEAT, BEAT = 0, 1, 2
SAMPLE_RATE = 44_100


@dataclass(frozen=True)
class CodeGrid:
    """The codes of one clip.

    Attributes:
        start: sample of the song at which the clip starts.
        codes: L.
        samples_per_code: samples that one code covers.
        sample_rate: samples a second.
    """

    start: int
    codes: int
    samples_per_code: int
    sample_rate: int = SAMPLE_RATE

    @property
    def centres(self) -> np.ndarray:
        """(L,) float64, seconds from the start of the song."""
        return (
            self.start + (np.arange(self.codes) + 0.5) * self.samples_per_code
        ) / self.sample_rate

    def inside(self, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of the events (n,) lie in the clip, and the codes of those."""
        # To the nearest sample, so that a time that stands for a sample is not rounded below it.
        samples = np.rint(np.asarray(seconds) * self.sample_rate).astype(np.int64)
        codes = (samples - self.start) // self.samples_per_code
        kept = (codes >= 0) & (codes < self.codes)
        return kept, codes[kept]


@dataclass(frozen=True)
class BeatFeatures:
    """The four representations of one clip.

    Attributes:
        low: (L, 50) float32, the tracker's embedding; 0 outside the song and where beats were given.
        mid: (L,) uint8, 1 where an activation peak (where beats were given: a beat) lies.
        high: (L,) uint8, 0 none, 1 downbeat, 2 other beat. A downbeat wins over a beat in the same code.
        phase: (L, 4) float32, sine and cosine of 2 pi times beat phase and bar phase, or zeros.
    """

    low: np.ndarray
    mid: np.ndarray
    high: np.ndarray
    phase: np.ndarray


def represent(tracked: Tracked, grid: CodeGrid) -> BeatFeatures:
    """The beat information of one clip of a tracked song."""
    return BeatFeatures(
        low=low(tracked.embeddings, grid),
        mid=mid(tracked.beats, tracked.activations, grid),
        high=high(tracked.beats, grid),
        phase=phase(tracked.beats, grid),
    )


def represent_beats(beats: np.ndarray, grid: CodeGrid) -> BeatFeatures:
    """As `represent` where only the beats (n, 2) are known."""
    return BeatFeatures(
        low=low(None, grid),
        mid=mid(beats, None, grid),
        high=high(beats, grid),
        phase=phase(beats, grid),
    )


def low(embeddings: np.ndarray | None, grid: CodeGrid) -> np.ndarray:
    """Embeddings (T, 50) at 100 frames a second, linearly interpolated at the codes' centres: (L, 50).

    The song lasts from the first frame to one frame after the last; what lies outside is 0.
    """
    result = np.zeros((grid.codes, LOW_WIDTH), dtype=np.float32)
    if embeddings is None or not len(embeddings):
        return result
    position = grid.centres * FPS
    heard = (position >= 0) & (position <= len(embeddings))
    clipped = np.clip(position[heard], 0, len(embeddings) - 1)
    left = np.minimum(clipped.astype(int), max(len(embeddings) - 2, 0))
    right = np.minimum(left + 1, len(embeddings) - 1)
    share = (clipped - left)[:, None]
    result[heard] = embeddings[left] * (1 - share) + embeddings[right] * share
    return result


def activation_peaks(activations: np.ndarray) -> np.ndarray:
    """Seconds (n,) of the peaks of the larger of beat and downbeat activation (T, 3).

    Height 0.1, distance 7 frames, prominence 0.1, as in JukeDrummer.
    """
    from scipy.signal import find_peaks  # takes two seconds, which bad input need not wait for

    peaks, _ = find_peaks(activations[:, 1:].max(axis=1), height=0.1, distance=7, prominence=0.1)
    return peaks / FPS


def mid(beats: np.ndarray, activations: np.ndarray | None, grid: CodeGrid) -> np.ndarray:
    """1 where an activation peak lies, (L,) uint8; the beats where there are no activations."""
    seconds = beats[:, 0] if activations is None else activation_peaks(activations)
    result = np.zeros(grid.codes, dtype=np.uint8)
    result[grid.inside(seconds)[1]] = 1
    return result


def high(beats: np.ndarray, grid: CodeGrid) -> np.ndarray:
    """0 none, 1 downbeat, 2 other beat: (L,) uint8."""
    kept, codes = grid.inside(beats[:, 0])
    downbeats = beats[kept, 1] == 1
    result = np.full(grid.codes, NONE, dtype=np.uint8)
    result[codes] = BEAT
    result[codes[downbeats]] = DOWNBEAT
    return result


def phase(beats: np.ndarray, grid: CodeGrid) -> np.ndarray:
    """Sine and cosine of 2 pi times beat phase, then of 2 pi times bar phase: (L, 4) float32.

    Phases are linear between beats. Before the first beat and after the last they go on at the speed of
    the adjacent interval for one bar; beyond, and with fewer than two beats, all four are 0.
    """
    result = np.zeros((grid.codes, PHASE_WIDTH), dtype=np.float32)
    if len(beats) < 2:
        return result
    seconds, counted, bars = _extended(beats)
    centres = grid.centres
    known = (centres >= seconds[0]) & (centres <= seconds[-1])
    for column, unwrapped in ((0, counted), (2, bars)):
        angle = 2 * np.pi * np.interp(centres[known], seconds, unwrapped)
        result[known, column] = np.sin(angle)
        result[known, column + 1] = np.cos(angle)
    return result


def _extended(beats: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds, beats counted and bars counted (with fractions) at every beat and one bar beyond both ends."""
    seconds = beats[:, 0]
    counted = np.arange(len(beats), dtype=np.float64)
    lengths, bars = bar_positions(beats[:, 1])
    ends = []
    for values in (seconds, counted, bars):
        before = values[0] - lengths[0] * (values[1] - values[0])
        after = values[-1] + lengths[-1] * (values[-1] - values[-2])
        ends.append(np.concatenate([[before], values, [after]]))
    return ends[0], ends[1], ends[2]


def bar_positions(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each beat's place in the song counted in bars.

    A bar's length is its last beat's position. The last bar may be cut short by the end of the song, so it
    has at least the length of the bar before.

    Args:
        positions: (n,) positions in the bar, 1 = downbeat; n at least 1.

    Returns:
        (n,) beats in the beat's bar, and (n,) bars before this beat, e.g. 2.25 for the second of four
        beats in the third bar.
    """
    starts = np.flatnonzero(np.r_[True, np.diff(positions) <= 0])
    bar = np.cumsum(np.r_[False, np.diff(positions) <= 0])
    lengths = np.maximum.reduceat(positions, starts)
    if len(lengths) > 1:
        lengths[-1] = max(lengths[-1], lengths[-2])
    return lengths[bar], bar + (positions - 1) / lengths[bar]
