"""The table of drums by tracked beats, style and tempo."""

import csv
import math
from pathlib import Path
from typing import Any

import pytest

from jukedrummer.evaluation.measure import MeasuredSong, write_songs
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.reference import ANNOTATED, Reference
from jukedrummer.report.rhythm_parts import (
    TRACKED_BEATS,
    TRACKED_RIGHT,
    TRACKED_WRONG,
    rhythm_parts_table,
    tracking_of,
    write_rhythm_parts,
)
from jukedrummer.report.tables import Provenance
from tests.evaluation.helpers.drums import beats_of_bars

SONGS = {  # style, tempo, F1 of the received beats and downbeats
    "a": ("rock", 80.0, 1.0, 1.0),
    "b": ("rock", 100.0, 0.9, 0.0),
    "c": ("waltz", 100.0, 0.3, 0.2),
}
RUNGS = {"generated": 0.5, "click_kit": 0.4, "nearest_tempo": 0.3}
RUNGS |= {"click_kit_true": 0.45, "generated_true": 0.55, "real": 0.9}


def write_evaluation(folder: Path, shift: float, strokes: bool = True) -> Path:
    """All metrics of song k are the rung's value plus k / 100."""
    measured = {
        rung: {
            song: {
                metric.name: math.nan
                if metric.of_strokes and not strokes
                else value + shift * (rung == "generated") + number / 100
                for metric in all_metrics()
            }
            for number, song in enumerate(SONGS)
        }
        for rung, value in RUNGS.items()
    }
    songs = [
        Reference(song, folder, beats_of_bars(4, bpm), ANNOTATED, style=style)
        for song, (style, bpm, *_) in SONGS.items()
    ]
    received = {song: (beats, bars) for song, (_, _, beats, bars) in SONGS.items()}
    folder.mkdir(parents=True)
    write_songs(folder / "songs.tsv", measured, songs, received)
    return folder


def read(path: Path) -> dict[tuple[str, str, str], float]:
    with path.open() as file:
        return {
            (row["songs"], row["drums"], row["column"]): float(row["mean"])
            for row in csv.DictReader(file, delimiter="\t")
        }


def test_each_part_has_the_means_of_its_songs(tmp_path: Path) -> None:
    runs = [write_evaluation(tmp_path / name, shift) for name, shift in (("high", 0), ("low", 0.1))]
    write_rhythm_parts(runs, tmp_path / "tables", "snakemake")
    values = read(tmp_path / "tables" / "rhythm_parts.tsv")
    assert list(dict.fromkeys(part for part, _, _ in values)) == [
        f"{TRACKED_RIGHT}, 1 song",
        f"{TRACKED_BEATS}, 1 song",
        f"{TRACKED_WRONG}, 1 song",
        "rock, 2 songs",
        "waltz, 1 song",
        "below 90 BPM, 1 song",
        "90 to 120 BPM, 2 songs",
    ]
    for part, mean in (("rock, 2 songs", 0.005), (f"{TRACKED_WRONG}, 1 song", 0.02)):
        for drums, value in (
            ("high", 0.5),
            ("low", 0.6),
            ("low, true beats", 0.55),
            ("Real drums", 0.9),
        ):
            for column in ("pattern", "pieces_f1", "beat_f1"):
                assert values[part, drums, column] == pytest.approx(value + mean)
    assert {path.suffix for path in (tmp_path / "tables").iterdir()} == {
        *(".tsv", ".md", ".html", ".tex", ".svg", ".png")
    }


def test_without_a_transcriber_only_beats_are_compared(tmp_path: Path) -> None:
    run = write_evaluation(tmp_path / "high", 0, strokes=False)
    write_rhythm_parts([run], tmp_path / "tables", "snakemake")
    columns = {column for _, _, column in read(tmp_path / "tables" / "rhythm_parts.tsv")}
    assert columns == {"beat_f1", "downbeat_f1"}


@pytest.mark.parametrize(
    ("beats", "downbeats", "expected"),
    [
        (0.9, 0.9, TRACKED_RIGHT),
        (0.9, 0.8, TRACKED_BEATS),
        (0.9, math.nan, TRACKED_BEATS),
        (0.8, 1.0, TRACKED_WRONG),
        (math.nan, math.nan, ""),
    ],
)
def test_songs_are_parted_by_the_beats_that_the_model_received(
    beats: float, downbeats: float, expected: str
) -> None:
    known: dict[str, Any] = {"input_beat_f1": beats, "input_downbeat_f1": downbeats}
    song = MeasuredSong("generated", "a", ANNOTATED, "true", "rock", 100.0, **known)
    assert tracking_of(song) == expected
    table = rhythm_parts_table(
        {"run": [(song, {metric.name: 0.5 for metric in all_metrics()})]}, Provenance("", "")
    )
    parts = {row.labels[0] for row in table.rows}
    assert parts == {f"{part}, 1 song" for part in (expected, "rock", "90 to 120 BPM") if part}
