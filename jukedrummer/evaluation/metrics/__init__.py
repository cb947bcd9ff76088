"""The metrics of a drum track: a file for each family of metrics, found by a registry.

A file in this folder has a tuple `METRICS`. A new file adds its metrics to the end of every table,
of `songs.tsv` and of `metrics.json`. Nothing else has to be edited.

Conventions: event times are in seconds, ascending; waveforms are (N,) in [-1, 1] at 44.1 kHz. A
metric that has nothing to measure is NaN. Means over songs leave NaN out and state the number of
remaining songs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np

from jukedrummer.evaluation.onsets import detect_onsets
from jukedrummer.evaluation.reference import Reference
from jukedrummer.model.drum_score import Strokes
from jukedrummer.registry import Registry

T = TypeVar("T")
Better = Literal["higher", "lower"]
Measures = Mapping[str, float]  # name of a metric to its value; NaN if there is nothing to measure

FAMILIES = Registry(
    "metric",
    "jukedrummer.evaluation.metrics",
    first=("beats", "grid", "tempo", "density", "spectra", "pieces", "patterns", "playing"),
)


@dataclass(frozen=True, eq=False)
class Track:
    """A drum track of a song, to be measured. Nothing is computed twice.

    Attributes:
        audio: (N,) the drums.
        beats: (n, 2) seconds, bar position, tracked on the drums by the judge.
        reference: the song's beats and real drums.
        tolerance: an onset within this distance of the grid is on the grid, seconds.
        strokes: its strokes, known or transcribed; None without a transcriber.
    """

    audio: np.ndarray
    beats: np.ndarray
    reference: Reference
    tolerance: float
    strokes: Strokes | None = None

    @cached_property
    def onsets(self) -> np.ndarray:
        """(n,) seconds, the detected onsets."""
        return detect_onsets(self.audio)

    def once(self, compute: Callable[["Track"], T]) -> T:
        """The result of `compute` for this track. It is called once, also for several metrics."""
        if compute not in self._computed:
            self._computed[compute] = compute(self)
        result: T = self._computed[compute]
        return result

    @cached_property
    def _computed(self) -> dict[Callable[["Track"], Any], Any]:
        return {}


@dataclass(frozen=True)
class Metric:
    """A metric, and its presentation.

    Attributes:
        name: its key in `metrics.json` and column in `songs.tsv`; unique.
        title: title for reports.
        unit: unit of its values, or empty.
        better: the good direction; None if values near those of the real drums are good.
        digits: number of decimals in reports.
        about: a short description.
        measure: a track to its value.
        of_rhythm: whether the comparison of experiments shows it in the table of rhythm.
        of_strokes: whether it is measured on strokes. Without a transcriber it is NaN, and reports
            leave it out.
    """

    name: str
    title: str
    unit: str
    better: Better | None
    digits: int
    about: str
    measure: Callable[[Track], float]
    of_rhythm: bool = True
    of_strokes: bool = False


def all_metrics() -> tuple[Metric, ...]:
    """The metrics of all families, in the order of the tables."""
    return tuple(metric for family in FAMILIES for metric in family.METRICS)


def measure_track(track: Track) -> Measures:
    """All metrics of a drum track."""
    return {metric.name: float(metric.measure(track)) for metric in all_metrics()}
