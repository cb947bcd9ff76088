"""The convolutional beat tracker learns a pulse; its crops, targets and changes."""

from pathlib import Path

import numpy as np
import pytest

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.trackers.convolutional import ConvolutionalConfig, build
from jukedrummer.config import OptimConfig, TrackerConfig, changed
from jukedrummer.evaluation.metrics.beats import beat_f1
from jukedrummer.model.build import load_model
from jukedrummer.training.beat_convolutions import (
    BeatConvolutionsTask,
    beat_targets,
    changed_mel,
)
from jukedrummer.training.tracker import fit_tracker
from tests.conftest import pulses
from tests.tiny import pair, write_pairs_table
from tests.training.synthetic import interrupted

SECONDS = 12.0
OPTIM = OptimConfig(
    steps=60, batch_size=4, learning_rate=1e-2, warmup=3, validate_every=30, save_every=30
)
TRACKER = TrackerConfig(
    kind="convolutional", channels=8, dilated_layers=6, crop_seconds=4.0, optim=OPTIM
)


def beats(bpm: float) -> np.ndarray:
    times = np.arange(0, SECONDS, 60 / bpm)
    return np.stack([times, np.arange(len(times)) % 4 + 1], axis=1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six songs of tones on every beat at different tempi, two of them for validation."""
    folder, songs = tmp_path_factory.mktemp("pulses"), []
    for number, bpm in enumerate((90, 100, 110, 120, 130, 140)):
        name = f"song_{number}"
        audio = pulses(SECONDS, bpm=bpm)
        noise = np.random.default_rng(number).normal(0, 0.01, len(audio)).astype(np.float32)
        write_audio(folder / "pairs" / name / "drumless.flac", audio + noise)
        write_audio(folder / "pairs" / name / "drums.flac", noise)
        write_beats(folder / f"{name}.tsv", beats(bpm))
        split = "valid" if number % 3 == 2 else "train"
        songs.append(pair(name, split, SECONDS, beats=folder / f"{name}.tsv"))
    return write_pairs_table(folder / "pairs", *songs)


def test_it_learns_a_pulse_and_tracks_another_tempo(corpus: Path, tmp_path: Path) -> None:
    info = fit_tracker([corpus], tmp_path, tracker=TRACKER)
    assert info.metrics["drumless_beat_f1"] > 0.8
    tracker = build(ConvolutionalConfig(), "cpu", load_model(tmp_path, "tracker"))
    tracked = tracker.track(pulses(SECONDS, bpm=104), 44_100)
    assert beat_f1(beats(104)[:, 0], tracked.beats[:, 0]) > 0.8


def test_a_killed_and_resumed_training_ends_in_the_same_bits(corpus: Path, tmp_path: Path) -> None:
    quick = changed(OPTIM, steps=6, batch_size=2, validate_every=3, save_every=2)
    config = changed(TRACKER, optim=quick)
    fit_tracker([corpus], tmp_path / "whole", tracker=config)
    with interrupted(BeatConvolutionsTask, 5):
        fit_tracker([corpus], tmp_path / "killed", tracker=config)
    fit_tracker([corpus], tmp_path / "killed", tracker=config)
    whole, killed = (
        (tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "killed")
    )
    assert whole == killed


def test_targets_are_at_the_beats_also_at_another_speed() -> None:
    target = beat_targets(np.array([[1.0, 1], [1.5, 2]]), start=50, frames=100)
    assert (target[0] == 1).nonzero()[0].tolist() == [50]
    assert target[0, [48, 49, 51, 52]].tolist() == pytest.approx([0.25, 0.6, 0.6, 0.25])
    assert (target[1] == 1).nonzero()[0].tolist() == [50]
    faster = beat_targets(np.array([[1.0, 1], [1.5, 2]]), start=50, frames=100, speed=2.0)
    assert (faster[0] == 1).nonzero()[0].tolist() == [25, 50]
    assert (faster[1] == 1).nonzero()[0].tolist() == [25]


def test_changes_mix_in_drums_and_keep_their_input() -> None:
    drumless, drums = np.full((400, 80), -3.0), np.full((400, 80), -5.0)
    drums[::50] = 0.0
    before = drumless.copy()
    mels = [changed_mel(drumless, drums, np.random.default_rng(seed)) for seed in range(30)]
    np.testing.assert_array_equal(drumless, before)
    peaks = [mel[::50].mean() - mel[25::50].mean() for mel in mels]
    assert 5 <= sum(peak > 0.5 for peak in peaks) <= 20  # about a third has drums
