"""The score model learns that the kick plays with the bass, which only the recording shows."""

from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.config import OptimConfig, ScoreConfig, changed
from jukedrummer.errors import UserError
from jukedrummer.evaluation.bar_patterns import bar_patterns
from jukedrummer.evaluation.patterns import pattern_similarity
from jukedrummer.evaluation.playing import stroke_f1
from jukedrummer.model.drum_score import Strokes, write_strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.score_grid import to_grid
from jukedrummer.model.score_writer import load_score_writer
from jukedrummer.training.score import ScoreTask, fit_score, soft_similarity
from jukedrummer.training.score_data import changed_features, score_songs, with_errors
from tests.tiny import pair, write_pairs_table
from tests.training.synthetic import interrupted, read_history

RATE = 44_100
BARS, STEP = 6, 0.15  # bars of eight steps, seconds of a step
SECONDS = BARS * 8 * STEP + 1
OPTIM = OptimConfig(
    steps=200, batch_size=8, learning_rate=1e-2, warmup=5, validate_every=100, save_every=100
)
SCORE = ScoreConfig(
    registers=8, width=32, slot_width=8, layers=1, heads=2, dropout=0.0, crop_beats=24, optim=OPTIM
)


def beats() -> np.ndarray:
    places = np.arange(BARS * 4 + 1)
    return np.stack([0.2 + 2 * STEP * places, places % 4 + 1], axis=1)


def bass_steps(seed: int) -> np.ndarray:
    """Where the bass plays: the same eighths in each bar of a song, others in each song."""
    steps = np.flatnonzero(np.random.default_rng(seed).random(8) < 0.4)
    return np.concatenate([steps + 8 * bar for bar in range(BARS)])


def drums(seed: int) -> Strokes:
    """The kick with the bass, the snare on the second and the fourth beat."""
    kick = 0.2 + STEP * bass_steps(seed)
    snare = beats()[1:-1:2, 0]
    pieces = np.repeat([PIECES.index("kick"), PIECES.index("snare")], [len(kick), len(snare)])
    return Strokes.sorted(np.concatenate([kick, snare]), pieces, np.full(len(pieces), 0.8))


def bass(seed: int) -> np.ndarray:
    """(N,) short low notes in a little noise."""
    audio = np.random.default_rng(seed).normal(0, 1e-3, round(SECONDS * RATE))
    t = np.arange(RATE // 10) / RATE
    for step in bass_steps(seed):
        start = round((0.2 + STEP * step) * RATE)
        audio[start : start + len(t)] += 0.4 * np.sin(2 * np.pi * 80 * t) * np.exp(-25 * t)
    return audio.astype(np.float32)


def write_songs(folder: Path, count: int = 24, scored: int = 24) -> Path:
    """Pairs of songs, every sixth for validation. `scored` of them have a drum score."""
    songs = []
    for number in range(count):
        name, split = f"song_{number:02}", "valid" if number % 6 == 5 else "train"
        write_audio(folder / "pairs" / name / "drumless.flac", bass(number))
        write_strokes(folder / f"{name}.score.tsv", drums(number))
        write_beats(folder / f"{name}.beats.tsv", beats())
        own = {"beats": folder / f"{name}.beats.tsv"}
        if number < scored:
            own["score"] = folder / f"{name}.score.tsv"
        songs.append(pair(name, split, SECONDS, **own))
    return write_pairs_table(folder / "pairs", *songs)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_songs(tmp_path_factory.mktemp("scores"))


def test_it_learns_to_play_with_the_bass_and_writes_scores(corpus: Path, tmp_path: Path) -> None:
    info = fit_score([corpus], tmp_path, score=SCORE)
    assert info.metrics["recording_gains"] > 0.5
    assert read_history(tmp_path)["valid_loss"][-1] == pytest.approx(info.metrics["loss"], rel=0.2)
    assert not list(tmp_path.glob("*.features"))
    writer, real = load_score_writer(tmp_path, "cpu"), drums(99)
    played = writer.write(bass(99), beats())
    alone = writer.write(bass(99), beats(), receives=False)
    kick = [stroke_f1(real.of("kick"), strokes.of("kick")) for strokes in (played, alone)]
    assert kick[0] > max(0.85, kick[1])
    assert stroke_f1(real.of("snare"), played.of("snare")) > 0.9
    again = writer.write(bass(99), beats())
    np.testing.assert_array_equal(played.times, again.times)
    takes = writer.takes(bass(99), beats(), seed=1, count=3, temperature=1.0)
    assert len({take.times.tobytes() for take in takes}) > 1
    assert len(writer.write(bass(99), beats()[:1])) == 0


def test_a_killed_and_resumed_training_ends_in_the_same_bits(corpus: Path, tmp_path: Path) -> None:
    quick = changed(OPTIM, steps=6, batch_size=2, validate_every=3, save_every=2)
    config = changed(SCORE, optim=quick)
    fit_score([corpus], tmp_path / "whole", score=config)
    with interrupted(ScoreTask, 5):
        fit_score([corpus], tmp_path / "killed", score=config)
    fit_score([corpus], tmp_path / "killed", score=config)
    whole, killed = (
        (tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "killed")
    )
    assert whole == killed


def test_songs_without_beats_or_a_score_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = write_songs(tmp_path, count=6, scored=3)
    assert len(score_songs([pairs], "train")) == 3
    expected = "train: 2 of 5 songs lack beats and a drum score: left out"
    assert expected in "".join(capsys.readouterr())
    with pytest.raises(UserError, match="beats and a drum score"):
        score_songs([pairs], "valid")


def test_the_soft_similarity_of_certain_strokes_is_the_similarity_of_their_patterns() -> None:
    real, played = drums(1), drums(2)
    grids = [to_grid(strokes, beats()[:-1]).velocities > 0 for strokes in (played, real)]
    logits = torch.from_numpy(np.where(grids[0], 12.0, -12.0))[None]
    positions = torch.from_numpy(beats()[:-1, 1].astype(int) - 1)[None]
    mask = torch.ones(1, len(positions[0]), dtype=torch.bool)
    strokes = torch.from_numpy(grids[1].astype(np.float64))[None]
    soft = float(soft_similarity(logits, strokes, positions, mask))
    bars = [bar_patterns(score, beats(), 12) for score in (played, real)]
    assert soft == pytest.approx(float(pattern_similarity(*bars).mean()), abs=0.12)
    same = soft_similarity(30 * (strokes - 0.5), strokes, positions, mask)
    assert 0.9 < float(same) < 1.05


def test_changes_keep_the_shape_and_do_not_touch_their_input() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(32, 6, 16)).astype(np.float32)
    before = features.copy()
    changes = [changed_features(features, np.random.default_rng(seed)) for seed in range(20)]
    np.testing.assert_array_equal(features, before)
    assert all(change.shape == features.shape for change in changes)
    assert any((change == 0).mean() > 0 or np.abs(change).max() > 3 for change in changes)
    strokes = (random.random((200, 6, 8)) < 0.3).astype(np.float32)
    kept = [with_errors(strokes, np.random.default_rng(seed)) for seed in range(20)]
    assert any(not take.any() for take in kept)
    shares = [take[strokes > 0].mean() for take in kept if take.any()]
    assert 0.85 < float(np.mean(shares)) < 0.95
