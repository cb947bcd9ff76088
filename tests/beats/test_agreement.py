"""Annotations compared with a tracker: right, moved, at another tempo, of another song."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.beats.agreement import check_annotations, compare_beats, tempo_family
from jukedrummer.beats.annotations import count_bars, read_beats, write_beats
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.trackers.madmom import MadmomConfig
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.pairs import Pair, read_pairs
from tests.beats.helpers import KnownTracker, beat_grid, write_pairs
from tests.tiny import pair, write_pairs_table

TRACKED = beat_grid(60, 100, 0.4)


def moved(beats: np.ndarray, by: int) -> np.ndarray:
    """Beats in 4/4 with other bar lines."""
    return count_bars(beats[:, 0], 4, by)


def later(beats: np.ndarray, seconds: float) -> np.ndarray:
    """Beats with another delay."""
    return np.stack([beats[:, 0] + seconds, beats[:, 1]], axis=1)


def test_the_right_annotation_is_confirmed_and_unchanged() -> None:
    late = later(TRACKED, 0.03)
    result = compare_beats(late, TRACKED)
    assert (result.outcome, result.beat_f1) == ("confirmed", 1.0)
    assert result.downbeat_f1.tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(result.beats, late)


@pytest.mark.parametrize("by", [1, 3])
def test_bar_lines_are_moved_unless_the_score_shows_them(by: int) -> None:
    annotated = moved(TRACKED, by)
    for bar_lines in ("", "unclear"):
        result = compare_beats(annotated, TRACKED, bar_lines)
        assert result.outcome == "moved"
        np.testing.assert_array_equal(result.beats, TRACKED)
    for bar_lines in ("clear", "moved"):
        kept = compare_beats(annotated, TRACKED, bar_lines)
        assert kept.outcome == "unclear"
        np.testing.assert_array_equal(kept.beats, annotated)


def test_bar_lines_are_not_moved_by_half_a_bar() -> None:
    result = compare_beats(moved(TRACKED, 2), TRACKED)
    assert (result.outcome, result.downbeat_f1.tolist()) == ("unclear", [0, 0, 1, 0])
    np.testing.assert_array_equal(result.beats, moved(TRACKED, 2))


def test_a_tracker_that_is_not_sure_of_the_bars_moves_nothing() -> None:
    tracked = np.concatenate([TRACKED[:64], moved(TRACKED[64:], 2)])
    assert compare_beats(TRACKED, tracked).outcome == "confirmed"
    assert compare_beats(moved(TRACKED, 1), tracked).outcome == "unclear"
    assert compare_beats(moved(TRACKED, 2), tracked).outcome == "unclear"


def test_half_and_double_tempo_are_no_fault() -> None:
    half = count_bars(TRACKED[::2, 0], 4, 0)
    assert compare_beats(half, TRACKED).beat_f1 > 0.99
    # A bar of the tracker is half a bar of the annotation. Only the score shows which half.
    assert compare_beats(half, TRACKED).outcome == "unclear"
    assert compare_beats(half, TRACKED, "clear").outcome == "confirmed"
    result = compare_beats(moved(half, 1), TRACKED)
    assert result.outcome == "unclear"
    np.testing.assert_array_equal(result.beats, moved(half, 1))
    fast = beat_grid(60, 200, 0.4)
    slow = count_bars(fast[::2, 0], 4, 0)
    assert compare_beats(fast, slow).beat_f1 > 0.99
    assert compare_beats(fast, slow).outcome == "confirmed"


def test_half_and_double_tempo_beyond_the_tracker_are_not_compared() -> None:
    assert [len(times) for times in tempo_family(beat_grid(30, 120, 0)[:, 0])] == [60, 30, 30]
    assert [len(times) for times in tempo_family(beat_grid(30, 70, 0)[:, 0])] == [35, 69]
    assert [len(times) for times in tempo_family(np.array([1.0]))] == [1]


@pytest.mark.parametrize("bpm", [71, 93, 117.3, 133, 160, 181])
def test_beats_of_another_song_are_rejected_unless_the_score_shows_them(bpm: float) -> None:
    annotated = beat_grid(60, bpm, 0.1)
    assert compare_beats(annotated, TRACKED).outcome == "rejected"
    assert compare_beats(annotated, TRACKED, "clear").outcome == "unclear"


def test_beats_between_those_of_the_tracker_are_rejected() -> None:
    assert compare_beats(later(TRACKED, 0.3), TRACKED).outcome == "rejected"


def test_no_tracked_beats_reject_and_no_annotated_beats_are_no_error() -> None:
    nothing = np.empty((0, 2))
    assert compare_beats(TRACKED, nothing).outcome == "rejected"
    assert compare_beats(nothing, TRACKED).outcome == "rejected"
    assert compare_beats(TRACKED[:1], TRACKED).outcome == "rejected"


def test_where_the_meter_changes_bar_lines_are_confirmed_but_not_moved() -> None:
    other = count_bars(TRACKED[40:, 0], 3, 0)
    changing = np.concatenate([TRACKED[:40], other])
    assert compare_beats(changing, changing).outcome == "confirmed"
    late = changing.copy()
    late[1:, 1] = changing[:-1, 1]
    result = compare_beats(late, changing)
    assert result.outcome == "unclear"
    assert len(result.downbeat_f1) == 1


@settings(max_examples=40, deadline=None)
@given(
    bpm=st.floats(60, 190),
    meter=st.integers(2, 7),
    by=st.integers(1, 6),
    first=st.floats(0, 1),
    seed=st.integers(0, 2**16),
)
def test_the_bar_lines_of_a_good_tracker_win(
    bpm: float, meter: int, by: int, first: float, seed: int
) -> None:
    times = np.arange(first, 90, 60 / bpm)
    truth = count_bars(times, meter, 0)
    shaky = times + np.random.default_rng(seed).uniform(-0.03, 0.03, len(times))
    annotated = count_bars(times, meter, by)
    result = compare_beats(annotated, np.stack([shaky, truth[:, 1]], axis=1))
    if 2 * (by % meter) == meter:  # half a bar
        assert result.outcome == "unclear"
        np.testing.assert_array_equal(result.beats, annotated)
    else:
        assert result.outcome == ("moved" if by % meter else "confirmed")
        np.testing.assert_array_equal(result.beats, truth)


def shard(folder: Path, **annotations: tuple[np.ndarray | None, str, str]) -> list[Pair]:
    """A shard of songs of a second, each with beats, `check_beats` and `bar_lines`."""
    write_pairs(folder, **dict.fromkeys(annotations, ("train", 1.0, 100, 0.4)))
    rows = []
    for name, (beats, check, bar_lines) in annotations.items():
        path = None
        if beats is not None:
            path = folder.parent / "annotated" / f"{name}.tsv"
            path.parent.mkdir(exist_ok=True)
            write_beats(path, beats)
        rows.append(pair(name, "train", 1.0, beats=path, check_beats=check, bar_lines=bar_lines))
    write_pairs_table(folder, *rows)
    return rows


def test_a_shard_has_the_beats_that_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shard(
        tmp_path / "work",
        right=(TRACKED, "yes", ""),
        late=(moved(TRACKED, 1), "yes", "unclear"),
        other=(beat_grid(60, 83, 0.1), "yes", ""),
        trusted=(moved(TRACKED, 1), "no", ""),
        none=(None, "yes", ""),
    )
    tracker = KnownTracker({SAMPLE_RATE: TRACKED})
    check_annotations(tmp_path / "work", lambda: tracker)
    assert tracker.groups == [1, 1, 1]
    shutil.move(tmp_path / "work", tmp_path / "0")  # the stage publishes the folder
    rows = {row.song: row for row in read_pairs(tmp_path / "0")}
    assert {name: row.annotation for name, row in rows.items()} == {
        "right": "confirmed",
        "late": "moved",
        "other": "rejected",
        "trusted": "",
        "none": "",
    }
    for name in ("right", "late"):
        assert rows[name].beats == tmp_path / "0" / name / "beats.tsv"
        np.testing.assert_allclose(read_beats(tmp_path / "0" / name / "beats.tsv"), TRACKED)
    assert rows["other"].beats is None
    assert not (tmp_path / "0" / "other" / "beats.tsv").exists()
    assert rows["trusted"].beats == tmp_path / "annotated" / "trusted.tsv"
    lines = [line for line in capsys.readouterr().err.splitlines() if "bar lines are" in line]
    assert [line.split(":")[0] for line in lines] == ["late", "other"]
    assert "beat F1 1.00, downbeat F1 0.00, at best 1.00" in lines[0]


def test_without_doubtful_annotations_no_tracker_is_made(tmp_path: Path) -> None:
    rows = shard(tmp_path / "0", trusted=(TRACKED, "no", ""), none=(None, "yes", ""))
    before = (tmp_path / "0" / "pairs.tsv").read_bytes()
    check_annotations(tmp_path / "0", lambda: pytest.fail("a tracker is made"))
    assert (tmp_path / "0" / "pairs.tsv").read_bytes() == before
    assert [row.song for row in rows] == [row.song for row in read_pairs(tmp_path / "0")]


def test_madmom_confirms_and_moves_the_bar_lines_of_clicks(tmp_path: Path) -> None:
    folder = write_pairs(tmp_path / "0", a=("train", 16.0, 120, 0.3), b=("train", 16.0, 120, 0.3))
    truth, rows = beat_grid(16, 120, 0.3), []
    for row, by in zip(read_pairs(folder), (0, 1), strict=True):
        (folder / row.song / "drums.flac").write_bytes(
            (folder / row.song / "drumless.flac").read_bytes()
        )
        write_beats(tmp_path / f"{by}.tsv", moved(truth, by))
        rows.append(pair(row.song, "train", 16.0, beats=tmp_path / f"{by}.tsv", check_beats="yes"))
    write_pairs_table(folder, *rows)
    check_annotations(folder, lambda: make_tracker(MadmomConfig(networks=1)))
    assert [row.annotation for row in read_pairs(folder)] == ["confirmed", "moved"]
    for row in read_pairs(folder):
        np.testing.assert_allclose(read_beats(folder / row.song / "beats.tsv"), truth, atol=1e-6)
