"""Accuracy of the transcriber: hits, rows of each piece, the choice of songs."""

from pathlib import Path
from typing import cast

import mir_eval
import numpy as np
import pytest

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.transcriber import Transcriber
from jukedrummer.errors import UserError
from jukedrummer.evaluation.transcription import (
    MEASURED,
    compare_strokes,
    count_hits,
    f1_of_counts,
    transcribe_songs,
    transcribed_songs,
)
from jukedrummer.model.drum_score import Strokes, write_strokes
from tests.tiny import pair, write_pairs_table

SCORE = Strokes(np.array([0.5, 0.5, 1.0, 1.5]), np.array([0, 3, 4, 1]), np.full(4, 0.5))


class LateTranscriber:
    """Returns the score of the songs: late where drums are quiet, exact where they are loud."""

    def transcribe(self, audio: np.ndarray) -> Strokes:
        """The strokes of a recording."""
        late = 0.02 if np.abs(audio).max() < 0.2 else 0.0
        return Strokes(SCORE.times + late, SCORE.pieces, SCORE.velocities)


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    """Two held-out songs, one of them without a score, and one for training."""
    write_strokes(tmp_path / "score.tsv", SCORE)
    scores = {"a": tmp_path / "score.tsv", "b": None, "c": tmp_path / "score.tsv"}
    rows = []
    for name, file in scores.items():
        audio = np.full(88_200, 0.4, np.float32)
        write_audio(tmp_path / "pairs" / name / "drums.flac", audio)
        rows.append(pair(name, "train" if name == "c" else "test", 2.0, score=file))
    return [write_pairs_table(tmp_path / "pairs", *rows)]


def test_hits_and_f1_are_those_of_mir_eval() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        reference, estimated = (np.sort(random.uniform(0, 3, random.integers(1, 40))) for _ in "ab")
        hits = count_hits(reference, estimated)
        expected, precision, recall = mir_eval.onset.f_measure(reference, estimated, window=0.05)
        f1 = f1_of_counts(np.array(hits), np.array(len(reference)), np.array(len(estimated)))
        assert f1 == pytest.approx(expected)
        assert hits == pytest.approx(precision * len(estimated))
        assert hits == pytest.approx(recall * len(reference))
    assert count_hits(reference, np.zeros(0)) == 0
    assert np.isnan(f1_of_counts(np.array(0), np.array(0), np.array(0)))


def test_which_songs_are_transcribed(shards: list[Path]) -> None:
    songs, left_out = transcribed_songs(shards, "test")
    assert ([song.song for song, _ in songs], left_out) == (["a"], 1)
    songs, _ = transcribed_songs(shards, "all")
    assert [song.song for song, _ in songs] == ["a", "c"]


def test_no_scored_song_is_an_error(tmp_path: Path) -> None:
    shard = write_pairs_table(tmp_path, pair("a", "test", 1.0))
    with pytest.raises(UserError, match="none of its 1 songs of split test has a drum score"):
        transcribed_songs([shard], "test")


def test_each_version_is_transcribed_and_measured(shards: list[Path]) -> None:
    songs, _ = transcribed_songs(shards, "test")
    transcriber = cast(Transcriber, LateTranscriber())
    rows = list(transcribe_songs(songs, transcriber, lambda drums: 0.1 * drums[:-100]))
    assert [row.version for row in rows] == ["real"] * len(MEASURED) + ["codec"] * len(MEASURED)
    kicks = [row for row in rows if row.piece == "kick"]
    assert [row.hits for row in kicks] == [1, 1]
    assert [row.time_error for row in kicks] == pytest.approx([0, 20])
    assert {row.version for row in transcribe_songs(songs, transcriber, None)} == {"real"}


def test_either_hat_matches_hats_and_a_wrong_piece_matches_nothing() -> None:
    swapped = Strokes(
        np.array([0.5, 0.51, 1.0, 1.56]), np.array([0, 4, 3, 1]), np.array([0.7, 0.5, 0.5, 0.5])
    )
    rows = {row.piece: row for row in compare_strokes(pair("a", "test", 2), "real", SCORE, swapped)}
    counts = {name: (row.reference, row.estimated, row.hits) for name, row in rows.items()}
    assert counts["kick"] == (1, 1, 1)
    assert counts["closed_hat"] == counts["open_hat"] == (1, 1, 0)
    assert counts["hats"] == (2, 2, 2)
    assert counts["snare"] == (1, 1, 0)  # 60 ms late
    assert counts["ride"] == (0, 0, 0)
    assert rows["kick"].velocity_error == pytest.approx(0.2)
    assert np.isnan(rows["snare"].time_error)
