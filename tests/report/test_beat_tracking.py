"""The table of beat trackers, of songs of impulses."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest

from jukedrummer.config import EvaluateConfig
from jukedrummer.evaluation.beat_tracking import SongResult, compared_songs, track_songs
from jukedrummer.report.beat_tracking import (
    band_title,
    overall_table,
    parts_table,
    write_beat_tracking,
)
from jukedrummer.report.tables import Provenance
from tests.evaluation.helpers.tracking import two_trackers, write_impulses

CONFIG = EvaluateConfig(bootstrap=100)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[SongResult]:
    corpus = write_impulses(tmp_path_factory.mktemp("impulses"))
    songs, _ = compared_songs(corpus, "test")
    return list(track_songs(songs, two_trackers()))


def test_overall_table(results: list[SongResult]) -> None:
    table = overall_table(results, "songs", CONFIG, Provenance("make", "0" * 64))
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


def test_parts_are_styles_and_bands_of_tempo(results: list[SongResult]) -> None:
    table = parts_table(results, CONFIG, Provenance("make", "0" * 64))
    assert list(dict.fromkeys(row.labels[0] for row in table.rows)) == [
        "rock, 2 songs",
        "waltz, 1 song",
        "below 90 BPM, 1 song",
        "120 to 150 BPM, 2 songs",
    ]
    assert table.rows[0].values[4].mean == 1  # rock, madmom, drums only, beat F1
    assert all(math.isnan(value.low) for row in table.rows for value in row.values), "of two songs"


def test_away_songs_have_rows_of_their_own(results: list[SongResult]) -> None:
    """One set of rows for each song at home and away: the third song goes away."""
    moved = [
        replace(result, split="away", source="folk") if result.song == "c" else result
        for result in results
    ]
    table = overall_table(moved, "songs", CONFIG, Provenance("make", "0" * 64))
    assert table.labels == ("Set", "Version", "Tracker")
    assert [row.labels[0] for row in table.rows] == ["Home"] * 6 + ["Away"] * 6
    n = {row.labels[0]: row.values[0].n for row in table.rows}
    assert n == {"Home": 2, "Away": 1}
    assert "Nothing was trained or tuned" in table.caption
    parts = parts_table(moved, CONFIG, Provenance("make", "0" * 64))
    assert list(dict.fromkeys(row.labels[:2] for row in parts.rows)) == [
        ("Home", "rock, 1 song"),
        ("Home", "waltz, 1 song"),
        ("Home", "below 90 BPM, 1 song"),
        ("Home", "120 to 150 BPM, 1 song"),
        ("Away", "rock, 1 song"),
        ("Away", "120 to 150 BPM, 1 song"),
    ]


def test_bands_meet_without_a_gap() -> None:
    edges = [band_title(low, high) for low, high in ((0.0, 90.0), (90.0, 120.0), (150.0, math.inf))]
    assert edges == ["below 90 BPM", "90 to 120 BPM", "150 BPM and more"]


def test_all_files_are_written(results: list[SongResult], tmp_path: Path) -> None:
    provenance = Provenance("make", "0" * 64)
    madmom = [result for result in results if result.tracker == "madmom"]
    write_beat_tracking(madmom, "3 held-out songs", tmp_path / "tables", CONFIG, provenance)
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == [
        *(f"beat_tracking.{suffix}" for suffix in ("html", "md", "png", "svg", "tex", "tsv")),
        "beat_tracking_songs.tsv",
    ]
    with (tmp_path / "tables" / "beat_tracking_songs.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 3 * 3
    assert {row["outcome"] for row in rows if row["version"] == "drums"} == {"right"}
    assert "3 held-out songs" in (tmp_path / "tables" / "beat_tracking.md").read_text()
