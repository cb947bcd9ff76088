"""The metrics of strokes of a whole track: of the real drums, of other drums, and of none."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.audio.io import write_audio
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.model.drum_score import Strokes
from tests.evaluation.helpers.drums import FILL, GROOVE, moved, strokes_of, track_of

BARS = 8
REAL = strokes_of(*(3 * [GROOVE] + [FILL]) * 2)
STROKES = [metric for metric in all_metrics() if metric.of_strokes]
SILENT = Strokes(np.zeros(0), np.zeros(0, np.int64), np.zeros(0))


def measures(
    strokes: Strokes | None, folder: Path, real: Strokes | None = REAL
) -> dict[str, float]:
    """The metrics of strokes. The bass of the recording plays four notes a bar, with the kick."""
    track = track_of(strokes, real, BARS)
    time = np.arange(len(track.audio)) / SAMPLE_RATE
    bass = np.zeros(len(time))
    for onset in REAL.of("kick"):
        since = np.maximum(time - onset, 0)
        bass += (time >= onset) * np.sin(2 * np.pi * 70 * since) * np.exp(-since / 0.08)
    write_audio(folder / "drumless.flac", (0.4 * bass).astype(np.float32))
    track = replace(track, reference=replace(track.reference, folder=folder))
    return {metric.name: metric.measure(track) for metric in STROKES}


def test_the_real_drums_are_perfect(tmp_path: Path) -> None:
    real = measures(REAL, tmp_path)
    best = ("kick_f1", "snare_f1", "hat_f1", "pieces_f1", "pattern", "fill_recall")
    for name in (*best, "fill_precision", "density_ratio", "density_drift"):
        assert real[name] == pytest.approx(1), name
    for name in ("pattern_drift", "timing_mean", "timing_spread"):
        assert real[name] == pytest.approx(0, abs=1e-6), name
    assert real["loop_share"] == 3 / 8
    assert real["stroke_density"] == pytest.approx(len(REAL) / (0.5 + BARS * 2.4))
    assert real["kick_bass_lock"] > 0.9
    assert 0.1 < real["kick_bass_chance"] < 0.2


def test_late_drums_keep_strokes_and_pattern_and_lose_timing(tmp_path: Path) -> None:
    late = measures(moved(REAL, 0.03), tmp_path)
    assert late["pieces_f1"] == late["pattern"] == pytest.approx(1)
    assert late["timing_mean"] == pytest.approx(30)
    beat = measures(moved(REAL, 0.6), tmp_path)
    assert beat["pattern"] < 0.5
    assert beat["pieces_f1"] < 0.6
    assert beat["kick_bass_lock"] < 0.5


def test_drift_compares_the_halves(tmp_path: Path) -> None:
    thin = {"kick": GROOVE["snare"], "snare": GROOVE["kick"]}
    fading = measures(strokes_of(*(3 * [GROOVE] + [FILL]), *4 * [thin]), tmp_path)
    assert fading["pattern_drift"] < -0.5
    assert 0.3 < fading["density_drift"] < 0.7


def test_silence_scores_nothing(tmp_path: Path) -> None:
    silent = measures(SILENT, tmp_path)
    for name in ("kick_f1", "pieces_f1", "pattern", "fill_recall", "density_ratio"):
        assert silent[name] == 0, name
    for name in ("fill_precision", "loop_share", "density_drift", "timing_mean"):
        assert math.isnan(silent[name]), name
    assert silent["kick_bass_lock"] == silent["kick_bass_chance"] == 0


def test_songs_without_drums_have_nothing_to_compare_with(tmp_path: Path) -> None:
    values = measures(REAL, tmp_path, real=SILENT)
    for name in ("pieces_f1", "fill_recall", "density_ratio"):
        assert math.isnan(values[name]), name
    assert values["pattern"] == 0


def test_without_a_transcriber_all_are_nan(tmp_path: Path) -> None:
    assert len(STROKES) == 16
    assert all(map(math.isnan, measures(None, tmp_path).values()))
    assert all(map(math.isnan, measures(REAL, tmp_path, real=None).values()))
