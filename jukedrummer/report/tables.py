"""Tables of results, independent of the file format."""

import hashlib
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jukedrummer.config import plain
from jukedrummer.evaluation.metrics import Better, Metric
from jukedrummer.evaluation.statistics import Interval
from jukedrummer.evaluation.style import StyleMetric

INTERVAL_SONGS = 5  # with fewer songs, resamples are too similar and the interval is too narrow
ARROWS: dict[Better | None, str] = {"higher": "↑", "lower": "↓", None: ""}


@dataclass(frozen=True)
class Provenance:
    """The source of numbers.

    Attributes:
        command: the shell command that makes them.
        config_sha256: hash of their settings, see `hash_settings`.
    """

    command: str
    config_sha256: str


@dataclass(frozen=True)
class Column:
    """A column of values.

    Attributes:
        name: its key in the TSV; unique within its group.
        title: title for reports.
        unit: unit of its values, or empty.
        decimals: number of decimals in reports; the TSV has all.
        better: the good direction; None if there is none, then nothing is bold.
        group: a heading that neighbouring columns share, or empty.
        about: a short description of the values, or empty.
        signed: whether positive values get a plus sign.
    """

    name: str
    title: str
    unit: str = ""
    decimals: int = 2
    better: Better | None = None
    group: str = ""
    about: str = ""
    signed: bool = False

    @classmethod
    def of_metric(cls, metric: Metric | StyleMetric, more_decimals: int = 0) -> "Column":
        """The column of a metric of one drum track, or of all together."""
        return cls(
            metric.name,
            metric.title,
            metric.unit,
            metric.digits + more_decimals,
            metric.better,
            about=metric.about,
        )

    @property
    def quantity(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def heading(self) -> str:
        """Title, unit, and an arrow in the good direction."""
        return f"{self.quantity} {ARROWS[self.better]}".rstrip()


@dataclass(frozen=True)
class Value:
    """A mean over n songs or seeds, maybe with an interval or a deviation. NaN is missing.

    Attributes:
        low, high: bounds of its 95 % interval.
        deviation: sample standard deviation over seeds.
        n: number of songs or seeds.
    """

    mean: float
    low: float = math.nan
    high: float = math.nan
    deviation: float = math.nan
    n: int = 0

    def __post_init__(self) -> None:
        if any(map(math.isinf, (self.mean, self.low, self.high, self.deviation))):
            raise ValueError(f"{self}: infinite values cannot be shown; NaN is what is missing")
        if not (math.isnan(self.low) or math.isnan(self.deviation)):
            raise ValueError(f"{self}: has an interval and a deviation, expected one of them")

    @classmethod
    def over_songs(cls, interval: Interval) -> "Value":
        """A mean with its bootstrap interval, if it is over at least `INTERVAL_SONGS`."""
        if interval.n < INTERVAL_SONGS:
            return cls(interval.mean, n=interval.n)
        return cls(interval.mean, low=interval.low, high=interval.high, n=interval.n)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Value":
        """A mean with its bootstrap interval, as stored in `metrics.json`."""
        mean, low, high = (
            math.nan if stored[name] is None else stored[name] for name in ("mean", "low", "high")
        )
        return cls(mean, low=low, high=high, n=stored["n"])

    @classmethod
    def over_seeds(cls, values: Sequence[float]) -> "Value":
        """Mean and sample deviation (n - 1) of one value for each seed; NaN is left out."""
        known = [value for value in values if not math.isnan(value)]
        if not known:
            return MISSING
        deviation = statistics.stdev(known) if len(known) > 1 else math.nan
        return cls(statistics.fmean(known), deviation=deviation, n=len(known))


MISSING = Value(math.nan)


@dataclass(frozen=True)
class Row:
    """A row: a text for each label column, a value for each column.

    Attributes:
        group: the best value of each group is bold. Lines separate groups.
        provenance: source of its numbers; None if it is the table's.
        highlighted: whether the row is highlighted.
    """

    labels: tuple[str, ...]
    values: tuple[Value, ...]
    group: str = ""
    provenance: Provenance | None = None
    highlighted: bool = False


@dataclass(frozen=True)
class Table:
    """A table of results.

    Attributes:
        name: its key in the TSV.
        caption: its content and how to read it, in whole sentences.
        labels: headings of the label columns.
        provenance: source of the rows without their own; None if it is stated elsewhere.
        n: number of songs or seeds of values that state no other; None if it differs by row.
    """

    name: str
    title: str
    caption: str
    labels: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    provenance: Provenance | None = None
    n: int | None = None

    def __post_init__(self) -> None:
        for row in self.rows:
            if (len(row.labels), len(row.values)) != (len(self.labels), len(self.columns)):
                raise ValueError(
                    f"table {self.name}: row {row.labels} has {len(row.labels)} labels and "
                    f"{len(row.values)} values, expected {len(self.labels)} and {len(self.columns)}"
                )
        names = [(column.group, column.name) for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"table {self.name}: two of its columns are called the same: {names}")

    def provenance_of(self, row: Row) -> Provenance | None:
        """The source of a row's numbers."""
        return row.provenance or self.provenance

    def provenances(self) -> list[Provenance]:
        """The provenances of the rows, each once, in order."""
        every = (self.provenance_of(row) for row in self.rows)
        return list(dict.fromkeys(provenance for provenance in every if provenance))

    def best(self) -> set[tuple[int, int]]:
        """Places (row, column) of the best values.

        They are the best of each column in each group with at least two known values. Values that
        are equal after rounding are equally good.
        """
        places = set()
        groups = [row.group for row in self.rows]
        for place, column in enumerate(self.columns):
            for group in dict.fromkeys(groups):
                means = {
                    index: round(row.values[place].mean, column.decimals)
                    for index, row in enumerate(self.rows)
                    if row.group == group and not math.isnan(row.values[place].mean)
                }
                if column.better and len(means) > 1:
                    best = (max if column.better == "higher" else min)(means.values())
                    places |= {(index, place) for index, mean in means.items() if mean == best}
        return places


def hash_settings(**sections: Any) -> str:
    """SHA-256 of sections of the config, or mappings: the same settings give the same hash."""
    values = {name: plain(section) for name, section in sections.items()}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
