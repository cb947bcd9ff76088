"""The features equal madmom's."""

import numpy as np
import pytest
import torch

from jukedrummer.beats import downbeat_features
from jukedrummer.beats.downbeat_features import DownbeatFeatures, frame_count
from jukedrummer.model.drum_aware import FEATURE_WIDTH


@pytest.fixture(scope="module")
def extract():
    module = DownbeatFeatures()
    return lambda audio: module(torch.from_numpy(audio)).numpy()


@pytest.mark.parametrize(
    "samples", [1, 2, 440, 441, 442, 511, 882, 2_047, 4_096, 5_000, 44_100, 100_003]
)
def test_equals_madmom(extract, original, song, samples):
    audio = song[:samples] if samples < 50_000 else np.resize(song, samples)
    expected = original.features(audio)
    actual = extract(audio)
    assert actual.shape == expected.shape == (frame_count(samples), FEATURE_WIDTH)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


@pytest.mark.parametrize("level", [0.0, 1e-4, 1.0])
def test_equals_madmom_at_every_level(extract, original, level):
    noise = level * np.random.default_rng(1).uniform(-1, 1, 30_000).astype(np.float32)
    np.testing.assert_allclose(extract(noise), original.features(noise), atol=1e-5)


def test_does_not_depend_on_the_chunks(extract, song, monkeypatch):
    expected = extract(song)
    monkeypatch.setattr(downbeat_features, "FEATURE_CHUNK", 37)
    np.testing.assert_allclose(extract(song), expected, atol=1e-6)


def test_no_samples_have_no_frames(extract):
    assert extract(np.zeros(0, dtype=np.float32)).shape == (0, FEATURE_WIDTH)
