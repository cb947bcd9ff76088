"""Accuracy of beat trackers on full mixes, on drumless recordings and on drums alone.

Times are in seconds. NaN is nothing to measure. The first five seconds count, unlike in MIREX,
which leaves a person time to tap in. These trackers process the whole song before they return
beats, and drums follow their beats from the first bar on.

CMLt and AMLt: Hainsworth 2004; Klapuri, Eronen and Astola 2006; as in mir_eval (Raffel et al.,
ISMIR 2014).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import mir_eval
import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.tracker import Tracked, Tracker
from jukedrummer.beats.trackers.drum_aware import DrumAwareConfig, DrumAwareTracker
from jukedrummer.config import BEATS, SAMPLE_RATE, BeatsConfig, parse_kind
from jukedrummer.corpus.manifest import HELD_OUT, SPLITS
from jukedrummer.corpus.pairs import KINDS, Pair, annotated_pairs
from jukedrummer.errors import UserError
from jukedrummer.evaluation.events import downbeats, subdivide
from jukedrummer.evaluation.metrics.beats import beat_f1
from jukedrummer.model.build import load_model
from jukedrummer.storage.tables import cell, positive
from jukedrummer.storage.weights import default_device

RIGHT = 0.8  # a song is tracked correctly if its beat F1 exceeds this
Outcome = Literal["right", "half", "double", "off_beat", "other"]
Version = Literal["mix", "drumless", "drums"]
VERSIONS: dict[Version, str] = {
    "mix": "full mix",
    "drumless": "drumless",
    "drums": "drums only",
}
# Name of a tracker to version of a song to the tracker for this version.
Trackers = Mapping[str, Mapping[Version, Tracker]]


@dataclass(frozen=True)
class ComparedSong:
    """A song to track.

    Attributes:
        song: its row of the table of pairs.
        folder: folder of its pair.
        beats: (n, 2) annotated beats, n at least 2.
    """

    song: Pair
    folder: Path
    beats: np.ndarray


@dataclass(frozen=True)
class SongResult:
    """One tracker's result on one version of one song: a row of `beat_tracking_songs.tsv`.

    A metric is NaN (an empty cell) if there is nothing to measure.
    """

    song: str = cell("id, as in the table of pairs")
    style: str = cell("as in the table of pairs")
    stems: str = cell("true, or separated from a mix", check=KINDS)
    split: str = cell("as in the table of pairs", check=SPLITS)
    source: str = cell("as in the table of pairs")
    bpm: float = cell("median of the annotated tempo", unit="beats a minute", check=positive)
    version: Version = cell("the version of the song that was tracked", check=tuple(VERSIONS))
    tracker: str = cell("name of the tracker")
    beat_f1: float = cell("F1 of the beats within 70 ms, 0 to 1")
    downbeat_f1: float = cell("F1 of the downbeats within 70 ms, 0 to 1")
    cmlt: float = cell("share of beats with the right period and phase, 0 to 1")
    amlt: float = cell("the same, also at half and double tempo and off the beat, 0 to 1")
    outcome: Outcome = cell("whether the song was tracked correctly", check=get_args(Outcome))
    confidence: float = cell("confidence of the tracker, 0 to 1")


def compared_songs(
    shards: Sequence[Path], which: Literal["test", "all"]
) -> tuple[list[ComparedSong], int]:
    """Songs with a pair and at least two annotated beats; and the number of songs with fewer.

    Raises:
        UserError: no song has two annotated beats.
    """
    return annotated_pairs(
        shards,
        SPLITS if which == "all" else HELD_OUT,
        _compared_song,
        annotation="annotated beats",
        hint=": there is nothing to measure trackers by",
    )


def _compared_song(pair: Pair, folder: Path) -> ComparedSong | None:
    if pair.beats is None or len(beats := read_beats(pair.beats)) < 2:
        return None
    return ComparedSong(pair, folder, beats)


def tracker_settings(names: Sequence[str], beats: BeatsConfig) -> dict[str, BeatsConfig]:
    """The settings of each tracker: `beats` for its tracker, defaults for the others."""
    return {
        name: beats if name == beats.kind_name else parse_kind(BEATS, {BEATS.tag: name}, "beats")
        for name in names
    }


def make_trackers(names: Sequence[str], beats: BeatsConfig, network: Path | None) -> Trackers:
    """The trackers to compare.

    Args:
        names: names of the trackers.
        beats: settings of one tracker. The others have the defaults of their kind.
        network: folder of the drum-aware tracker that was trained on the corpus, if any.

    Raises:
        UserError: a tracker's model or package is missing or broken.
    """
    device = default_device()
    return {
        name: _drum_aware(config, device, network)
        if isinstance(config, DrumAwareConfig)
        else dict.fromkeys(VERSIONS, make_tracker(config, device))
        for name, config in tracker_settings(names, beats).items()
    }


def _drum_aware(
    config: DrumAwareConfig, device: str, network: Path | None
) -> dict[Version, Tracker]:
    # Each version uses the branch that was trained for it; the mix uses all, fused.
    folder = network or config.weights
    if folder is None:
        raise UserError(
            "tables.trackers names drum_aware, which needs a trained network: "
            "give its folder as --trained-tracker or as beats.weights"
        )
    model = load_model(folder, "tracker")
    return {version: DrumAwareTracker(config, model, device, version) for version in VERSIONS}


def track_songs(songs: Sequence[ComparedSong], trackers: Trackers) -> Iterator[SongResult]:
    """Track all versions of each song with each tracker. One song at a time is in memory.

    Raises:
        UserError: a file cannot be read, or a tracker fails on a song; the message names the song.
    """
    for song in tqdm(songs, desc="tracking", unit="song"):
        drumless, drums = (
            read_audio(song.folder / f"{part}.flac") for part in ("drumless", "drums")
        )
        audio = {"mix": drumless + drums, "drumless": drumless, "drums": drums}
        for name, versions in trackers.items():
            for version, tracker in versions.items():
                try:
                    tracked = tracker.track(audio[version], SAMPLE_RATE)
                except Exception as error:
                    raise UserError(
                        f"{song.folder}: {name} failed on the {VERSIONS[version]} of "
                        f"{song.song.song} ({error!r})"
                    ) from error
                yield compare(song, version, name, tracked)


def compare(song: ComparedSong, version: Version, tracker: str, tracked: Tracked) -> SongResult:
    """Compare tracked beats with the annotated beats."""
    reference, estimated = song.beats, tracked.beats
    cmlt, amlt = continuity(reference[:, 0], estimated[:, 0])
    return SongResult(
        song=song.song.song,
        style=song.song.style,
        stems=song.song.kind,
        split=song.song.split,
        source=song.song.source,
        bpm=float(60 / np.median(np.diff(reference[:, 0]))),
        version=version,
        tracker=tracker,
        beat_f1=beat_f1(reference[:, 0], estimated[:, 0]),
        downbeat_f1=beat_f1(downbeats(reference), downbeats(estimated)),
        cmlt=cmlt,
        amlt=amlt,
        outcome=outcome(reference[:, 0], estimated[:, 0]),
        confidence=tracked.confidence,
    )


def continuity(reference: np.ndarray, estimated: np.ndarray) -> tuple[float, float]:
    """CMLt and AMLt: share of beats with the right phase and period, within 17.5 % of the beat.

    CMLt accepts only the annotated tempo. AMLt is the best of that, double and half tempo, and off
    the beat.

    Args:
        reference, estimated: (n,), (m,) seconds. With fewer than two beats, both results are 0.
    """
    if min(len(reference), len(estimated)) < 2:
        return 0.0, 0.0
    _, cmlt, _, amlt = mir_eval.beat.continuity(reference, estimated)
    return float(cmlt), float(amlt)


def outcome(reference: np.ndarray, estimated: np.ndarray) -> Outcome:
    """Whether a song was tracked correctly, or else which known error fits the estimate.

    Tracking is correct if the beat F1 exceeds `RIGHT`. Otherwise the estimate is compared with the
    reference at half tempo, at double tempo and half a beat late. The error is the best of these
    fits if its F1 exceeds `RIGHT`, else "other".

    Args:
        reference: (n,) at least two, seconds.
        estimated: (m,) seconds.
    """
    if beat_f1(reference, estimated) > RIGHT:
        return "right"
    double = subdivide(reference, 2)
    fits: dict[Outcome, float] = {
        "half": max(beat_f1(reference[first::2], estimated) for first in (0, 1)),
        "double": beat_f1(double, estimated),
        "off_beat": beat_f1(double[1::2], estimated),
    }
    best = max(fits, key=fits.__getitem__)
    return best if fits[best] > RIGHT else "other"
