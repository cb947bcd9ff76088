"""The measures of songs on the page: what they mean, and what to do about bad values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from jukedrummer.report.inspection.columns import FEATURES, SongColumn, SongColumns
from jukedrummer.report.table_view import number

WORST = 10  # songs in the list of a measure
SERIES_OF_PARTS = {"drums": "drums_{}", "drumless": "drumless_{}"}
UNMEASURED = ("samples",)  # numbers that another column repeats


@dataclass(frozen=True)
class Measure:
    """A histogram of one or two columns, and maybe a list of the worst songs.

    Attributes:
        name: its key; unique.
        title: its title.
        columns: label of each series to its column of `songs.tsv`; "" if there is one series.
        about: what it measures.
        advice: what to do about bad songs, or "".
        unit: unit of the shown values, or "".
        factor: the shown values are the column's values times this.
        decimals: decimals of a value in text.
        worst: which values are bad; abs: those far from 0; None: there are no bad values.
        best: the shown value of a song without faults; such songs are not listed.
        by_kind: whether true and separated pairs are two series.
        logarithmic: whether the axis is logarithmic.
        discrete: whether each value has its own bar.
        words: the texts of a column of texts, the best first; they are the values 0, 1, ...
    """

    name: str
    title: str
    columns: Mapping[str, str]
    about: str
    advice: str = ""
    unit: str = ""
    factor: float = 1.0
    decimals: int = 2
    worst: Literal["high", "low", "abs"] | None = None
    best: float = 0.0
    by_kind: bool = False
    logarithmic: bool = False
    discrete: bool = False
    words: tuple[str, ...] = ()

    def values(self, songs: pd.DataFrame) -> pd.DataFrame:
        """The shown values, a column for each of `columns`; NaN is unknown."""
        chosen = songs[list(self.columns.values())]
        if self.words:
            places = {word: float(place) for place, word in enumerate(self.words)}
            return pd.DataFrame({name: chosen[name].map(places) for name in chosen}, dtype=float)
        return self.factor * chosen

    def text(self, value: float) -> str:
        """A shown value in text, without its unit."""
        return self.words[round(value)] if self.words else number(value, self.decimals)

    def series(self, songs: pd.DataFrame) -> dict[str, np.ndarray]:
        """The known values of each series."""
        values = self.values(songs)
        parts = dict(zip(self.columns, values.to_numpy(float).T, strict=True))
        if self.by_kind:
            (own,) = parts.values()
            parts = {kind: own[songs["kind"] == kind] for kind in songs["kind"].unique()}
        return {label: part[~np.isnan(part)] for label, part in parts.items()}

    def worst_songs(self, songs: pd.DataFrame) -> list[tuple[int, float]]:
        """Row and worst shown value of each of the worst songs, the worst first."""
        if self.worst is None or not len(songs):
            return []
        values = self.values(songs).to_numpy(float)
        badness = {
            "high": values - self.best,
            "low": self.best - values,
            "abs": np.abs(values) - self.best,
        }[self.worst]
        badness = np.where(np.isnan(badness), 0.0, badness)
        worse = badness.argmax(axis=1)
        order = np.argsort(-badness.max(axis=1), kind="stable")[:WORST]
        return [
            (int(row), float(values[row, worse[row]]))
            for row in order
            if badness[row, worse[row]] > 0
        ]


def _both(quantity: str) -> dict[str, str]:
    return {label: name.format(quantity) for label, name in SERIES_OF_PARTS.items()}


SOUND_MEASURES = (
    Measure(
        "length",
        "Length",
        {"": "seconds"},
        "Length of both recordings of a song.",
        unit="s",
        decimals=0,
        logarithmic=True,
    ),
    Measure(
        "rate",
        "Sample rate of the files",
        {"": "rate"},
        "The lowest sample rate of a song's files. It is read for the first songs of each source.",
        "Files below 44,100 Hz lack the highest frequencies: a hi-hat at 22,050 Hz ends at 11 kHz. "
        "Use the original files.",
        unit="Hz",
        decimals=0,
        discrete=True,
    ),
    Measure(
        "level",
        "Loudness",
        _both("db"),
        "RMS level of each recording. Levels are not normalised.",
        "A song that is far from the others was often exported with a wrong gain.",
        unit="dBFS",
        decimals=1,
    ),
    Measure(
        "silence",
        "Silence",
        _both("silence"),
        "Share of the seconds below -60 dBFS.",
        "Clips with little sound are left out (clip.min_drums_share, clip.min_drumless_share). A "
        "model cannot learn from a drumless recording that is mostly silent. Is a stem missing?",
        unit="%",
        factor=100.0,
        decimals=1,
        worst="high",
    ),
    Measure(
        "drums_active",
        "Drums present",
        {"": "drums_active"},
        "Share of the seconds with drums: at most 30 dB below the drums' mean level.",
        "Songs below pairs.min_drums_share are left out. If the drum stem has only percussion or "
        "bleed, remove the song.",
        unit="%",
        factor=100.0,
        decimals=1,
        worst="low",
        best=100.0,
    ),
    Measure(
        "mono_loss",
        "Loss when made mono",
        _both("mono_loss_db"),
        "Energy that the mean of the channels loses. Uncorrelated channels lose 3 dB; channels of "
        "opposite polarity lose all.",
        "Above pairs.max_mono_loss_db, half the difference of the channels is used. Listen to it. "
        "If it is not the whole recording, invert one channel of the stem.",
        unit="dB",
        worst="high",
    ),
)
FIT_MEASURES = (
    Measure(
        "residual",
        "Residual against the mixture",
        {"": "residual_db"},
        "The difference of the mixture and the sum of the stems, relative to the mixture. Below "
        "-30 dB the stems add up to the mixture. About -10 dB is a mixture with effects or "
        "mastering of its own. Songs without a mixture have no value.",
        "Near 0 dB the stems do not belong to this mixture, are shifted, or one of them is "
        "missing. Compare the stems with the mixture, and repair or remove the song.",
        unit="dB",
        decimals=1,
        worst="high",
        best=-60.0,
    ),
    Measure(
        "offset",
        "Offset in the mixture",
        {label: f"{label}_offset_ms" for label in SERIES_OF_PARTS},
        "Delay of a recording in the mixture against its own file.",
        "An offset that is the same in both recordings does no harm. If the offsets differ, the "
        "drums are shifted against the music: align the stems, or remove the song.",
        unit="ms",
        decimals=1,
        worst="abs",
    ),
    Measure(
        "leakage",
        "Leakage of drums",
        {"": "leakage"},
        "How well the drums' onsets can be predicted from the drumless recording above 4 kHz: 0 "
        "not at all, 1 exactly. Music plays in time with the drums, so true stems are above 0.",
        "A model learns to use these traces, which a user's recording does not have. Listen for "
        "the drums in the drumless recording. Remove such songs, or set lm.separated_noise if "
        "separated songs are far above true ones.",
        worst="high",
        by_kind=True,
    ),
    Measure(
        "coherence",
        "Coherence of both recordings",
        {"": "coherence"},
        "How constant the phase difference of both recordings is above 4 kHz. It is near 0 for "
        "parts that were recorded separately. It grows with any sound that is in both.",
        "See leakage. True stems with a high value have bleed, or the same sample in both.",
        decimals=3,
        worst="high",
        by_kind=True,
    ),
)
BEAT_MEASURES = (
    Measure(
        "tempo",
        "Tempo",
        {"annotated": "annotated_bpm", "tracked": f"{FEATURES}bpm"},
        "Tempo of the annotated beats, and of the beats that were tracked in the drumless "
        "recording.",
        "Tempi outside beats.min_bpm and beats.max_bpm cannot be tracked. Set them to the music.",
        unit="beats a minute",
        decimals=1,
    ),
    Measure(
        "meter",
        "Meter",
        {"": "meter"},
        "Number of beats in most bars, of songs with annotated beats.",
        "The tracker only finds the meters of beats.beats_per_bar.",
        unit="beats a bar",
        decimals=0,
        discrete=True,
    ),
    Measure(
        "confidence",
        "Confidence of the tracker",
        {"": f"{FEATURES}confidence"},
        "The tracker's confidence in its beats, 0 to 1.",
        "Beats with a low confidence are wrong more often. Causes are a free tempo, long pauses, "
        "or few onsets in the drumless recording. Annotate the beats, or remove the songs.",
        worst="low",
        best=1.0,
    ),
    Measure(
        "tempo_error",
        "Tracked tempo against annotated tempo",
        {"": "tempo_error"},
        "Distance of the tracked from the annotated tempo in octaves. 1: half or double tempo; "
        "0.58: three beats for two.",
        "Near 1 both tempi may be right. Set beats.min_bpm and beats.max_bpm so that only one of "
        "them is possible. Other values above 0.05: does the annotation belong to this recording?",
        unit="octaves",
        decimals=3,
        worst="high",
    ),
    Measure(
        "annotation",
        "Annotated beats against a tracker",
        {"": "annotation"},
        "The annotated beats of MIDI files, which may be wrong, are compared with beats that are "
        "tracked in the full mix. Confirmed: they agree. Unclear: the bar lines differ; the "
        "annotation is kept. Moved: other bar lines are clearly better, and are used. Rejected: "
        "the beats differ; the song has no annotated beats.",
        "Songs whose annotation is rejected are used with tracked beats. If there are many of "
        "them, do the beats belong to these recordings?",
        worst="high",
        discrete=True,
        words=("confirmed", "unclear", "moved", "rejected"),
    ),
)


@dataclass(frozen=True)
class MeasureGroup:
    """Measures under a heading."""

    title: str
    measures: tuple[Measure, ...]


def measure_groups(columns: SongColumns) -> list[MeasureGroup]:
    """All measures. The last group has the columns of numbers that no other measure has."""
    groups = [
        MeasureGroup("Sound", SOUND_MEASURES),
        MeasureGroup("Do the recordings belong together?", FIT_MEASURES),
        MeasureGroup("Beats", BEAT_MEASURES),
    ]
    shown = {
        name for group in groups for own in group.measures for name in own.columns.values()
    } | set(UNMEASURED)
    others = [
        _plain(column)
        for column in columns
        if column.kind in (int, float) and column.name not in shown
    ]
    return [*groups, MeasureGroup("Other columns", tuple(others))]


def _plain(column: SongColumn) -> Measure:
    title = column.name.removeprefix(FEATURES).replace("_", " ")
    title = f"{title} (features)" if column.name.startswith(FEATURES) else title
    about = f"{column.doc[:1].upper()}{column.doc[1:]}."
    decimals = 0 if column.kind is int else 2
    return Measure(
        column.name, title, {"": column.name}, about, unit=column.unit, decimals=decimals
    )
