"""The table of the transcriber."""

import csv
import math
from pathlib import Path

from jukedrummer.config import EvaluateConfig
from jukedrummer.evaluation.transcription import MEASURED, TranscribedSong
from jukedrummer.report.tables import Provenance
from jukedrummer.report.transcription import transcription_table, write_transcription

CONFIG = EvaluateConfig(bootstrap=100)
PROVENANCE = Provenance("make", "0" * 64)


def row(
    song: str, piece: str, counts: tuple[int, int, int], version: str, split: str = "test"
) -> TranscribedSong:
    """A result with reference, estimated and hits. Each away song is of a source of its own."""
    reference, estimated, hits = counts
    errors = (10.0, 0.1) if hits else (math.nan, math.nan)
    source = "demo" if split == "test" else song
    named = (song, split, source, "rock", "", "true", version, piece)
    return TranscribedSong(*named, reference, estimated, hits, *errors)


def results() -> list[TranscribedSong]:
    """Six songs: kicks are right, snares missing half the time, one false ride, through a codec."""
    rows = []
    for number in range(6):
        for version in ("real", "codec"):
            for piece in MEASURED:
                counts = {"kick": (8, 8, 8), "snare": (4, 2, 2)}.get(piece, (0, 0, 0))
                if (piece, number, version) == ("ride", 0, "codec"):
                    counts = (0, 1, 0)
                rows.append(row(f"song_{number}", piece, counts, version))
    return rows


def test_counts_of_all_songs_are_added_up() -> None:
    table = transcription_table(results(), "six songs", CONFIG, PROVENANCE)
    cells = {
        (*row.labels, column.name): value
        for row in table.rows
        for column, value in zip(table.columns, row.values, strict=True)
    }
    assert len(table.rows) == 2 * (len(MEASURED) + 1)
    assert cells["kick", "real drums", "f1"].mean == 1
    assert cells["snare", "real drums", "f1"].mean == 2 / 3
    assert cells["snare", "real drums", "precision"].mean == 1
    assert cells["snare", "real drums", "recall"].mean == 0.5
    assert (
        cells["snare", "real drums", "f1"].low <= 2 / 3 <= cells["snare", "real drums", "f1"].high
    )
    assert cells["all pieces", "real drums", "f1"].mean == 2 * 60 / (72 + 60)
    assert cells["all pieces", "real drums", "reference"].mean == 72
    assert cells["kick", "real drums", "time_error"].mean == 10
    assert cells["kick", "real drums", "songs"].mean == 6
    assert math.isnan(cells["ride", "real drums", "f1"].mean)
    assert cells["ride", "through codec", "f1"].mean == 0
    assert math.isnan(cells["ride", "through codec", "f1"].low)


def test_away_songs_have_rows_of_their_own() -> None:
    away = [row(song, "kick", (10, 10, 5), "real", "away") for song in ("x", "y")]
    table = transcription_table([*results(), *away], "songs", CONFIG, PROVENANCE)
    assert table.labels == ("Set", "Piece", "Drums")
    f1 = {row.labels: row.values[0].mean for row in table.rows if row.labels[1] == "kick"}
    assert f1 == {
        ("Home", "kick", "real drums"): 1,
        ("Home", "kick", "through codec"): 1,
        ("Away", "kick", "real drums"): 0.5,
        ("Away: x", "kick", "real drums"): 0.5,
        ("Away: y", "kick", "real drums"): 0.5,
    }
    assert len({row.group for row in table.rows}) == len({row.labels[:2] for row in table.rows})
    assert "Nothing was trained or tuned" in table.caption
    alone = transcription_table(results(), "songs", CONFIG, PROVENANCE)
    assert alone.labels == ("Piece", "Drums")
    assert "home" not in alone.caption.lower()


def test_all_files_are_written_and_say_which_songs(tmp_path: Path) -> None:
    write_transcription(results(), "6 held-out songs", tmp_path, CONFIG, PROVENANCE)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"transcription.{suffix}" for suffix in ("html", "md", "png", "svg", "tex", "tsv")),
        "transcription_songs.tsv",
    ]
    with (tmp_path / "transcription_songs.tsv").open() as file:
        assert len(list(csv.DictReader(file, delimiter="\t"))) == 6 * 2 * len(MEASURED)
    text = (tmp_path / "transcription.md").read_text()
    assert "6 held-out songs" in text
    assert "side-stick, clap" in text
