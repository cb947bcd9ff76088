"""The drum-aware tracker: audio to beats by the network's path for the content; bad networks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.audio.io import resample
from jukedrummer.beats import network_tracker
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.tracker import CLASSES
from jukedrummer.beats.trackers.drum_aware import DrumAwareConfig, DrumAwareTracker
from jukedrummer.config import TrackerConfig, changed, plain
from jukedrummer.errors import UserError
from jukedrummer.model.build import build
from jukedrummer.model.lm import ListeningLMConfig
from jukedrummer.storage.weights import ModelInfo, save_model
from tests.beats.helpers import assert_same, click_song

RATE = 44_100
BEATS = DrumAwareConfig()
SMALL = TrackerConfig(hidden=4, layers=1, second_stage=5, unmix_hidden=8, unmix_layers=1)
INFO = ModelInfo(
    kind="tracker",
    config=plain(SMALL),
    mel={},
    sizes={"none": 0, "downbeat": 1, "beat": 2},
    step=7,
    metrics={},
    data_sha256="0123456789",
)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build(INFO).eval()


@pytest.fixture(scope="module")
def tracker(network):
    return make_tracker(BEATS, network=(network, INFO))


@pytest.mark.parametrize("content", ["drumless", "drums", "mix"])
def test_activations_are_those_of_the_path_for_the_content_in_the_order_of_the_classes(
    network, content
):
    tracker = DrumAwareTracker(BEATS, (network, INFO), content=content)
    tracked = tracker.track(click_song(3), RATE)
    features = tracker.features(torch.from_numpy(click_song(3)))[None]
    with torch.inference_mode():
        embedding, logits = (value[0].numpy() for value in network.analyse(features, content))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for column, name in enumerate(CLASSES):
        np.testing.assert_allclose(
            tracked.activations[:, column], expected[:, INFO.sizes[name]], atol=1e-5
        )
    np.testing.assert_allclose(tracked.embeddings[:, :8], embedding, atol=1e-5)
    assert tracked.embeddings.shape == (300, 50)
    assert (tracked.embeddings[:, 8:] == 0).all()


def test_the_paths_differ(network):
    activations = [
        DrumAwareTracker(BEATS, (network, INFO), content=content)
        .track(click_song(2), RATE)
        .activations
        for content in ("drumless", "drums", "mix")
    ]
    assert not np.allclose(activations[0], activations[1])
    assert not np.allclose(activations[0], activations[2])


def test_finds_the_beats_that_its_network_is_sure_of(network, tracker, monkeypatch):
    """Activations on a grid of 120 beats a minute, in their network's order of classes."""

    def certain(features, content):
        logits = torch.zeros(1, features.shape[1], 3)
        logits[..., INFO.sizes["none"]] = 4
        logits[:, ::50, INFO.sizes["beat"]] = 8
        logits[:, ::200] = torch.tensor([0.0, 8.0, 0.0])  # downbeats
        return torch.zeros(1, features.shape[1], 8), logits

    monkeypatch.setattr(network, "analyse", certain)
    beats = tracker.track(np.zeros(10 * RATE, np.float32), RATE).beats
    np.testing.assert_allclose(np.diff(beats[:, 0]), 0.5, atol=0.011)
    np.testing.assert_allclose(beats[beats[:, 1] == 1, 0] % 2, 0, atol=0.011)


def test_many_equal_one_by_one_also_without_a_frame(tracker):
    songs = [click_song(4, 100), np.zeros(0, np.float32), click_song(2, 90)]
    for many, one in zip(tracker.track_many(songs, RATE), songs, strict=True):
        assert_same(many, tracker.track(one, RATE))
    assert tracker.track(songs[1], RATE).beats.shape == (0, 2)


@pytest.mark.parametrize("rate", [RATE, 22_050])
def test_a_song_longer_than_a_batch_has_the_same_frames(tracker, monkeypatch, rate):
    audio = resample(click_song(7), RATE, rate)
    expected = tracker.track(audio, rate)
    monkeypatch.setattr(network_tracker, "BATCH_FRAMES", 200)
    monkeypatch.setattr(network_tracker, "PIECE_SECONDS", 2)
    monkeypatch.setattr(tracker, "activations", None)  # of short songs
    assert_same(tracker.track(audio, rate), expected)


def test_the_network_comes_from_the_folder_that_the_config_names(network, tracker, tmp_path: Path):
    save_model(tmp_path, network, INFO)
    loaded = make_tracker(changed(BEATS, weights=str(tmp_path)))
    assert_same(loaded.track(click_song(3), RATE), tracker.track(click_song(3), RATE))
    assert (loaded.name, loaded.version) == ("drum_aware", "drum_aware, step 7, data 01234567")


def test_missing_and_foreign_networks_are_errors(network, tmp_path: Path):
    with pytest.raises(
        UserError, match=r"beats\.tracker is drum_aware, which needs a trained network"
    ):
        make_tracker(BEATS)
    with pytest.raises(UserError, match=r"nowhere/model\.json"):
        make_tracker(changed(BEATS, weights=str(tmp_path / "nowhere")))
    save_model(tmp_path, network, replace(INFO, kind="lm", config=plain(ListeningLMConfig())))
    with pytest.raises(UserError, match="holds a lm, expected a tracker"):
        make_tracker(changed(BEATS, weights=str(tmp_path)))
    wide = replace(INFO, config={**INFO.config, "hidden": 26})
    with pytest.raises(UserError, match=r"tracker\.hidden is 26; the limits are 2 to 25"):
        make_tracker(BEATS, network=(build(wide), wide))


def test_activations_are_smoothed_only_for_networks_trained_here(network):
    activations = np.zeros((9, 3), np.float32)
    activations[4, 1] = 0.9
    expected = np.full((9, 3), 0.005)
    expected[2:7, 1] = [0.1, 0.2, 0.3, 0.2, 0.1]
    trained = replace(INFO, sizes={**INFO.sizes, "smoothing": 2})
    here, imported = (DrumAwareTracker(BEATS, (network, info)) for info in (trained, INFO))
    np.testing.assert_allclose(here.observations(activations), expected, atol=1e-6)
    np.testing.assert_array_equal(imported.observations(activations), activations)


def test_a_slow_song_with_sharp_activations_is_not_tracked_at_twice_its_tempo(network):
    activations = np.tile(np.array([[1 - 2e-5, 1e-5, 1e-5]], np.float32), (3_000, 1))
    activations[::80] = [0.2, 0.79, 0.01]
    activations[::320] = [0.2, 0.01, 0.79]
    trained = replace(INFO, sizes={**INFO.sizes, "smoothing": 2})
    tracker = DrumAwareTracker(BEATS, (network, trained))
    beats = tracker.decode(np.zeros((3_000, 50), np.float32), activations).beats
    assert np.median(np.diff(beats[:, 0])) == pytest.approx(0.8, abs=0.011)
