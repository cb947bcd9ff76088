"""What the metrics of strokes have in common: the strokes of a track and of the real drums."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.bar_patterns import bar_patterns
from jukedrummer.evaluation.metrics import Metric, Track
from jukedrummer.evaluation.metrics.grid import SUBDIVISIONS, grid_share
from jukedrummer.evaluation.patterns import fill_scores, pattern_similarity
from jukedrummer.evaluation.playing import Timing, piece_f1s, timing
from jukedrummer.model.drum_score import Strokes


@dataclass(frozen=True, eq=False)
class Played:
    """The strokes of a track and of the song's real drums, on the song's beats.

    Attributes:
        track: the track.
        strokes: its strokes.
        real: strokes of the real drums.
    """

    track: Track
    strokes: Strokes
    real: Strokes

    @property
    def beats(self) -> np.ndarray:
        """(n, 2) seconds, bar position."""
        return self.track.reference.beats

    @property
    def seconds(self) -> float:
        """Duration of the track."""
        return len(self.track.audio) / SAMPLE_RATE

    @cached_property
    def parts(self) -> int:
        """Parts of a beat in the song's grid: the one that fits the real drums better."""
        if not len(self.real):
            return SUBDIVISIONS[0]
        onsets = np.unique(self.real.times)
        return grid_share(onsets, self.beats[:, 0], self.track.tolerance).subdivision

    @cached_property
    def bars(self) -> list[np.ndarray]:
        """The track's patterns, bar by bar."""
        return bar_patterns(self.strokes, self.beats, self.parts)

    @cached_property
    def real_bars(self) -> list[np.ndarray]:
        """The real patterns, bar by bar."""
        return bar_patterns(self.real, self.beats, self.parts)

    @cached_property
    def similarity(self) -> np.ndarray:
        """(bars,) see `pattern_similarity`."""
        return pattern_similarity(self.bars, self.real_bars)

    @cached_property
    def fills(self) -> tuple[float, float]:
        """Recall and precision of fills."""
        return fill_scores(self.bars, self.real_bars)

    @cached_property
    def f1s(self) -> dict[str, float]:
        """F1 of kick, snare and hat."""
        return piece_f1s(self.real, self.strokes)

    @cached_property
    def timing(self) -> Timing:
        """Deviations from the grid."""
        return timing(self.strokes, self.beats[:, 0], self.parts)

    @cached_property
    def counts(self) -> np.ndarray:
        """(bars,) strokes of each bar."""
        return np.array([bar.sum() for bar in self.bars])


def played(track: Track) -> Played | None:
    """What a track plays; None without a transcriber."""
    if track.strokes is None or track.reference.strokes is None:
        return None
    return Played(track, track.strokes, track.reference.strokes)


def _measured(measure: Callable[[Played], float], track: Track) -> float:
    strokes = track.once(played)
    return math.nan if strokes is None else float(measure(strokes))


def on_strokes(measure: Callable[[Played], float]) -> Callable[[Track], float]:
    """A metric of strokes as a metric of a track; NaN without a transcriber."""
    return partial(_measured, measure)


def stroke_share(
    name: str, title: str, about: str, measure: Callable[[Played], float], of_rhythm: bool = True
) -> Metric:
    """A metric of strokes from 0 to 1; 1 is best."""
    return Metric(
        name=name,
        title=title,
        unit="",
        better="higher",
        digits=2,
        about=about,
        measure=on_strokes(measure),
        of_rhythm=of_rhythm,
        of_strokes=True,
    )
