"""The table of the tracker's share."""

import math

import pytest

from jukedrummer.evaluation.measure import MeasuredSong
from jukedrummer.evaluation.metrics import Measures, all_metrics
from jukedrummer.evaluation.reference import ANNOTATED
from jukedrummer.report.tracker_share import MACHINE, Rows, tracker_share_table

SONGS = {"a": 1.0, "b": 0.5, "c": 0.25}  # song to F1 of its tracked beats
VALUES = {"generated": 0.4, "generated_true": 0.6, "click_kit": 0.5, "click_kit_true": 0.9}
PARTS = [("", "all", set(SONGS)), ("", "rock", {"a", "b"})]


def measures(value: float, strokes: bool) -> Measures:
    return {
        metric.name: math.nan if metric.of_strokes and not strokes else value
        for metric in all_metrics()
    }


def rows_of(strokes: bool = True, lacking: str = "") -> Rows:
    """Song k has the value of the rung plus k / 100. One song may have no drums on true beats."""
    return [
        (
            MeasuredSong(rung, song, ANNOTATED, "true", input_beat_f1=received),
            measures(value + number / 100, strokes),
        )
        for rung, value in VALUES.items()
        for number, (song, received) in enumerate(SONGS.items())
        if (rung, song) != ("generated_true", lacking)
    ]


def test_the_gain_is_the_difference_of_both_kinds_of_beats() -> None:
    table = tracker_share_table({"high": rows_of()}, PARTS)
    assert [row.labels for row in table.rows] == [
        ("all, 3 songs", "high"),
        ("all, 3 songs", MACHINE),
        ("rock, 2 songs", "high"),
        ("rock, 2 songs", MACHINE),
    ]
    names = [column.name for column in table.columns]
    assert names[:4] == ["input_beat_f1", "beat_f1_tracked", "beat_f1_true", "beat_f1_gain"]
    model, machine, _, rock = ([value.mean for value in row.values] for row in table.rows)
    assert model[:4] == pytest.approx([1.75 / 3, 0.41, 0.61, 0.2])
    assert machine[:4] == pytest.approx([1.75 / 3, 0.51, 0.91, 0.4])
    assert rock[:4] == pytest.approx([0.75, 0.505, 0.905, 0.4])
    assert {column.group for column in table.columns[1:]} == {"Beat F1", "Downbeat F1", "Pattern"}


def test_songs_without_drums_on_true_beats_are_not_in_the_gain() -> None:
    table = tracker_share_table({"high": rows_of(lacking="c")}, PARTS[:1])
    _, tracked, true, gain, *_ = table.rows[0].values
    assert (tracked.n, true.n, gain.n) == (3, 2, 2)
    assert gain.mean == pytest.approx(0.2)


def test_without_a_transcriber_patterns_are_left_out() -> None:
    table = tracker_share_table({"high": rows_of(strokes=False)}, PARTS)
    assert {column.group for column in table.columns[1:]} == {"Beat F1", "Downbeat F1"}


def test_sets_of_songs_are_a_label() -> None:
    parts = [("Home", "all", {"a"}), ("Away", "all", {"b", "c"})]
    table = tracker_share_table({"high": rows_of()}, parts)
    assert table.labels == ("Set", "Songs", "Drums")
    assert table.rows[2].labels == ("Away", "all, 2 songs", "high")
