"""The table of drums by tracked beats, style and tempo."""

import csv
import math
import re
from collections.abc import Mapping
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
from jukedrummer.storage.files import write_json
from tests.evaluation.helpers.drums import beats_of_bars

SONGS = {  # style, tempo, F1 of the received beats and downbeats
    "a": ("rock", 80.0, 1.0, 1.0),
    "b": ("rock", 100.0, 0.9, 0.0),
    "c": ("waltz", 100.0, 0.3, 0.2),
}
NO_SONGS: dict[str, str] = {}
MODELS = (("home", 0.01), ("abroad", 0.0))  # what they add to the values of their drums
RUNGS = {"generated": 0.5, "click_kit": 0.4, "nearest_tempo": 0.3}
RUNGS |= {"click_kit_true": 0.45, "generated_true": 0.55, "real": 0.9}


def write_evaluation(
    folder: Path, shift: float, strokes: bool = True, away: Mapping[str, str] = NO_SONGS
) -> Path:
    """All metrics of song k are the rung's value plus k / 100. `away`: away songs, and sources."""
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
        Reference(
            song,
            folder,
            beats_of_bars(4, bpm),
            ANNOTATED,
            style=style,
            source=away.get(song, "own"),
            split="away" if song in away else "test",
        )
        for song, (style, bpm, *_) in SONGS.items()
    ]
    received = {song: (beats, bars) for song, (_, _, beats, bars) in SONGS.items()}
    folder.mkdir(parents=True)
    write_songs(folder / "songs.tsv", measured, songs, received)
    distance = {"mean": 0.25, "low": 0.2, "high": 0.3, "n": len(SONGS)}
    home = {
        "songs": len(SONGS) - len(away),
        "stems": {"true": len(SONGS), "separated": 0},
        "transcriber": "0abc",
        "known_strokes": ["click_kit"],
        "style": {rung: {"style_distance": distance} for rung in RUNGS},
    }
    write_json(folder / "metrics.json", {**home, "away": home} if away else home)
    return folder


def read(path: Path, table: str = "rhythm_parts") -> dict[tuple[str, str, str], float]:
    with path.open() as file:
        return {
            (row["songs"], row["drums"], row["column"]): float(row["mean"])
            for row in csv.DictReader(file, delimiter="\t")
            if row["table"] == table
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


def test_the_trackers_share_and_the_style_are_beside_the_parts(tmp_path: Path) -> None:
    runs = [write_evaluation(tmp_path / name, 0) for name in ("high", "high_seed1")]
    write_rhythm_parts(runs, tmp_path / "tables", "snakemake")
    file = tmp_path / "tables" / "rhythm_parts.tsv"
    share = read(file, "tracker_share")
    parts = list(dict.fromkeys(part for part, _, _ in share))
    assert parts[0] == "all, 3 songs"
    assert parts[1:] == list(dict.fromkeys(part for part, _, _ in read(file)))
    for drums in ("high", "Drum machine"):
        assert share["rock, 2 songs", drums, "pattern_gain"] == pytest.approx(0.05)
    style = read(file, "style")
    assert {drums for _, drums, _ in style} > {"high", "high_seed1", "Real drums"}
    assert set(style.values()) == {0.25}
    text = (tmp_path / "tables" / "rhythm_parts.md").read_text()
    assert "The strokes of a drum machine on the tracked beats are known." in text


def test_values_are_means_over_the_seeds_of_an_experiment(tmp_path: Path) -> None:
    shifts = {"none": -0.4, "high": 0.0, "high_seed1": 0.2}
    runs = [write_evaluation(tmp_path / name, shift) for name, shift in shifts.items()]
    write_rhythm_parts(runs, tmp_path / "tables", "snakemake")
    values = read(tmp_path / "tables" / "rhythm_parts.tsv")
    assert values["rock, 2 songs", "high", "beat_f1"] == pytest.approx(0.5 + 0.1 + 0.005)
    assert not any("seed" in drums for _, drums, _ in values)
    # The figure has the best model.
    page = (tmp_path / "tables" / "rhythm_parts.html").read_text()
    assert "of high, drawn from the table below" in page


def test_away_songs_have_parts_of_their_own(tmp_path: Path) -> None:
    run = write_evaluation(tmp_path / "high", 0, away={"b": "band", "c": "folk"})
    write_rhythm_parts([run], tmp_path / "tables", "snakemake")
    with (tmp_path / "tables" / "rhythm_parts.tsv").open() as file:
        values = {
            (line["set"], line["songs"]): float(line["mean"])
            for line in csv.DictReader(file, delimiter="\t")
            if (line["table"], line["drums"], line["column"]) == ("rhythm_parts", "high", "beat_f1")
        }
    assert [(title, part) for title, part in values if title != "Home"] == [
        ("Away", "all, 2 songs"),
        ("Away", f"{TRACKED_BEATS}, 1 song"),
        ("Away", f"{TRACKED_WRONG}, 1 song"),
        ("Away", "rock, 1 song"),
        ("Away", "waltz, 1 song"),
        ("Away", "90 to 120 BPM, 2 songs"),
        ("Away: band", "all, 1 song"),
        ("Away: folk", "all, 1 song"),
    ]
    assert values["Home", "all, 1 song"] == values["Home", "rock, 1 song"] == 0.5
    assert values["Away", "all, 2 songs"] == pytest.approx(0.515)
    assert values["Away: folk", "all, 1 song"] == pytest.approx(0.52)
    text = (tmp_path / "tables" / "rhythm_parts.md").read_text()
    assert "Nothing was trained" in text
    assert "the highest beat F1 on home songs." in text


def test_the_figure_has_the_best_model_of_home_songs(tmp_path: Path) -> None:
    """Of two models, one is better on all songs, the other on home songs."""
    runs = [write_evaluation(tmp_path / name, shift, away={"c": "x"}) for name, shift in MODELS]
    lines = (runs[1] / "songs.tsv").read_text().splitlines()
    lines = [re.sub(r"\t0\.5\d*", "\t0.9", line) if "away" in line else line for line in lines]
    (runs[1] / "songs.tsv").write_text("\n".join(lines) + "\n")
    write_rhythm_parts(runs, tmp_path / "tables", "snakemake")
    page = (tmp_path / "tables" / "rhythm_parts.html").read_text()
    assert "of home, drawn from the table below" in page
    figure = page[page.index("<svg") : page.index("</svg>")]
    assert "Away, all, 1 song" in figure
    assert "waltz" not in figure


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
    known |= {"style": "rock", "bpm": 100.0}
    song = MeasuredSong("generated", "a", ANNOTATED, "true", **known)
    assert tracking_of(song) == expected
    table = rhythm_parts_table(
        {"run": [(song, {metric.name: 0.5 for metric in all_metrics()})]}, Provenance("", "")
    )
    parts = {row.labels[0] for row in table.rows}
    assert parts == {f"{part}, 1 song" for part in (expected, "rock", "90 to 120 BPM") if part}
