"""How well beat trackers hear a song as it is, without its drums, and its drums alone.

Conventions as in `metrics`: seconds; NaN is nothing to measure; and the first five seconds count. MIREX
leaves them out because a person who taps along needs time to settle. These trackers hear the whole song
before they answer, drums are played to their beats from the first bar on, and of a demo song it would be a
fifth.

CMLt and AMLt: Hainsworth 2004; Klapuri, Eronen and Astola 2006; as in mir_eval (Raffel et al., ISMIR 2014).
"""

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import mir_eval
import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import SAMPLE_RATE, read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.tracker import Tracked, Tracker, make_tracker
from jukedrummer.config import BeatsConfig, EvaluateConfig, TablesConfig, trains_tracker
from jukedrummer.corpus.manifest import Song, read_manifest
from jukedrummer.corpus.pairs import pair_folders
from jukedrummer.errors import UserError
from jukedrummer.evaluation.measure import BOOTSTRAP_SEED
from jukedrummer.evaluation.metrics import beat_f1, bootstrap_interval, downbeats, subdivide
from jukedrummer.report.figures import panels
from jukedrummer.report.tables import (
    Column,
    Provenance,
    Row,
    Table,
    Value,
    hash_settings,
    write_tables,
)
from jukedrummer.storage.files import check_writable, sha256, write_text
from jukedrummer.storage.weights import default_device, load_model

NAME = "beat_tracking"
RIGHT = 0.8  # a song is tracked right where its beat F1 exceeds this
INTERVAL_SONGS = 5  # resamples of fewer are too much alike: their interval would be too narrow
# What a tracker is given of a song.
HEARD = {"mix": "full mix", "drumless": "drumless", "drums": "drums only"}
TITLES = {"madmom": "madmom", "drum_aware": "drum-aware", "beat_this": "Beat This!"}
TEMPO_BANDS = (0.0, 90.0, 120.0, 150.0, math.inf)  # beats a minute
Outcome = Literal["right", "half", "double", "off_beat", "other"]
Trackers = Mapping[
    str, Mapping[str, Tracker]
]  # name of a tracker -> what is heard -> the tracker for it


@dataclass(frozen=True)
class SongResult:
    """What a tracker made of one version of one song: a row of `beat_tracking_songs.tsv`.

    Attributes:
        bpm: median of the annotated tempo, beats a minute.
        heard: a key of `HEARD`.
        outcome: see `outcome`.
        confidence: the tracker's own.
    """

    song: str
    style: str
    bpm: float
    heard: str
    tracker: str
    beat_f1: float
    downbeat_f1: float
    cmlt: float
    amlt: float
    outcome: Outcome
    confidence: float


METRICS = (
    Column("beat_f1", "Beat F1", better="higher"),
    Column("downbeat_f1", "Downbeat F1", better="higher"),
    Column("cmlt", "CMLt", better="higher"),
    Column("amlt", "AMLt", better="higher"),
)
SHARES = (
    Column("right", "right", "%", 0, "higher", "Share of songs"),
    Column("half", "half", "%", 0, "lower", "Share of songs"),
    Column("double", "double", "%", 0, "lower", "Share of songs"),
    Column("off_beat", "off-beat", "%", 0, "lower", "Share of songs"),
)
CONFIDENCES = (
    Column("confidence_right", "right", group="Mean confidence"),
    Column("confidence_wrong", "wrong", group="Mean confidence"),
)


def beat_tracking(
    manifest: Path,
    pairs: Sequence[Path],
    network: Path | None,
    output: Path,
    *,
    beats: BeatsConfig,
    evaluate: EvaluateConfig,
    tables: TablesConfig,
    command: str,
) -> None:
    """Write the table `beat_tracking` with its figure, and `beat_tracking_songs.tsv`.

    Args:
        manifest: the corpus; songs without annotated beats are left out.
        pairs: folders of the shards.
        network: folder of the drum-aware tracker that was trained on the corpus, where one is compared.
        output: folder of the files.
        beats: settings that the trackers share, and weights of the one that it names.
        evaluate: resamples.
        tables: which trackers, which songs.
        command: the shell command that makes results, up to its targets.

    Raises:
        UserError: no annotated song, a model or a file that cannot be read or written; or a tracker fails,
            with the song's name.
    """
    trained = trains_tracker(tables, beats)
    check_writable(output)
    songs, left_out = annotated_songs(manifest, pairs, tables.songs)
    trackers = make_trackers(tables, beats, network)
    results = list(track_songs(songs, trackers))
    inputs = [manifest, *([network / "weights.safetensors"] if trained else [])]
    made = Provenance(
        f"{command} {output / NAME}.html",
        hash_settings(beats=beats, evaluate=evaluate, tables=tables, inputs=sha256(*inputs)),
    )
    whose = "held-out" if tables.songs == "test" else "annotated"
    aside = f" ({left_out} without annotated beats left out)" if left_out else ""
    overall = overall_table(results, f"{len(songs)} {whose} songs{aside}", evaluate, made)
    write_text(output / f"{NAME}_songs.tsv", songs_tsv(results))
    names = [column.name for column in (*METRICS, *CONFIDENCES)]
    write_tables(
        [overall, parts_table(results, evaluate, made)],
        output,
        NAME,
        panels(overall, names),
        overall.caption,
    )


def annotated_songs(
    manifest: Path, pairs: Sequence[Path], which: Literal["test", "all"]
) -> tuple[list[tuple[Song, Path]], int]:
    """Songs with two annotated beats or more and the folders of their pairs; and how many have fewer.

    Raises:
        UserError: there is none.
    """
    folders = pair_folders(pairs)
    paired = [
        song
        for song in read_manifest(manifest)
        if song.song in folders and which in ("all", song.split)
    ]
    found = [song for song in paired if song.beats and len(read_beats(song.beats)) >= 2]
    if not found:
        raise UserError(
            f"{manifest}: none of its {len(paired)} paired songs"
            f"{' of split test' if which == 'test' else ''} has annotated beats: nothing to judge trackers by"
        )
    return [(song, folders[song.song]) for song in found], len(paired) - len(found)


def make_trackers(tables: TablesConfig, beats: BeatsConfig, network: Path | None) -> Trackers:
    """The trackers to compare; `network` as in `beat_tracking`.

    Raises:
        UserError: a tracker's model is missing or broken.
    """
    device = default_device()
    result = {}
    for name in tables.trackers:
        config = replace(
            beats, tracker=name, weights=beats.weights if beats.tracker == name else None
        )
        if name == "drum_aware":
            result[name] = _drum_aware(config, device, network)
        else:
            result[name] = dict.fromkeys(HEARD, make_tracker(config, device))
    return result


def _drum_aware(config: BeatsConfig, device: str, network: Path | None) -> dict[str, Tracker]:
    # Of its branches, each version is heard by the one that was trained for it; the mix by all, fused.
    from jukedrummer.beats.trackers.drum_aware import DrumAwareTracker

    folder = network or config.weights
    if folder is None:
        raise UserError(
            "--tracker is not given, nor beats.weights: the folder of the drum_aware tracker"
        )
    model = load_model(folder, "tracker")
    return {heard: DrumAwareTracker(config, model, device, heard) for heard in HEARD}


def track_songs(songs: Sequence[tuple[Song, Path]], trackers: Trackers) -> Iterator[SongResult]:
    """Track all versions of each song with each tracker; one song at a time is in memory.

    Raises:
        UserError: a file cannot be read, or a tracker fails on a song; the message names it.
    """
    for song, folder in tqdm(songs, desc="tracking", unit="song"):
        reference = read_beats(song.beats)
        drumless, drums = (read_audio(folder / f"{part}.flac") for part in ("drumless", "drums"))
        audio = {"mix": drumless + drums, "drumless": drumless, "drums": drums}
        for name, versions in trackers.items():
            for heard, tracker in versions.items():
                try:
                    tracked = tracker.track(audio[heard], SAMPLE_RATE)
                except Exception as error:
                    raise UserError(
                        f"{folder}: {name} failed on the {HEARD[heard]} of {song.song} ({error!r})"
                    ) from error
                yield judge(song, reference, heard, name, tracked)


def judge(
    song: Song, reference: np.ndarray, heard: str, tracker: str, tracked: Tracked
) -> SongResult:
    """Hold what was tracked against the annotated beats (n, 2)."""
    cmlt, amlt = continuity(reference[:, 0], tracked.beats[:, 0])
    return SongResult(
        song=song.song,
        style=song.style,
        bpm=float(60 / np.median(np.diff(reference[:, 0]))),
        heard=heard,
        tracker=tracker,
        beat_f1=beat_f1(reference[:, 0], tracked.beats[:, 0]),
        downbeat_f1=beat_f1(downbeats(reference), downbeats(tracked.beats)),
        cmlt=cmlt,
        amlt=amlt,
        outcome=outcome(reference[:, 0], tracked.beats[:, 0]),
        confidence=tracked.confidence,
    )


def continuity(reference: np.ndarray, estimated: np.ndarray) -> tuple[float, float]:
    """CMLt and AMLt: share of beats with the right phase and period, within 17.5 % of the beat.

    CMLt counts at the annotated tempo; AMLt takes the best of that, double and half tempo, and off the beat.

    Args:
        reference, estimated: (n,), (m,) seconds; a period needs two beats, with fewer both are 0.
    """
    if min(len(reference), len(estimated)) < 2:
        return 0.0, 0.0
    _, cmlt, _, amlt = mir_eval.beat.continuity(reference, estimated)
    return float(cmlt), float(amlt)


def outcome(reference: np.ndarray, estimated: np.ndarray) -> Outcome:
    """Whether a song was tracked right, or which of the known ways of failing fits what was tracked.

    Right is a beat F1 above `RIGHT`. Else the estimate is held against the reference at half and double tempo
    and half a beat late: the best fit counts if its F1 exceeds `RIGHT`; otherwise the failure is another.

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


def overall_table(
    results: Sequence[SongResult], about: str, config: EvaluateConfig, made: Provenance
) -> Table:
    """One row for each version of the songs and tracker; `about` says which songs."""
    rows = []
    for heard, title in HEARD.items():
        for tracker in dict.fromkeys(result.tracker for result in results):
            chosen = [
                result for result in results if (result.heard, result.tracker) == (heard, tracker)
            ]
            rows.append(Row((title, TITLES[tracker]), _overall(chosen, config), heard))
    caption = (
        f"Beats tracked in {about}: in the full mix, in the recording without its drums, and in the drums "
        "alone, against annotated beats; means over songs, with bootstrap intervals. F1 is within 70 ms; "
        "the first seconds count. CMLt is the share of beats with the right period and phase, AMLt the same "
        "where half and double tempo and off the beat are right too. A song is tracked right where its beat "
        f"F1 exceeds {RIGHT:g}; of the wrong ones, those at half or double tempo or off the beat are "
        "counted, and the others fail in other ways. The confidence is the tracker's own: it tells right "
        "songs from wrong ones of one tracker, and does not compare between trackers. Intervals from "
        f"{INTERVAL_SONGS} songs on."
    )
    columns = (*METRICS, *SHARES, *CONFIDENCES)
    return Table(NAME, "Beat tracking", caption, ("Heard", "Tracker"), columns, tuple(rows), made)


def _overall(results: Sequence[SongResult], config: EvaluateConfig) -> tuple[Value, ...]:
    confidences = [
        [result.confidence for result in results if (result.outcome == "right") == right]
        for right in (True, False)
    ]
    return (
        *(
            _mean([getattr(result, column.name) for result in results], config)
            for column in METRICS
        ),
        *(_share([result.outcome == column.name for result in results]) for column in SHARES),
        *(_mean(values, config) for values in confidences),
    )


def _mean(values: Sequence[float], config: EvaluateConfig) -> Value:
    interval = bootstrap_interval(values, config.bootstrap, BOOTSTRAP_SEED)
    if interval.n < INTERVAL_SONGS:
        return Value(interval.mean, n=interval.n)
    return Value.over_songs(interval)


def _share(hits: Sequence[bool]) -> Value:
    # Without an interval: where none of the songs is hit, resampling them says that none ever is.
    return Value(100 * sum(hits) / len(hits), n=len(hits))


def parts_table(results: Sequence[SongResult], config: EvaluateConfig, made: Provenance) -> Table:
    """One row for each tracker and part of the songs: their styles, and bands of their tempo."""
    columns = tuple(
        replace(column, group=title) for title in HEARD.values() for column in METRICS[:2]
    )
    rows = []
    for part, belongs in _parts(results).items():
        chosen = [result for result in results if belongs(result)]
        songs = len({result.song for result in chosen})
        for tracker in dict.fromkeys(result.tracker for result in chosen):
            values = tuple(
                _mean(
                    [
                        getattr(r, column.name)
                        for r in chosen
                        if (r.heard, r.tracker) == (heard, tracker)
                    ],
                    config,
                )
                for heard in HEARD
                for column in METRICS[:2]
            )
            rows.append(
                Row((f"{part}, {songs} song{'s' * (songs > 1)}", TITLES[tracker]), values, part)
            )
    caption = (
        "The same songs by their style, where it is known, and by the median of their annotated tempo. "
        "Of few songs: what differs between two parts may well be chance."
    )
    title = "Beat tracking by style and tempo"
    return Table(f"{NAME}_parts", title, caption, ("Songs", "Tracker"), columns, tuple(rows), made)


def _parts(results: Sequence[SongResult]) -> dict[str, Callable[[SongResult], bool]]:
    """Name of each part that has songs, and what tells them."""
    styles = sorted({result.style for result in results} - {""})
    parts: dict[str, Callable[[SongResult], bool]] = {
        style: lambda result, style=style: result.style == style for style in styles
    }
    for low, high in pairwise(TEMPO_BANDS):
        if any(low <= result.bpm < high for result in results):
            parts[_band(low, high)] = lambda result, low=low, high=high: low <= result.bpm < high
    return parts


def _band(low: float, high: float) -> str:
    if not low:
        return f"below {high:g} BPM"
    return f"{low:g} BPM and more" if math.isinf(high) else f"{low:g} to {high:g} BPM"


def songs_tsv(results: Sequence[SongResult]) -> str:
    """One line a song, version and tracker; an empty cell is nothing to measure."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow([field.name for field in fields(SongResult)])
    for result in results:
        cells = asdict(result).values()
        writer.writerow(
            "" if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells
        )
    return text.getvalue()
