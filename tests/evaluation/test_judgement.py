"""The evaluation of an experiment on songs of clicks."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jukedrummer.beats.factory import JUDGE
from jukedrummer.config import EvaluateConfig, plain
from jukedrummer.errors import UserError
from jukedrummer.evaluation.judgement import STROKES_FOLDER, write_evaluation
from jukedrummer.evaluation.measure import read_measured_songs
from jukedrummer.evaluation.rungs import GENERATED_TRUE, LADDER, TRUE_BEATS_FILE
from jukedrummer.model.drum_score import Strokes, read_strokes, write_strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.storage.files import read_json, write_json
from tests.evaluation.helpers.corpus import (
    CLICK_READER,
    SECONDS,
    Corpus,
    beats_of,
    predictions,
    write_generated,
)

RUNGS_WITHOUT_SCORE = [rung.name for rung in LADDER if not rung.of_score]


def run(
    corpus: Corpus, evaluate: EvaluateConfig, generated: Path, baselines: Path, output: Path
) -> dict[str, Any]:
    write_evaluation(
        corpus, generated, baselines, predictions(), output, evaluate, reader=CLICK_READER
    )
    return read_json(output / "metrics.json")


def test_good_drums_have_the_best_metrics(
    corpus: Corpus, baselines: Path, evaluate: EvaluateConfig, tmp_path: Path
) -> None:
    metrics = run(
        corpus,
        evaluate,
        write_generated(tmp_path / "generated"),
        baselines,
        tmp_path / "evaluation",
    )
    assert metrics["judge"] == plain(JUDGE)
    assert set(metrics["rungs"]) == {*RUNGS_WITHOUT_SCORE} - {GENERATED_TRUE}
    assert metrics["rungs"]["generated"]["beat_f1"]["mean"] == 1
    assert metrics["comparisons"]["beat_f1_minus_other_song"]["low"] > 0.3
    assert metrics["comparisons"]["beat_f1_of_codec"] == pytest.approx(1)
    assert metrics["comparisons"]["grid_share_of_chance"]["mean"] > 1.5
    assert metrics["input_beats"]["beat_f1"]["mean"] == 1
    assert metrics["accuracy"]["mean"] == 0.625
    assert metrics["listening"]["costs"]["other_drumless"]["mean"] == pytest.approx(0.5)
    for name in ("kick_f1", "snare_f1", "hat_f1", "pieces_f1", "pattern", "density_ratio"):
        assert metrics["rungs"]["generated"][name]["mean"] == pytest.approx(1), name
    nearest = metrics["comparisons"]["strokes"]["pattern"]["nearest_tempo"]
    assert (nearest["n"], nearest["nearer"], nearest["farther"], nearest["p"]) == (3, 3, 0, 0.25)
    assert nearest["mean"] > 0
    assert metrics["strokes"] == {"score": 0, "transcribed": 3}
    assert metrics["transcriber"] == "clicks"
    assert metrics["known_strokes"] == ["click_kit", "click_kit_true"]
    assert set(metrics["style"]) == set(metrics["rungs"])
    assert metrics["style"]["generated"]["adherence"]["mean"] == pytest.approx(1, abs=0.01)
    rows = read_measured_songs(tmp_path / "evaluation" / "songs.tsv")
    assert {row.input_beat_f1 for row, _ in rows} == {1.0}
    assert {round(row.bpm, 1) for row, _ in rows if row.song == "slow"} == {66.7}
    stored = read_json(baselines / "metrics.json")["rungs"]["real"]
    assert metrics["rungs"]["real"]["density"] == pytest.approx(stored["density"], rel=1e-5)


def test_drums_on_the_annotated_beats_are_a_rung_of_their_own(
    corpus: Corpus, baselines: Path, evaluate: EvaluateConfig, tmp_path: Path
) -> None:
    generated = write_generated(tmp_path / "generated", late=0.09)
    right = write_generated(tmp_path / "right")
    for song in ("slow", "fast"):  # the beats of the third song are not annotated
        shutil.copy(right / song / "drums.flac", generated / song / TRUE_BEATS_FILE)
    metrics = run(corpus, evaluate, generated, baselines, tmp_path / "out")
    assert list(metrics["rungs"]) == RUNGS_WITHOUT_SCORE
    assert metrics["rungs"]["generated"]["beat_f1"]["mean"] == 0
    on_true = metrics["rungs"][GENERATED_TRUE]
    assert (on_true["beat_f1"]["mean"], on_true["beat_f1"]["n"]) == (1, 2)
    assert on_true["pattern"]["mean"] == pytest.approx(1)


def test_a_model_that_writes_scores_is_measured_by_them(
    corpus: Corpus, baselines: Path, evaluate: EvaluateConfig, tmp_path: Path
) -> None:
    generated = write_generated(tmp_path / "generated")
    toms = Strokes(np.array([0.5, 1.0]), np.full(2, PIECES.index("toms")), np.ones(2))
    for song in SECONDS:
        write_strokes(generated / song / "drums.tsv", toms)
    metrics = run(corpus, evaluate, generated, baselines, tmp_path / "out")
    assert metrics["known_strokes"] == ["click_kit", "click_kit_true", "generated"]
    own = metrics["rungs"]["generated"]
    assert own["kick_f1"]["mean"] == own["hat_f1"]["mean"] == 0
    assert own["beat_f1"]["mean"] == 1  # of the audio, which is right
    strokes = read_strokes(tmp_path / "out" / STROKES_FOLDER / "generated" / "slow.tsv")
    assert len(strokes.of("toms")) == len(strokes) == 2
    real = read_strokes(tmp_path / "out" / STROKES_FOLDER / "real" / "slow.tsv")
    assert len(real.of("closed_hat")) == len(beats_of("slow"))


def test_does_not_reward_silence_or_lateness(
    corpus: Corpus, baselines: Path, evaluate: EvaluateConfig, tmp_path: Path
) -> None:
    metrics = run(
        corpus,
        evaluate,
        write_generated(tmp_path / "silent", silent=True),
        baselines,
        tmp_path / "a",
    )
    silent = metrics["rungs"]["generated"]
    assert metrics["comparisons"]["grid_share_of_chance"]["mean"] == 0
    assert silent["beat_f1"]["mean"] == 0
    assert silent["grid_share"] == {"mean": None, "low": None, "high": None, "n": 0}
    assert silent["density"]["mean"] == 0
    late = run(
        corpus, evaluate, write_generated(tmp_path / "late", late=0.09), baselines, tmp_path / "b"
    )["rungs"]["generated"]
    assert late["beat_f1"]["mean"] == 0
    assert late["grid_share"]["mean"] < 0.6


def test_baselines_of_other_settings_or_songs_are_errors(
    corpus: Corpus, baselines: Path, evaluate: EvaluateConfig, tmp_path: Path
) -> None:
    generated = write_generated(tmp_path / "generated")
    strict = EvaluateConfig(tolerance_ms=20, bootstrap=200)
    with pytest.raises(UserError, match=r"tolerance_ms 30.0, here it is 20"):
        run(corpus, strict, generated, baselines, tmp_path / "out")
    baselines = shutil.copytree(baselines, tmp_path / "copy")
    table = (baselines / "songs.tsv").read_text().splitlines()
    (baselines / "songs.tsv").write_text("\n".join(table[:-1]) + "\n")
    with pytest.raises(UserError, match="rung real has 2 songs, and not the 3"):
        run(corpus, evaluate, generated, baselines, tmp_path / "out")
    lacking = {**read_json(baselines / "metrics.json"), "style": {}}
    whole = read_json(baselines / "metrics.json")
    write_json(baselines / "metrics.json", lacking)
    with pytest.raises(UserError, match="has other measures of style than style_distance, adher"):
        run(corpus, evaluate, generated, baselines, tmp_path / "out")
    write_json(baselines / "metrics.json", whole)
    with pytest.raises(UserError, match="measured with another transcriber than now, or only one"):
        write_evaluation(
            corpus, generated, baselines, predictions(), tmp_path / "out", evaluate, reader=None
        )
    metrics = read_json(baselines / "metrics.json")
    write_json(baselines / "metrics.json", metrics | {"judge": {"networks": 1}})
    with pytest.raises(UserError, match="measured by a tracker with other settings than now"):
        run(corpus, evaluate, generated, baselines, tmp_path / "out")
    assert not (tmp_path / "out").exists()
