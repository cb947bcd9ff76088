"""All metrics of a drum track of a song, and their means over songs: what every rung of the ladder shares."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from jukedrummer.audio.io import SAMPLE_RATE, read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import EvaluateConfig
from jukedrummer.corpus.manifest import read_manifest
from jukedrummer.corpus.pairs import pair_folders
from jukedrummer.errors import UserError
from jukedrummer.evaluation import metrics
from jukedrummer.evaluation.metrics import Interval, bootstrap_interval

T = TypeVar("T")
BOOTSTRAP_SEED = 0
SONGS_AT_ONCE = 8  # tracked as one batch; bounds the audio in memory
ANNOTATED, TRACKED = "annotated", "tracked on the mix"
ReferenceKind = Literal["annotated", "tracked on the mix"]


@dataclass(frozen=True)
class Metric:
    """How a metric is shown.

    Attributes:
        name: its key in `metrics.json` and column in `songs.tsv`.
        better: which way is good; None where neither is and the real drums are the measure.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower"] | None
    digits: int
    about: str


METRICS = (
    Metric(
        "beat_f1",
        "Beat F1",
        "",
        "higher",
        2,
        "beats tracked on the drums against the song's, 70 ms",
    ),
    Metric(
        "downbeat_f1", "Downbeat F1", "", "higher", 2, "the same for the first beat of each bar"
    ),
    Metric(
        "grid_share", "On the grid", "", "higher", 2, "share of onsets on the 16th or triplet grid"
    ),
    Metric("grid_chance", "Grid by chance", "", None, 2, "that share for onsets scattered evenly"),
    Metric(
        "grid_skill", "Grid skill", "", "higher", 2, "(share - chance) / (1 - chance); 0 is chance"
    ),
    Metric(
        "tempo_deviation", "Tempo deviation", "%", None, 1, "of the tracked inter-beat intervals"
    ),
    Metric("density", "Density", "onsets/s", None, 1, "detected onsets a second"),
    Metric(
        "stft_distance",
        "STFT distance",
        "dB",
        "lower",
        1,
        "to the real drums, 3 resolutions, mean L1",
    ),
    Metric("mel_distance", "Log-mel distance", "dB", "lower", 1, "to the real drums, mean L1"),
)


@dataclass(frozen=True)
class Measures:
    """The metrics of one drum track of one song; NaN where there is nothing to measure. See `METRICS`."""

    beat_f1: float
    downbeat_f1: float
    grid_share: float
    grid_chance: float
    grid_skill: float
    tempo_deviation: float
    density: float
    stft_distance: float
    mel_distance: float


@dataclass(frozen=True)
class Reference:
    """What a held-out song's drums are judged against.

    Attributes:
        song: its id.
        folder: of its pair: drumless.flac and drums.flac.
        beats: (n, 2) seconds, bar position.
        kind: where the beats come from.
    """

    song: str
    folder: Path
    beats: np.ndarray
    kind: ReferenceKind

    def drums(self) -> np.ndarray:
        """The real drums, (N,)."""
        return read_audio(self.folder / "drums.flac")


def references(manifest: Path, pairs: Iterable[Path], tracker: Tracker) -> list[Reference]:
    """The held-out songs (split test) that have a pair, in the manifest's order.

    A song without annotated beats is judged by the beats tracked on its full mix: the best there is, but a
    tracker's opinion. A song with fewer than two beats cannot be judged and is left out.

    Raises:
        UserError: no held-out song can be judged.
    """
    folders = pair_folders(pairs)
    songs = [
        song for song in read_manifest(manifest) if song.split == "test" and song.song in folders
    ]
    tracked = _tracked_mixes([folders[song.song] for song in songs if not song.beats], tracker)
    found = [
        Reference(song.song, folders[song.song], read_beats(song.beats), ANNOTATED)
        if song.beats
        else Reference(song.song, folders[song.song], next(tracked), TRACKED)
        for song in songs
    ]
    found = [reference for reference in found if len(reference.beats) >= 2]
    if not found:
        raise UserError(
            f"{manifest}: none of its {len(songs)} paired songs of split test has two beats or more; "
            "is corpus.test_share too small?"
        )
    return found


def _tracked_mixes(folders: Sequence[Path], tracker: Tracker) -> Iterator[np.ndarray]:
    for some in batches(folders):
        mixes = [
            read_audio(folder / "drumless.flac") + read_audio(folder / "drums.flac")
            for folder in some
        ]
        yield from (tracked.beats for tracked in tracker.track_many(mixes, SAMPLE_RATE))


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many songs as are in memory at once."""
    return (items[start : start + SONGS_AT_ONCE] for start in range(0, len(items), SONGS_AT_ONCE))


def fit(audio: np.ndarray, length: int) -> np.ndarray:
    """Cut (N,) to `length` samples or fill it up with silence."""
    return np.pad(audio[:length], (0, max(0, length - len(audio))))


def measure(
    audio: np.ndarray, tracked: np.ndarray, reference: Reference, tolerance_ms: float
) -> Measures:
    """All metrics of one drum track.

    Args:
        audio: (N,) the drums to judge.
        tracked: (n, 2) beats that the tracker heard in them.
        reference: the song's beats and real drums.
        tolerance_ms: of the grid, milliseconds.
    """
    real = reference.drums()
    onsets = metrics.detect_onsets(audio)
    grid = metrics.grid_share(onsets, reference.beats[:, 0], tolerance_ms / 1_000)
    distance = metrics.spectral_distance(fit(audio, len(real)), real)
    return Measures(
        beat_f1=metrics.beat_f1(reference.beats[:, 0], tracked[:, 0]),
        downbeat_f1=metrics.beat_f1(metrics.downbeats(reference.beats), metrics.downbeats(tracked)),
        grid_share=grid.share,
        grid_chance=grid.chance,
        grid_skill=grid.skill,
        tempo_deviation=metrics.tempo_deviation(tracked[:, 0]),
        density=metrics.density(onsets, len(audio) / SAMPLE_RATE),
        stft_distance=distance.stft,
        mel_distance=distance.mel,
    )


def measure_rung(
    files: Mapping[str, Path], found: Sequence[Reference], tracker: Tracker, tolerance_ms: float
) -> dict[str, Measures]:
    """Measure one drum track for each song.

    Args:
        files: song to audio file; one for each of `found`.
        found: the held-out songs.
        tracker: hears the beats in the drums.
        tolerance_ms: of the grid, milliseconds.

    Returns:
        Song to measures, in the order of `found`.

    Raises:
        UserError: a file is missing or not audio.
    """
    measured = {}
    for some in batches(found):
        drums = [read_audio(files[reference.song]) for reference in some]
        beats = [tracked.beats for tracked in tracker.track_many(drums, SAMPLE_RATE)]
        for reference, audio, heard in zip(some, drums, beats, strict=True):
            measured[reference.song] = measure(audio, heard, reference, tolerance_ms)
    return measured


def summarise(
    measured: Mapping[str, Measures], config: EvaluateConfig
) -> dict[str, dict[str, Any]]:
    """Mean and 95 % interval over songs of each metric, for JSON: `{metric: {mean, low, high, n}}`."""
    return {
        metric.name: interval_json(
            [getattr(song, metric.name) for song in measured.values()], config
        )
        for metric in METRICS
    }


def interval_json(values: Sequence[float], config: EvaluateConfig) -> dict[str, Any]:
    """`bootstrap_interval` of values over songs, for JSON."""
    return as_json(bootstrap_interval(values, config.bootstrap, BOOTSTRAP_SEED))


def as_json(interval: Interval) -> dict[str, Any]:
    """Mean, low, high, n; NaN, which is not JSON, becomes None."""
    return {name: None if math.isnan(value) else value for name, value in asdict(interval).items()}


def describe_reference(found: Sequence[Reference]) -> dict[str, int]:
    """How many songs are judged by annotated beats and how many by tracked ones, for JSON."""
    return {
        kind: sum(reference.kind == kind for reference in found) for kind in (ANNOTATED, TRACKED)
    }


def write_songs(
    path: Path, rungs: Mapping[str, Mapping[str, Measures]], found: Sequence[Reference]
) -> None:
    """Write `songs.tsv`: rung, song, reference, one column a metric; an empty cell is NaN."""
    kinds = {reference.song: reference.kind for reference in found}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["rung", "song", "reference", *(metric.name for metric in METRICS)])
        for rung, songs in rungs.items():
            for song, values in songs.items():
                cells = [getattr(values, metric.name) for metric in METRICS]
                texts = ["" if math.isnan(cell) else f"{cell:.6g}" for cell in cells]
                writer.writerow([rung, song, kinds[song], *texts])


def read_songs(path: Path) -> dict[str, dict[str, Measures]]:
    """Read what `write_songs` wrote: `{rung: {song: measures}}`.

    Raises:
        UserError: the file is missing or not such a table.
    """
    rungs: dict[str, dict[str, Measures]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                values = {f.name: float(row[f.name] or "nan") for f in fields(Measures)}
                rungs.setdefault(row["rung"], {})[row["song"]] = Measures(**values)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); make the baselines first"
        ) from error
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{path}: is not a table of songs and metrics ({error}); make it again"
        ) from error
    return rungs
