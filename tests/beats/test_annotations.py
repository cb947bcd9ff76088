"""Files of beats and regular beats: what is read, written and rejected."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.beats.annotations import check_beats, read_beats, regular_beats, write_beats
from jukedrummer.errors import UserError


@pytest.mark.parametrize(
    "text", ["0.5\t1\n1\t2\n", "0.5 1\n1.0  2.0\n", "\n0.5\t1\r\n1.0\t2", "5e-1 1\n1 2"]
)
def test_reads_tabs_or_spaces(tmp_path, text):
    path = tmp_path / "song.beats"
    path.write_text(text)
    np.testing.assert_array_equal(read_beats(path), [[0.5, 1], [1.0, 2]])


def test_an_empty_file_has_no_beats(tmp_path):
    path = tmp_path / "beats.tsv"
    path.write_text("")
    assert read_beats(path).shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.0\t1\n0.5\t2\n", "line 2: 0.5 s does not come after 1 s"),
        ("1.0\t1\n1.0\t2\n", "line 2: 1 s does not come after 1 s"),
        ("-0.1\t1\n", "line 1: the time is -0.1"),
        ("nan\t1\n", "line 1: the time is nan"),
        ("inf\t1\n", "line 1: the time is inf"),
        ("1.0\n", "line 1: has 1 column, expected 2"),
        ("1.0\t1\t0.9\n", "line 1: has 3 columns, expected 2"),
        (
            "time\tbeat\n1.0\t1\n",
            "line 1: 'time\\tbeat' is not two numbers; beats files have no header",
        ),
        ("1,5\t1\n", "line 1: '1,5\\t1' is not two numbers"),
        ("9.0\t1\n10.5\t2\n", "line 2: 10.5 s is beyond the song's end at 10 s"),
        ("1.0\t0\n", "line 1: the bar position is 0"),
        ("1.0\t1.5\n", "line 1: the bar position is 1.5"),
        ("1.0\tnan\n", "line 1: the bar position is nan"),
        ("1.0\tinf\n", "line 1: the bar position is inf"),
    ],
)
def test_rejects_bad_lines(tmp_path, text, message):
    path = tmp_path / "beats.tsv"
    path.write_text(text)
    with pytest.raises(UserError, match=re.escape(f"{path}, {message}")):
        read_beats(path, seconds=10)


def test_rejects_what_is_not_a_text_file(tmp_path):
    path = tmp_path / "beats.tsv"
    with pytest.raises(UserError, match="cannot be read"):
        read_beats(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_beats(tmp_path)
    path.write_bytes(b"RIFF\xff\xfe\x00")
    with pytest.raises(UserError, match="is not text"):
        read_beats(path)


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.lists(st.floats(0.001, 5), max_size=30),
    st.lists(st.integers(1, 12), min_size=30, max_size=30),
)
def test_written_rows_are_read_back(tmp_path_factory, intervals, positions):
    beats = np.stack([np.cumsum(intervals), positions[: len(intervals)]], axis=1)
    path = tmp_path_factory.mktemp("beats") / "beats.tsv"
    write_beats(path, beats)
    np.testing.assert_allclose(read_beats(path), beats, atol=1e-6)


def test_does_not_write_bad_beats(tmp_path):
    path = tmp_path / "beats.tsv"
    with pytest.raises(UserError, match="does not come after"):
        write_beats(path, np.array([[1.0, 1], [0.5, 2]]))
    assert not path.exists()


def test_checks_the_shape():
    with pytest.raises(UserError, match=r"shape \(3,\)"):
        check_beats(np.zeros(3), "the tracker")


@settings(deadline=None)  # a busy machine is no fault
@given(st.floats(20, 400), st.integers(1, 12), st.floats(0, 1), st.floats(0.1, 300))
def test_regular_beats(bpm, meter, share, seconds):
    first_downbeat = min(share * seconds, math.nextafter(seconds, 0))
    beats = regular_beats(bpm, meter, first_downbeat, seconds)
    check_beats(beats, "regular", seconds)
    np.testing.assert_allclose(np.diff(beats[:, 0]), 60 / bpm, atol=1e-8)
    # Nothing is missing at either end.
    if len(beats):
        assert beats[0, 0] <= 60 / bpm + 1e-8
        assert seconds - beats[-1, 0] <= 60 / bpm + 1e-8
    downbeats = beats[beats[:, 1] == 1, 0]
    if first_downbeat < seconds - 1e-8:
        assert np.abs(downbeats - first_downbeat).min() < 1e-8
    assert ((np.diff(beats[:, 1]) == 1) | (beats[1:, 1] == 1)).all()


def test_regular_beats_begin_with_the_upbeat():
    np.testing.assert_allclose(
        regular_beats(120, 3, 1.0, 2.6), [[0, 2], [0.5, 3], [1, 1], [1.5, 2], [2, 3], [2.5, 1]]
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 4, 0, 10), "the BPM is 0; the limits are 20 to 400"),
        ((1_000, 4, 0, 10), "the BPM is 1000"),
        ((math.nan, 4, 0, 10), "the BPM is nan"),
        ((120, 0, 0, 10), "the meter is 0; the limits are 1 to 16"),
        ((120, 17, 0, 10), "the meter is 17"),
        ((120, 4, -0.1, 10), "the first downbeat is at -0.1 s"),
        ((120, 4, 10, 10), "the first downbeat is at 10 s; the song lasts from 0 to 10 s"),
        ((120, 4, math.nan, 10), "the first downbeat is at nan s"),
    ],
)
def test_regular_beats_have_limits(values, message):
    with pytest.raises(UserError, match=re.escape(message)):
        regular_beats(*values)
