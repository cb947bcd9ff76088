"""Drum tracks whose strokes are known."""

from pathlib import Path

import numpy as np
import pytest

from jukedrummer.errors import UserError
from jukedrummer.evaluation.known_strokes import (
    describe_known,
    describe_known_runs,
    played_strokes,
    score_of,
    strokes_are_known,
)
from jukedrummer.model.drum_score import Strokes, write_strokes
from tests.evaluation.helpers.corpus import CLICK_READER, clicks

TIMES = np.array([0.5, 1.0, 1.5])
TOMS = Strokes(TIMES, np.full(3, 5), np.full(3, 1.0))


def test_known_strokes_are_not_transcribed(tmp_path: Path) -> None:
    file, audio = tmp_path / "drums.flac", clicks(2.0, TIMES)
    transcribed = played_strokes(file, audio, CLICK_READER)
    assert transcribed is not None
    assert len(transcribed.of("closed_hat")) == 3
    write_strokes(score_of(file), TOMS)
    known = played_strokes(file, audio, CLICK_READER)
    assert known is not None
    assert len(known) == len(known.of("toms")) == 3
    assert played_strokes(file, audio, None) is None


def test_the_strokes_of_a_rung_are_known_or_not(tmp_path: Path) -> None:
    files = [tmp_path / f"{song}.flac" for song in "ab"]
    assert not strokes_are_known(files)
    write_strokes(score_of(files[0]), TOMS)
    with pytest.raises(UserError, match=r"b\.tsv: no such file, but 1 of the other drum tracks"):
        strokes_are_known(files)
    write_strokes(score_of(files[1]), TOMS)
    assert strokes_are_known(files)


def test_reports_name_the_drums_whose_strokes_are_known() -> None:
    assert describe_known([]) == "A transcriber finds the strokes of all drums."
    text = describe_known(["click_kit_true", "click_kit"], ["high", "low"])
    assert text == (
        "The strokes of a drum machine on the tracked beats, a drum machine on the true beats, "
        "high and low are known. A transcriber finds those of all other drums."
    )
    runs = {
        "audio": {"transcriber": "0a", "known_strokes": ["click_kit"]},
        "score": {"transcriber": "0a", "known_strokes": ["click_kit", "generated"]},
    }
    listed = "a drum machine on the tracked beats and score are known"
    assert listed in describe_known_runs(runs)
    assert describe_known_runs({"audio": {"transcriber": None, "known_strokes": []}}) == ""
