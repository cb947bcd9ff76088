"""The transcriber learns four synthetic pieces from scores; its examples and their changes."""

from pathlib import Path

import numpy as np
import pytest

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.transcriber import load_transcriber
from jukedrummer.config import OptimConfig, TranscriberConfig, changed
from jukedrummer.errors import UserError
from jukedrummer.evaluation.transcription import count_hits
from jukedrummer.model.drum_score import Strokes, write_strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.transcriber import recording_mel
from jukedrummer.training.changed_drums import (
    changed_drums,
    patch_codebook,
    quantised_drums,
    reverberated,
    shifted_bands,
)
from jukedrummer.training.transcriber import (
    THRESHOLDS,
    TranscriberNetwork,
    TranscriberTask,
    best_thresholds,
    fit_transcriber,
)
from jukedrummer.training.transcriber_data import StoredMels, scored_songs, stroke_targets
from tests.tiny import pair, write_pairs_table
from tests.training.synthetic import interrupted, read_history

RATE = 44_100
SECONDS = 6.0
OPTIM = OptimConfig(
    steps=70, batch_size=8, learning_rate=1e-2, warmup=4, validate_every=35, save_every=35
)
TRANSCRIBER = TranscriberConfig(channels=4, width=32, hidden=16, crop_seconds=1.0, optim=OPTIM)
# Hertz and decay of the tones that stand for four pieces.
TONES = {"kick": (70.0, 20.0), "snare": (900.0, 30.0), "closed_hat": (9_000.0, 80.0)}
TONES |= {"crash": (5_000.0, 6.0)}


def score(seed: int) -> Strokes:
    """Random strokes of the four pieces, on a grid of 50 ms that is a little off."""
    random = np.random.default_rng(seed)
    pieces = [PIECES.index(name) for name in TONES]
    chosen = random.uniform(size=(len(pieces), 110)) < np.array([[0.15], [0.1], [0.2], [0.02]])
    piece, place = np.nonzero(chosen)
    times = 0.1 + 0.05 * place + random.uniform(0, 0.01, len(place))
    return Strokes.sorted(times, np.array(pieces)[piece], random.uniform(0.3, 1, len(place)))


def played(strokes: Strokes) -> np.ndarray:
    """The strokes as decaying tones, (N,) float32."""
    audio = np.zeros(round(SECONDS * RATE), np.float32)
    t = np.arange(RATE) / RATE
    rows = zip(strokes.times, strokes.pieces, strokes.velocities, strict=True)
    for time, piece, velocity in rows:
        hertz, decay = TONES[PIECES[piece]]
        tone = 0.2 * velocity * np.sin(2 * np.pi * hertz * t) * np.exp(-decay * t)
        start = round(time * RATE)
        audio[start : start + RATE] += tone[: len(audio) - start].astype(np.float32)
    return audio


def write_scored(folder: Path, scored: int = 6) -> Path:
    """Pairs of six songs, two for validation. `scored` of them have a drum score."""
    songs = []
    for number in range(6):
        name, split = f"song_{number}", "valid" if number % 3 == 2 else "train"
        write_audio(folder / "pairs" / name / "drums.flac", played(score(number)))
        write_strokes(folder / f"{name}.tsv", score(number))
        file = folder / f"{name}.tsv" if number < scored else None
        songs.append(pair(name, split, SECONDS, score=file))
    return write_pairs_table(folder / "pairs", *songs)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scored(tmp_path_factory.mktemp("scored"))


def test_it_learns_four_pieces_and_transcribes_from_its_folder(
    corpus: Path, tmp_path: Path
) -> None:
    info = fit_transcriber([corpus], tmp_path, transcriber=TRANSCRIBER)
    history = read_history(tmp_path)
    assert history["valid_loss"][-1] < 0.5 * history["train_loss"][0]
    assert {"f1_kick", "f1_snare", "f1_closed_hat", "f1_crash"} < set(info.metrics)
    assert "f1_ride" not in info.metrics
    assert not list(tmp_path.glob("*.features"))
    transcriber, real = load_transcriber(tmp_path, "cpu"), score(99)
    strokes = transcriber.transcribe(0.1 * played(real))
    names = ("kick", "snare", "closed_hat")
    hits = sum(count_hits(real.of(name), strokes.of(name)) for name in names)
    assert 2 * hits > 0.8 * (len(real.of(*names)) + len(strokes.of(*names)))
    thresholds = transcriber.network.thresholds.numpy()
    assert np.abs(thresholds[:, None] - THRESHOLDS).min(axis=1).max() < 1e-6


def test_a_killed_and_resumed_training_ends_in_the_same_bits(corpus: Path, tmp_path: Path) -> None:
    quick = changed(OPTIM, steps=6, batch_size=2, validate_every=3, save_every=2)
    config = changed(TRANSCRIBER, optim=quick)
    fit_transcriber([corpus], tmp_path / "whole", transcriber=config)
    with interrupted(TranscriberTask, 5):
        fit_transcriber([corpus], tmp_path / "killed", transcriber=config)
    fit_transcriber([corpus], tmp_path / "killed", transcriber=config)
    whole, killed = (
        (tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "killed")
    )
    assert whole == killed


def test_songs_without_a_score_are_left_out_and_all_of_them_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = write_scored(tmp_path, scored=3)
    assert [song.folder.name for song in scored_songs([pairs], "train")] == ["song_0", "song_1"]
    assert "train: 2 of 4 songs lack a drum score: left out" in "".join(capsys.readouterr())
    with pytest.raises(UserError, match="none of its 4 songs of split train has a drum score"):
        scored_songs([write_scored(tmp_path / "none", scored=0)], "train")


def test_scores_without_a_stroke_are_an_error(tmp_path: Path) -> None:
    pairs = write_scored(tmp_path)
    for number in range(6):
        write_strokes(tmp_path / f"song_{number}.tsv", Strokes.sorted(*np.zeros((3, 0))))
    with pytest.raises(UserError, match="the drum scores of split train have no strokes"):
        scored_songs([pairs], "train")


def test_batches_depend_on_seed_and_step_only(corpus: Path, tmp_path: Path) -> None:
    stores = [
        StoredMels(tmp_path / f"{split}.mels", scored_songs([corpus], split))
        for split in ("train", "valid")
    ]
    task = TranscriberTask(TranscriberNetwork(TRANSCRIBER), TRANSCRIBER, *stores)
    whole, again = task.batch(3, slice(None)), task.batch(3, slice(None))
    halves = [task.batch(3, slice(rank, None, 2)) for rank in (0, 1)]
    for place, value in enumerate(whole):
        assert (value == again[place]).all()
        assert (value[0::2] == halves[0][place]).all()
        assert (value[1::2] == halves[1][place]).all()
    assert (task.batch(4, slice(None))[0] != whole[0]).any()
    # Half of the crops have a stroke of a piece that is drawn, also of the rare crash.
    crash = np.mean([task.batch(step, slice(None))[1][..., 7].amax(1).mean() for step in range(9)])
    assert crash > 0.2


def test_crops_are_those_of_the_audio_and_silent_outside(corpus: Path, tmp_path: Path) -> None:
    songs = scored_songs([corpus], "train")
    stored = StoredMels(tmp_path / "a.mels", songs)
    mel = recording_mel(played(songs[1].strokes)).numpy()
    np.testing.assert_allclose(stored.crop(1, 50, 100), mel[:, 50:150], atol=1e-2)
    before, after = stored.crop(1, -20, 60), stored.crop(1, 580, 60)
    np.testing.assert_allclose(before[:, 20:], mel[:, :40], atol=1e-2)
    assert (before[:, :20] == -5).all()
    assert (after[:, 20:] == -5).all()
    assert (stored.crop(1, 700, 10) == -5).all()


def test_targets_are_triangles_with_the_velocity_of_their_stroke() -> None:
    strokes = Strokes(np.array([0.105, 0.13, 0.2]), np.array([0, 0, 3]), np.array([0.5, 0.8, 1.0]))
    onsets, velocities = stroke_targets(strokes, 0, 40)
    np.testing.assert_allclose(onsets[8:15, 0], [0, 0.5, 1, 0.5, 0.75, 0.75, 0.25], atol=1e-6)
    np.testing.assert_allclose(velocities[9:15, 0], [0.5, 0.5, 0.5, 0.8, 0.8, 0.8])
    assert onsets[:, 3].argmax() in (19, 20)
    cut, _ = stroke_targets(strokes, 12, 5)
    np.testing.assert_allclose(cut, onsets[12:17])


def test_thresholds_are_in_the_middle_of_the_best() -> None:
    f1 = np.zeros((5, 3))
    f1[:, 0] = [0.2, 0.9, 0.905, 0.9, 0.1]
    f1[:, 1] = np.nan
    f1[:, 2] = [0, 0, 0, 0.3, 0.8]
    assert best_thresholds(f1, np.array([9, 0, 9])).tolist() == [2, 2, 4]


def test_changes_keep_the_strokes_in_place() -> None:
    mel = recording_mel(played(score(0))).numpy()
    rises = np.maximum(np.diff(mel, axis=1), 0).sum(0)
    similar = []
    for seed in range(20):
        other_mel = changed_drums(mel, np.random.default_rng(seed))
        assert other_mel.shape == mel.shape
        assert other_mel.dtype == np.float32
        assert other_mel.min() >= -5
        other = np.maximum(np.diff(other_mel, axis=1), 0).sum(0)
        similar.append(np.corrcoef(rises, other)[0, 1])
    assert np.mean(similar) > 0.6


def test_shifted_bands_and_reverberation() -> None:
    mel = np.full((80, 50), -4.0, np.float32)
    mel[20, 10] = 0.0
    moved = shifted_bands(mel, 2.0)
    assert moved[22, 10] == pytest.approx(0)
    assert moved[20, 10] == pytest.approx(-4)
    wet = reverberated(mel, 0.9, 0.1)
    assert wet[20, 10] == pytest.approx(0, abs=1e-3)
    # The tail's power falls by the decay from frame to frame.
    assert wet[20, 20] - wet[20, 11] == pytest.approx(4.5 * np.log10(0.9), abs=1e-3)
    assert wet[21, 20] == pytest.approx(-4, abs=0.3)


def test_quantised_drums_have_patches_of_the_codebook_only() -> None:
    mel = recording_mel(played(score(0))).numpy()[:, :101]
    patches = np.random.default_rng(0).normal(-2, 1, (500, 160))
    codebook = patch_codebook(patches, 12, 0)
    assert codebook.shape == (12, 160)
    np.testing.assert_array_equal(codebook, patch_codebook(patches, 12, 0))
    for first in (0, 1):
        quantised = quantised_drums(mel, codebook, first)
        assert quantised.shape == mel.shape
        for frame in range(2 - first, 90, 2):  # slow reference
            patch = mel[:, frame : frame + 2].T.reshape(-1)
            nearest = codebook[((codebook - patch) ** 2).sum(1).argmin()]
            np.testing.assert_array_equal(quantised[:, frame : frame + 2].T.reshape(-1), nearest)
    own = patch_codebook(mel[:, :100].T.reshape(-1, 160), 10**6, 0)
    np.testing.assert_allclose(quantised_drums(mel[:, :100], own, 0), mel[:, :100], atol=1e-5)
