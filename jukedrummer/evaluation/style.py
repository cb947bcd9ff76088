"""Measures of a set of drum tracks together: their style, and how they fit their recordings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import read_audio
from jukedrummer.evaluation.clap import load_clap
from jukedrummer.evaluation.home_away import other_songs
from jukedrummer.evaluation.kernel_distance import (
    feature_spread,
    fit_kernel,
    kernel_distance,
    prompt_adherence,
)
from jukedrummer.evaluation.metrics import Better
from jukedrummer.evaluation.reference import Reference
from jukedrummer.evaluation.statistics import Interval, as_json
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.evaluation.style_windows import drum_windows, pair_windows
from jukedrummer.evaluation.tracks import fit_length

WINDOWS_A_SONG = 64  # evenly spread: more windows of one song say little more
StyleResults = dict[str, dict[str, Any]]  # rung to measure to interval, as in metrics.json


@dataclass(frozen=True)
class StyleMetric:
    """A measure of all songs together, and its presentation; see `Metric`."""

    name: str
    title: str
    better: Better
    digits: int
    about: str
    unit: str = ""


STYLE_METRICS = (
    StyleMetric(
        "style_distance",
        "Style distance",
        "lower",
        3,
        "kernel distance from the real drums in kit, sound and strokes, over all songs together",
    ),
    StyleMetric(
        "adherence",
        "Prompt adherence",
        "higher",
        2,
        "1: fits the recordings in time as the real drums do, 0: as those of other songs do",
    ),
    StyleMetric(
        "clap_distance", "Style distance, CLAP", "lower", 3, "the same with features of CLAP"
    ),
    StyleMetric(
        "clap_adherence",
        "Prompt adherence, CLAP",
        "higher",
        2,
        "the same with features of CLAP of the mixes",
    ),
)


@dataclass(frozen=True, eq=False)
class StyleFeatures:
    """What a measure compares.

    Attributes:
        windows: recording without drums (N,) and drums (N,) to features (W, D).
        of_pairs: whether they are features of both together. Such a measure is an adherence, and
            the others are distances.
    """

    windows: Callable[[np.ndarray, np.ndarray], np.ndarray]
    of_pairs: bool


def style_features(reader: StrokeReader | None, clap: str | None) -> dict[str, StyleFeatures]:
    """The features of each measure that can be made, in the order of `STYLE_METRICS`.

    Args:
        reader: the transcriber. Without it, there is no `style_distance`.
        clap: folder of a CLAP model; None makes no measures of CLAP.

    Raises:
        UserError: the CLAP model cannot be loaded.
    """
    features = {}
    if reader:
        of_drums = partial(drum_windows, embed=reader.embed)
        features["style_distance"] = StyleFeatures(lambda _, drums: of_drums(drums), False)
    features["adherence"] = StyleFeatures(pair_windows, True)
    if clap:
        clap_embed = load_clap(clap)
        features["clap_distance"] = StyleFeatures(lambda _, drums: clap_embed(drums), False)
        features["clap_adherence"] = StyleFeatures(
            lambda drumless, drums: clap_embed(drumless + fit_length(drums, len(drumless))), True
        )
    return features


@dataclass(frozen=True, eq=False)
class StyleWindows:
    """The windows (W, D) of all songs, for one measure.

    Attributes:
        real: song to its windows.
        shuffled: song to those of its recording with another song's real drums; empty for a
            distance.
        played: rung to song to windows. A rung may lack songs.
    """

    real: Mapping[str, np.ndarray]
    shuffled: Mapping[str, np.ndarray]
    played: Mapping[str, Mapping[str, np.ndarray]]

    def result(self, rung: str, songs: Sequence[Reference], resamples: int) -> Interval:
        """The measure of a rung on some of the songs."""
        # All songs of the set, so that its rungs have the same kernel. Shuffled pairs are on the
        # scale too: real pairs may be so alike that all others would be equally far.
        kernel = fit_kernel(
            [own[song.song] for own in (self.real, self.shuffled) if own for song in songs]
        )
        names = [song.song for song in songs if song.song in self.played[rung]]
        played = [self.played[rung][name] for name in names]
        real = [self.real[name] for name in names]
        if not self.shuffled:
            return kernel_distance(played, real, kernel, resamples)
        shuffled = [self.shuffled[name] for name in names]
        return prompt_adherence(played, real, shuffled, kernel, resamples)


def style_windows(
    rungs: Mapping[str, Mapping[str, Path]],
    songs: Sequence[Reference],
    features: Mapping[str, StyleFeatures],
) -> dict[str, StyleWindows]:
    """The windows of drum tracks, by measure.

    Args:
        rungs: rung to song to audio file. A rung may lack songs.
        songs: the held-out songs.
        features: those of each measure.

    Raises:
        UserError: a file is missing or not audio.
    """
    return {name: _windows(own, rungs, songs, name) for name, own in features.items()}


def _windows(
    features: StyleFeatures,
    rungs: Mapping[str, Mapping[str, Path]],
    songs: Sequence[Reference],
    name: str,
) -> StyleWindows:
    def windows(song: Reference, drums: np.ndarray) -> np.ndarray:
        return feature_spread(features.windows(song.drumless(), drums), WINDOWS_A_SONG)

    others = other_songs(songs) if features.of_pairs else {}
    played: dict[str, dict[str, np.ndarray]] = {rung: {} for rung in rungs}
    for song in tqdm(songs, desc=f"windows of {name}", unit="song"):
        for rung, files in rungs.items():
            if song.song in files:
                played[rung][song.song] = windows(song, read_audio(files[song.song]))
    return StyleWindows(
        {song.song: windows(song, song.drums()) for song in songs},
        {song.song: windows(song, others[song.song].drums()) for song in songs if others},
        played,
    )


def style_json(
    windows: Mapping[str, StyleWindows], songs: Sequence[Reference], resamples: int
) -> StyleResults:
    """The block `style` of `metrics.json`: the measures of the rungs on some of the songs.

    A rung that has none of the songs is left out.
    """
    return {
        rung: {name: as_json(own.result(rung, songs, resamples)) for name, own in windows.items()}
        for rung, played in next(iter(windows.values())).played.items()
        if any(song.song in played for song in songs)
    }
