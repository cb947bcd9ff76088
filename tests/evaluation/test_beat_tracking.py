"""The table of beat trackers on songs of clicks, with trackers that hear what the test tells them."""

import csv
import math
from collections.abc import Callable
from pathlib import Path

import mir_eval
import numpy as np
import pytest

from jukedrummer.audio.io import SAMPLE_RATE, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.tracker import Tracked
from jukedrummer.config import BeatsConfig, EvaluateConfig, TablesConfig
from jukedrummer.corpus.manifest import Song, write_manifest
from jukedrummer.errors import UserError
from jukedrummer.evaluation import beat_tracking as tracking
from jukedrummer.storage.files import write_text

CONFIG = EvaluateConfig(bootstrap=100)
MADMOM = TablesConfig(trackers=("madmom",))
SONGS = {  # split, style, period in seconds, whether its beats are annotated
    "a": ("test", "rock", 0.8, True),
    "b": ("test", "waltz", 0.45, True),
    "c": ("test", "rock", 0.45, True),
    "unknown": ("test", "rock", 0.5, False),
    "trained": ("train", "rock", 0.5, True),
}
Corpus = tuple[Path, list[Path]]


class Ear:
    """Hears the impulses of a track, and makes of them what it is told to."""

    def __init__(self, makes: Callable[[np.ndarray], np.ndarray], confidence: float = 0.5) -> None:
        self.makes, self.confidence = makes, confidence

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        times = self.makes(np.flatnonzero(audio > 0.25) / sample_rate)
        beats = np.stack([times, np.arange(len(times)) % 4 + 1], axis=1)
        return Tracked(beats, None, None, self.confidence, "ear", "1")


def beats_of(song: str) -> np.ndarray:
    times = np.arange(0.25, 7.5, SONGS[song][2])
    return np.stack([times, np.arange(len(times)) % 4 + 1], axis=1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Impulses on the beats in the drums, and between them in the recording without drums."""
    root = tmp_path_factory.mktemp("corpus")
    songs, lines = [], ["song\tsplit\tsamples\tseconds\tgain"]
    for name, (split, style, period, annotated) in SONGS.items():
        folder = root / "songs" / name
        folder.mkdir(parents=True)
        write_beats(folder / "beats.tsv", beats_of(name))
        songs.append(
            Song(name, split, "stems", folder, folder / "beats.tsv" if annotated else None, style)
        )
        lines.append(f"{name}\t{split}\t{8 * SAMPLE_RATE}\t8.0\t1.0")
        for part, shift in (("drums", 0), ("drumless", period / 2)):
            audio = np.zeros(8 * SAMPLE_RATE, np.float32)
            audio[np.rint((beats_of(name)[:, 0] + shift) * SAMPLE_RATE).astype(int)] = 0.5
            write_audio(root / "pairs" / name / f"{part}.flac", audio)
    write_text(root / "pairs" / "pairs.tsv", "\n".join(lines) + "\n")
    write_manifest(root / "manifest.tsv", songs)
    return root / "manifest.tsv", [root / "pairs"]


def trackers(*ears: Ear) -> tracking.Trackers:
    return {
        name: dict.fromkeys(tracking.HEARD, ear)
        for name, ear in zip(("madmom", "drum_aware"), ears, strict=False)
    }


@pytest.fixture(scope="module")
def results(corpus: Corpus) -> list[tracking.SongResult]:
    """Of one that hears every impulse, sure of itself, and one that hears every other."""
    songs, _ = tracking.annotated_songs(*corpus, "test")
    ears = trackers(Ear(lambda times: times, 0.9), Ear(lambda times: times[::2], 0.2))
    return list(tracking.track_songs(songs, ears))


def test_which_songs_are_tracked(corpus: Corpus) -> None:
    songs, left_out = tracking.annotated_songs(*corpus, "test")
    assert ([song.song for song, _ in songs], left_out) == (["a", "b", "c"], 1)
    songs, _ = tracking.annotated_songs(*corpus, "all")
    assert [song.song for song, _ in songs] == ["a", "b", "c", "trained"]


def test_each_version_is_what_it_says(results: list[tracking.SongResult]) -> None:
    heard = {(r.heard, r.tracker): r.outcome for r in results if r.song == "a"}
    assert heard == {
        ("drums", "madmom"): "right",
        ("drumless", "madmom"): "off_beat",
        ("mix", "madmom"): "double",
        ("drums", "drum_aware"): "half",
        ("drumless", "drum_aware"): "other",
        ("mix", "drum_aware"): "right",
    }


def test_a_perfect_tracker_is_perfect_and_a_deaf_one_is_not() -> None:
    beats = beats_of("a")[:, 0]
    assert tracking.continuity(beats, beats) == (1, 1)
    assert tracking.outcome(beats, beats) == "right"
    for nothing in (np.zeros(0), beats[:1]):
        assert tracking.continuity(beats, nothing) == (0, 0)
        assert tracking.outcome(beats, nothing) == "other"


@pytest.mark.parametrize("first", [0, 1])
def test_levels_of_the_beat(first: int) -> None:
    beats = np.cumsum(np.random.default_rng(0).uniform(0.48, 0.52, 40))
    half, double = beats[first::2], np.sort(np.concatenate([beats, (beats[1:] + beats[:-1]) / 2]))
    late = (beats[1:] + beats[:-1]) / 2
    for estimate, expected in ((half, "half"), (double, "double"), (late, "off_beat")):
        assert tracking.outcome(beats, estimate) == expected
        cmlt, amlt = tracking.continuity(beats, estimate)
        assert cmlt < 0.1
        assert amlt > 0.9
    thirds = np.interp(np.arange(0, 39, 2 / 3), np.arange(40), beats)
    assert tracking.outcome(beats, thirds) == "other"


def test_the_first_seconds_count() -> None:
    beats = np.arange(0.0, 10.0, 0.5)
    late = beats[beats >= 5]
    trimmed = mir_eval.beat.trim_beats(beats), mir_eval.beat.trim_beats(late)
    assert mir_eval.beat.continuity(*trimmed)[1] == 1
    assert tracking.continuity(beats, late)[0] == 0.5
    assert tracking.outcome(beats, late) == "other"


def test_overall_table(results: list[tracking.SongResult]) -> None:
    table = tracking.overall_table(results, "songs", CONFIG, tracking.Provenance("make", "0" * 64))
    cells = {
        (row.labels, column.name): value
        for row in table.rows
        for column, value in zip(table.columns, row.values, strict=True)
    }
    sure, unsure = ("drums only", "madmom"), ("drums only", "drum-aware")
    assert cells[sure, "beat_f1"].mean == cells[sure, "cmlt"].mean == 1
    assert cells[sure, "right"].mean == 100
    assert cells[sure, "confidence_right"].mean == pytest.approx(0.9)
    assert math.isnan(cells[sure, "confidence_wrong"].mean)
    assert cells[unsure, "half"].mean == 100
    assert cells[unsure, "amlt"].mean == 1
    assert cells[unsure, "confidence_wrong"].mean == pytest.approx(0.2)
    assert cells[unsure, "confidence_wrong"].n == 3
    assert len(table.rows) == 6


def test_parts_are_styles_and_bands_of_tempo(results: list[tracking.SongResult]) -> None:
    table = tracking.parts_table(results, CONFIG, tracking.Provenance("make", "0" * 64))
    assert list(dict.fromkeys(row.labels[0] for row in table.rows)) == [
        "rock, 2 songs",
        "waltz, 1 song",
        "below 90 BPM, 1 song",
        "120 to 150 BPM, 2 songs",
    ]
    assert table.rows[0].values[4].mean == 1  # rock, madmom, drums only, beat F1
    assert all(math.isnan(value.low) for row in table.rows for value in row.values), "of two songs"


def test_bands_meet_without_a_gap() -> None:
    edges = [
        tracking._band(low, high) for low, high in ((0.0, 90.0), (90.0, 120.0), (150.0, math.inf))
    ]
    assert edges == ["below 90 BPM", "90 to 120 BPM", "150 BPM and more"]


def run(corpus: Corpus, output: Path, monkeypatch: pytest.MonkeyPatch, ear: Ear) -> None:
    monkeypatch.setattr(tracking, "make_tracker", lambda config, device: ear)
    tracking.beat_tracking(
        *corpus, None, output, beats=BeatsConfig(), evaluate=CONFIG, tables=MADMOM, command="make"
    )


def test_all_files_are_written(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(corpus, tmp_path / "tables", monkeypatch, Ear(lambda times: times))
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == [
        *(f"beat_tracking.{suffix}" for suffix in ("html", "md", "png", "svg", "tex", "tsv")),
        "beat_tracking_songs.tsv",
    ]
    with (tmp_path / "tables" / "beat_tracking_songs.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 3 * 3
    assert {row["outcome"] for row in rows if row["heard"] == "drums"} == {"right"}
    assert (
        "3 held-out songs (1 without annotated beats left out)"
        in (tmp_path / "tables" / "beat_tracking.md").read_text()
    )


def test_a_tracker_that_fails_names_the_song(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(times: np.ndarray) -> np.ndarray:
        raise RuntimeError("out of luck")

    with pytest.raises(UserError, match=r"madmom failed on the full mix of a \(.*out of luck"):
        run(corpus, tmp_path / "tables", monkeypatch, Ear(fail))
    assert not list(tmp_path.rglob("*.*"))


def test_nothing_annotated_is_an_error(corpus: Corpus, tmp_path: Path) -> None:
    manifest, pairs = corpus
    lines = manifest.read_text().splitlines()
    kept = [line for line in lines if line.split("\t")[0] in ("song", "unknown")]
    alone = manifest.with_name("alone.tsv")
    alone.write_text("\n".join(kept) + "\n")
    with pytest.raises(
        UserError, match="none of its 1 paired songs of split test has annotated beats"
    ):
        tracking.annotated_songs(alone, pairs, "test")


def test_a_trained_tracker_needs_its_folder(corpus: Corpus) -> None:
    with pytest.raises(UserError, match="--tracker"):
        tracking.make_trackers(TablesConfig(trackers=("drum_aware",)), BeatsConfig(), None)


def test_madmom_hears_a_beat() -> None:
    made = tracking.make_trackers(MADMOM, BeatsConfig(networks=1), None)
    assert set(made["madmom"]) == set(tracking.HEARD)
    assert made["madmom"]["mix"].name == "madmom"
