"""The tracker learns the beat of clicks from annotated songs, and removes its features."""

from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.downbeat_features import DownbeatFeatures
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.tracker import CLASSES
from jukedrummer.beats.trackers.convolutional import ConvolutionalConfig
from jukedrummer.beats.trackers.drum_aware import DrumAwareConfig
from jukedrummer.config import OptimConfig, TrackerConfig, changed
from jukedrummer.errors import UserError
from jukedrummer.training.tracker import fit_tracker
from jukedrummer.training.tracker_data import StoredBands, annotated_songs, louder, targets
from tests.tiny import pair, write_pairs_table
from tests.training.synthetic import read_history

RATE = 44_100
SECONDS = 4.0
OPTIM = OptimConfig(
    steps=80, batch_size=8, learning_rate=2e-2, warmup=4, validate_every=40, save_every=40
)
TRACKER = TrackerConfig(
    hidden=8,
    layers=1,
    second_stage=8,
    unmix_hidden=8,
    unmix_layers=1,
    crop_seconds=1.0,
    optim=OPTIM,
)


def tones(beats: np.ndarray, hertz: float) -> np.ndarray:
    """A decaying tone on each beat, (N,) float32."""
    t = np.arange(round(SECONDS * RATE)) / RATE
    since = t[:, None] - beats[None]
    decay = (np.exp(-30 * since) * (since >= 0)).sum(1)
    result: np.ndarray = (0.3 * np.sin(2 * np.pi * hertz * t) * decay).astype("f4")
    return result


def write_corpus(folder: Path, annotated: int = 6) -> Path:
    """Pairs of six songs, two for validation. `annotated` of them have beats."""
    songs = []
    for number in range(6):
        name, split = f"song_{number}", "valid" if number % 3 == 2 else "train"
        beats = np.arange(0.2 + 0.05 * number, SECONDS, 0.4 + 0.02 * number)
        for part, hertz in (("drumless", 400.0), ("drums", 90.0)):
            write_audio(folder / "pairs" / name / f"{part}.flac", tones(beats, hertz))
        write_beats(
            folder / f"{name}.tsv", np.stack([beats, np.arange(len(beats)) % 4 + 1], axis=1)
        )
        file = folder / f"{name}.tsv" if number < annotated else None
        songs.append(pair(name, split, SECONDS, beats=file))
    return write_pairs_table(folder / "pairs", *songs)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.mark.parametrize("kind", ["drum_aware", "blstm"])
def test_it_learns_and_tracks_from_its_folder(corpus: Path, tmp_path: Path, kind: str) -> None:
    """Activations are high on the clicks of a song outside the training set, and low between."""
    info = fit_tracker([corpus], tmp_path, tracker=changed(TRACKER, kind=kind))
    history = read_history(tmp_path)
    assert history["valid_loss"][-1] < 0.6 * history["train_loss"][0]
    assert 0 <= info.metrics["drumless_beat_f1"] <= 1
    assert info.sizes == {**{name: column for column, name in enumerate(CLASSES)}, "smoothing": 2}
    assert not list(tmp_path.glob("*.features"))
    tracker = make_tracker(DrumAwareConfig(weights=str(tmp_path)))
    activations = tracker.track(tones(np.arange(0.3, SECONDS, 0.5), 400.0), RATE).activations
    assert activations is not None
    active = activations[:, 1:].sum(axis=1)
    on = np.arange(30, 400, 50)
    assert active[on].mean() > 3 * active[on[:-1] + 25].mean()


def test_convolutions_learn_and_track_from_their_folder(corpus: Path, tmp_path: Path) -> None:
    config = changed(TRACKER, kind="convolutional", channels=8, dilated_layers=3)
    info = fit_tracker([corpus], tmp_path, tracker=config)
    history = read_history(tmp_path)
    assert history["valid_loss"][-1] < 0.8 * history["train_loss"][0]
    assert 0 <= info.metrics["drumless_beat_f1"] <= 1
    tracker = make_tracker(ConvolutionalConfig(weights=str(tmp_path)))
    activations = tracker.track(tones(np.arange(0.3, SECONDS, 0.5), 400.0), RATE).activations
    assert activations is not None
    active = activations[:, 1:].sum(axis=1)
    on = np.arange(30, 400, 50)
    assert active[on].mean() > 2 * active[on[:-1] + 25].mean()


def test_songs_without_beats_are_left_out_and_all_of_them_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = write_corpus(tmp_path, annotated=3)
    assert [song.folder.name for song in annotated_songs([pairs], "train")] == [
        "song_0",
        "song_1",
    ]
    assert "train: 2 of 4 songs lack annotated beats: left out" in "".join(capsys.readouterr())
    pairs = write_corpus(tmp_path / "none", annotated=0)
    with pytest.raises(UserError, match="none of its 4 songs of split train has annotated beats"):
        fit_tracker([pairs], tmp_path / "out", tracker=TRACKER)


def test_a_network_whose_embedding_no_model_can_use_is_rejected_before_it_is_trained() -> None:
    with pytest.raises(UserError, match=r"hidden is 30; the limits are 2 to 25"):
        changed(TRACKER, hidden=30)


def test_stored_bands_are_those_of_the_audio(corpus: Path, tmp_path: Path) -> None:
    songs = annotated_songs([corpus], "train")
    stored = StoredBands(tmp_path / "a.bands", songs)
    bands, target = stored.crop(1, 20, 300)
    beats = songs[1].beats
    expected = DownbeatFeatures().bands(torch.from_numpy(tones(beats[:, 0], 400.0)))[20:320]
    np.testing.assert_allclose(bands[1], expected, atol=2e-3)
    np.testing.assert_array_equal(target, targets(beats, 20, 300))
    again = StoredBands(tmp_path / "a.bands", songs)
    np.testing.assert_array_equal(again.crop(1, 20, 300)[0], bands)


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25])
def test_crops_at_another_speed_keep_bands_and_beats_together(
    corpus: Path, tmp_path: Path, speed: float
) -> None:
    songs = annotated_songs([corpus], "train")
    stored = StoredBands(tmp_path / "a.bands", songs)
    for start in (0.0, 33.3):
        bands, target = stored.crop(2, start, 200, speed)
        whole = stored.crop(2, 0, songs[2].frames)[0]
        for frame in (0, 77, 199):  # slow reference
            at = start + frame * speed
            share = at - int(at)
            expected = whole[:, int(at)] * (1 - share) + whole[:, int(at) + 1] * share
            np.testing.assert_allclose(bands[:, frame], expected, atol=1e-5)
        frames = np.flatnonzero(target[:, 0] == 0)
        real = (songs[2].beats[:, 0] * 100 - start) / speed
        np.testing.assert_allclose(frames, real[(real > -0.5) & (real < 199.5)], atol=0.51)


def test_a_crop_beyond_the_end_is_silence_without_beats(corpus: Path, tmp_path: Path) -> None:
    songs = annotated_songs([corpus], "train")
    bands, target = StoredBands(tmp_path / "a.bands", songs).crop(0, 0, 600)
    assert (bands[:, 400:] == 0).all()
    assert (target[402:] == [1, 0, 0]).all()


def test_targets_are_widened_and_add_up_to_one() -> None:
    beats = np.array([[0.0, 1], [0.1, 2], [0.12, 3], [0.3, 1], [0.401, 2]])
    target = targets(beats, 0, 35)
    expected = np.zeros((35, 3))
    expected[[0, 1], 2] = 1, 0.5
    expected[[9, 10, 11, 12, 13], 1] = 0.5, 1, 0.5, 1, 0.5
    expected[[29, 30, 31], 2] = 0.5, 1, 0.5
    expected[:, 0] = 1 - expected.sum(1)
    np.testing.assert_array_equal(target, expected)
    assert (targets(np.empty((0, 2)), 0, 4) == [1, 0, 0]).all()


@pytest.mark.parametrize("decibel", [-10.0, 6.0])
def test_louder_bands_are_those_of_the_louder_audio(decibel: float) -> None:
    audio = torch.from_numpy(tones(np.arange(0.3, SECONDS, 0.5), 400.0))
    features = DownbeatFeatures()
    expected = features.bands(audio * 10 ** (decibel / 20))
    np.testing.assert_allclose(louder(features.bands(audio).numpy(), decibel), expected, atol=1e-4)
