"""Transcription: peaks to strokes, recordings in chunks, models that cannot be used."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.beats.transcriber import Transcriber, load_transcriber, pick_strokes
from jukedrummer.config import TrackerConfig, TranscriberConfig
from jukedrummer.errors import UserError
from jukedrummer.model.chunks import Chunks
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.transcriber import TRANSCRIBER_MEL, TranscriberNetwork
from jukedrummer.storage.files import write_json
from jukedrummer.storage.weights import describe, save_model

SMALL = TranscriberConfig(channels=2, width=8, hidden=4)


def network() -> TranscriberNetwork:
    torch.manual_seed(0)
    made = TranscriberNetwork(SMALL).eval()
    made.onsets.weight.data *= 20  # so that some probabilities are high
    made.thresholds.fill_(0.1)
    return made


def triangles(times: np.ndarray, frames: int) -> np.ndarray:
    """Onset targets (T, 1) of strokes at these times, seconds."""
    centres = (np.arange(frames)[:, None] + 0.5) / 100
    return np.maximum(0, 1 - np.abs(centres - times) / 0.02).max(axis=1, keepdims=True)


def test_strokes_are_found_between_frames() -> None:
    times = np.array([0.005, 0.1, 0.2034, 0.3071, 0.495])
    onsets = 0.8 * triangles(times, 50)
    velocities = np.linspace(0, 1, 50)[:, None]
    strokes = pick_strokes(onsets, velocities, np.array([0.5]))
    np.testing.assert_allclose(strokes.times, times, atol=1.1e-3)
    np.testing.assert_allclose(strokes.velocities, times * 100 / 49, atol=0.02)


def test_each_piece_has_its_threshold_and_near_peaks_are_one_stroke() -> None:
    onsets = np.zeros((40, 2))
    onsets[[10, 20, 22]] = [[0.3, 0.6], [0.9, 0.2], [0.5, 0.4]]
    strokes = pick_strokes(onsets, np.ones((40, 2)), np.array([0.25, 0.5]))
    found = [
        (round(100 * time), piece)
        for time, piece in zip(strokes.times, strokes.pieces, strict=True)
    ]
    assert found == [(10, 0), (10, 1), (20, 0)]


def test_chunks_give_the_strokes_and_features_of_the_whole() -> None:
    audio = np.random.default_rng(0).normal(0, 0.1, 44_100 * 8).astype(np.float32)
    audio *= np.tile(np.exp(-np.arange(8_820) / 1_000), 40).astype(np.float32)
    whole, parts = (
        Transcriber(network(), chunks=Chunks(*sizes)) for sizes in ((10_000, 0), (150, 100))
    )
    expected, strokes = whole.transcribe(audio), parts.transcribe(audio)
    assert len(expected) > 50
    np.testing.assert_array_equal(strokes.pieces, expected.pieces)
    np.testing.assert_allclose(strokes.times, expected.times, atol=1e-4)
    np.testing.assert_allclose(parts.embed(audio), whole.embed(audio), atol=1e-3)
    assert whole.embed(audio).shape == (800, 8)


def test_short_recordings_are_transcribed() -> None:
    transcriber = Transcriber(network())
    for samples in (0, 1, 441, 5_000):
        strokes = transcriber.transcribe(np.zeros(samples, np.float32))
        assert (strokes.times <= 0.2).all()


def test_a_folder_is_loaded_with_its_thresholds_and_other_models_are_errors(
    tmp_path: Path,
) -> None:
    common = {"sizes": {}, "step": 1, "metrics": {}, "data_sha256": "none"}
    info = describe("transcriber", SMALL, TRANSCRIBER_MEL, **common)
    save_model(tmp_path, network(), info)
    loaded = load_transcriber(tmp_path, "cpu")
    assert loaded.network.thresholds.tolist() == pytest.approx([0.1] * len(PIECES))
    save_model(tmp_path / "mel", network(), replace(info, mel={**info.mel, "hop": 256}))
    with pytest.raises(UserError, match=r"made with mel\.hop = 256, here it is 441"):
        load_transcriber(tmp_path / "mel")
    tracker = describe("tracker", TrackerConfig(), TRANSCRIBER_MEL, **common)
    write_json(tmp_path / "model.json", asdict(tracker))
    with pytest.raises(UserError, match="holds a tracker, expected a transcriber"):
        load_transcriber(tmp_path)
