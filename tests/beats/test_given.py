"""Beats that the user supplies: a file of either form, or a tempo; options that conflict."""

import re
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.beats.annotations import regular_beats, usual_bpm
from jukedrummer.beats.given import GivenBeats
from jukedrummer.errors import UserError


@pytest.fixture
def times(tmp_path: Path) -> Path:
    path = tmp_path / "times.txt"
    path.write_text("0.5\n1.0\n1.5\n\n2.0\n2.5\n")
    return path


def test_a_tempo_is_a_grid_over_the_song() -> None:
    assert np.array_equal(GivenBeats(bpm=120).beats(10), regular_beats(120, 4, 0.0, 10))
    assert np.array_equal(
        GivenBeats(bpm=90, meter=3, first_downbeat=0.4).beats(10), regular_beats(90, 3, 0.4, 10)
    )


def test_a_file_with_positions_is_taken_as_it_is(tmp_path: Path) -> None:
    # With the byte order mark of some editors.
    (tmp_path / "song.beats").write_text("\ufeff0.5\t3\n1.0  4\n1.6\t1\n", encoding="utf-8")
    given = GivenBeats(tmp_path / "song.beats")
    np.testing.assert_array_equal(given.beats(2), [[0.5, 3], [1.0, 4], [1.6, 1]])


@pytest.mark.parametrize(
    ("first_downbeat", "positions"),
    [(None, [1, 2, 3, 1, 2]), (1.5, [2, 3, 1, 2, 3]), (0.97, [3, 1, 2, 3, 1])],
)
def test_times_alone_are_counted(
    times: Path, first_downbeat: float | None, positions: list[int]
) -> None:
    beats = GivenBeats(times, meter=3, first_downbeat=first_downbeat).beats(3)
    np.testing.assert_array_equal(beats[:, 0], [0.5, 1.0, 1.5, 2.0, 2.5])
    np.testing.assert_array_equal(beats[:, 1], positions)


def test_nothing_is_given_by_default() -> None:
    assert not GivenBeats()
    assert GivenBeats(bpm=100)
    with pytest.raises(UserError, match="no beats are given"):
        GivenBeats().beats(10)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"file": Path("a"), "bpm": 100.0}, "--beats and --bpm are two sources"),
        ({"meter": 3}, "--meter has no effect alone"),
        ({"first_downbeat": 0.0}, "--first-downbeat has no effect alone"),
        ({"bpm": 100.0, "meter": 0}, "the meter is 0; the limits are 1 to 16"),
        ({"bpm": 100.0, "meter": 17}, "the meter is 17"),
    ],
)
def test_options_that_do_not_go_together(options: dict, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        GivenBeats(**options)


def test_times_alone_need_a_meter(times: Path) -> None:
    with pytest.raises(UserError, match=r"times.txt: has one column, the times; .* --meter"):
        GivenBeats(times).beats(3)


@pytest.mark.parametrize("first_downbeat", [0.7, -5.0, float("nan"), float("inf")])
def test_the_first_downbeat_is_one_of_the_times(times: Path, first_downbeat: float) -> None:
    with pytest.raises(UserError, match=r"no beat within 0.1 s of --first-downbeat"):
        GivenBeats(times, meter=4, first_downbeat=first_downbeat).beats(3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ": has no beats"),
        ("\n  \n", ": has no beats"),
        ("1\t1\n1.05\t2\n", ": the beats at 1 s and 1.05 s are less than 0.1 s apart"),
        ("1\t1\t1\n", ", line 1: has 3 columns"),
        ("1\n0.5\n", ", line 2: 0.5 s does not come after 1 s"),
        ("1\n2 1\n", ", line 2: '2 1' is not one number"),
        ("nan\n", ", line 1: the time is nan"),
        ("1\n9\n", ", line 2: 9 s is beyond the song's end at 3 s"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(text)
    meter = 4 if len(text.splitlines()) and len(text.splitlines()[0].split()) == 1 else None
    with pytest.raises(UserError, match=re.escape(f"{path}{reason}")):
        GivenBeats(path, meter=meter).beats(3)


def test_positions_and_a_meter_contradict(tmp_path: Path) -> None:
    (tmp_path / "song.beats").write_text("0.5\t1\n")
    with pytest.raises(UserError, match="already has bar positions"):
        GivenBeats(tmp_path / "song.beats", meter=4).beats(3)


def test_the_usual_tempo_is_more_precise_than_a_frame_and_ignores_a_gap() -> None:
    seconds = np.round(np.arange(40) * 60 / 158, 2)
    seconds[20:] += 3.0
    beats = np.stack([seconds, np.ones(40)], axis=1)
    assert usual_bpm(beats) == pytest.approx(158, rel=0.003)
    assert 60 / np.median(np.diff(seconds)) == pytest.approx(157.9, abs=0.1)
    # Two tempi, half of the song each. The median is between them, and near neither.
    assert usual_bpm(np.array([[0.0, 1], [0.4, 2], [1.2, 3]])) == pytest.approx(100)
