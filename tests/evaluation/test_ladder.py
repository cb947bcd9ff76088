"""The baselines of songs of clicks, with a tracker whose beats are the clicks."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.clips import SongRow
from jukedrummer.beats.factory import JUDGE
from jukedrummer.config import SAMPLE_RATE, EvaluateConfig, plain
from jukedrummer.errors import UserError
from jukedrummer.evaluation import ladder
from jukedrummer.evaluation.onsets import detect_onsets
from jukedrummer.evaluation.rungs import LADDER, half_way_round
from jukedrummer.model.drum_score import read_strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.storage.files import read_json
from jukedrummer.storage.tables import read_table, write_table
from tests.evaluation.helpers.corpus import SECONDS, Corpus, tables_of

BEATS = JUDGE  # settings of the models' tracker, which is a ClickTracker here
MADE = [rung.name for rung in LADDER if rung.make]


def test_baselines_write_and_measure_every_rung(baselines: Path) -> None:
    for rung in MADE:
        for song, seconds in SECONDS.items():
            assert soundfile.info(baselines / rung / f"{song}.flac").frames == seconds * SAMPLE_RATE
    metrics = read_json(baselines / "metrics.json")
    assert list(metrics["rungs"]) == MADE
    assert metrics["judge"] == plain(JUDGE)
    assert metrics["songs"] == 3
    assert metrics["reference"] == {"annotated": 2, "tracked on the mix": 1}
    real, other = metrics["rungs"]["real"], metrics["rungs"]["other_song"]
    assert real["beat_f1"]["mean"] == 1
    assert real["downbeat_f1"] == {"mean": 1, "low": 1, "high": 1, "n": 3}
    assert real["mel_distance"]["mean"] == 0
    assert other["beat_f1"]["mean"] < 0.6
    silence, machine = metrics["rungs"]["silence"], metrics["rungs"]["click_kit"]
    assert silence["beat_f1"]["mean"] == silence["density"]["mean"] == 0
    assert silence["grid_share"] == {"mean": None, "low": None, "high": None, "n": 0}
    assert (
        machine["beat_f1"]["mean"] > 0.6
    )  # its hi-hat on eighths is a beat to the tracker of this test
    assert machine["density"]["mean"] > 1.5 * real["density"]["mean"]
    assert 0 < metrics["rungs"]["codec"]["stft_distance"]["mean"] < other["stft_distance"]["mean"]


def test_the_drum_machine_is_measured_by_its_own_strokes(baselines: Path) -> None:
    metrics = read_json(baselines / "metrics.json")
    assert metrics["known_strokes"] == ["click_kit", "click_kit_true"]
    machine = metrics["rungs"]["click_kit"]
    densities = []
    for song, seconds in SECONDS.items():
        strokes = read_strokes(baselines / "click_kit" / f"{song}.tsv")
        assert {PIECES[piece] for piece in strokes.pieces} == {"kick", "snare", "closed_hat"}
        assert len(strokes) == 3 * len(strokes.of("kick", "snare")) - 1  # hats are eighths
        densities.append(len(strokes) / seconds)
    # The reader of this test would find a kick or a snare, and a hat, at each onset.
    assert machine["stroke_density"]["mean"] == pytest.approx(np.mean(densities), rel=1e-4)
    assert not list((baselines / "real").glob("*.tsv"))


def test_baselines_have_their_style(baselines: Path) -> None:
    style = read_json(baselines / "metrics.json")["style"]
    assert list(style) == MADE
    assert style["real"]["style_distance"]["mean"] == pytest.approx(0, abs=1e-9)
    assert style["real"]["adherence"]["mean"] == pytest.approx(1)
    assert style["silence"]["style_distance"]["mean"] > 0.3
    for rung in ("silence", "other_song"):
        assert style[rung]["adherence"]["mean"] < 0.2


def test_another_songs_drums_are_looped_to_the_length(baselines: Path) -> None:
    slow, other = (read_audio(baselines / "real" / f"{song}.flac") for song in ("slow", "fast"))
    stand_in = read_audio(baselines / "other_song" / "slow.flac")
    np.testing.assert_array_equal(stand_in, np.resize(other, len(slow)))


@pytest.mark.parametrize("songs", range(2, 12))
def test_the_other_song_is_never_the_song_itself(songs: int) -> None:
    stand_ins = [half_way_round(index, songs) for index in range(songs)]
    assert sorted(stand_ins) == list(range(songs))
    assert all(stand_in != index for index, stand_in in enumerate(stand_ins))


def test_the_training_song_is_moved_to_the_bars_of_the_song(baselines: Path) -> None:
    """Drums on their own song's beats stay. On another song's beats, they follow its bars."""
    moved, real = (read_audio(baselines / rung / "slow.flac") for rung in ("nearest_tempo", "real"))
    np.testing.assert_allclose(detect_onsets(moved), detect_onsets(real), atol=0.02)
    moved, real = (read_audio(baselines / rung / "fast.flac") for rung in ("nearest_tempo", "real"))
    bars = detect_onsets(real)[::4]
    assert np.abs(detect_onsets(moved)[:, None] - bars).min(axis=0).max() < 0.02
    assert len(detect_onsets(moved)) < len(detect_onsets(real))


def test_a_held_out_song_or_training_songs_missing_from_the_tables_are_errors(
    corpus: Corpus, click_tracker: None, evaluate: EvaluateConfig, tmp_path: Path
) -> None:
    rows = [row for table in tables_of(corpus) for row in read_table(table, SongRow)]
    for left_out, message in (("slow", "has song slow"), ("train", "has a song of split train")):
        table = tmp_path / f"{left_out}.tsv"
        write_table(table, SongRow, [row for row in rows if row.song != left_out])
        with pytest.raises(
            UserError, match=f"no table of songs {message}; make the features again"
        ):
            ladder.write_baselines(
                corpus, [table], lambda audio: audio, tmp_path / "out", evaluate, BEATS
            )
    assert not (tmp_path / "out").exists()


def test_one_held_out_song_is_too_few(
    corpus: Corpus, click_tracker: None, evaluate: EvaluateConfig, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"1 held-out song, 2 are needed; raise corpus.test_share"):
        ladder.write_baselines(
            corpus[1:],
            tables_of(corpus),
            lambda audio: audio,
            tmp_path / "out",
            evaluate,
            BEATS,
        )
    assert not (tmp_path / "out").exists()
