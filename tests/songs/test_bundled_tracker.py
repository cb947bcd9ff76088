"""Bundles with a trained beat tracker: the bundle contains it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.trackers.drum_aware import DrumAwareTracker
from jukedrummer.beats.trackers.madmom import MadmomConfig
from jukedrummer.config import GenerateConfig, changed
from jukedrummer.errors import UserError
from jukedrummer.songs.beats import beats, choose_tracker
from jukedrummer.songs.bundle import describe_bundle
from jukedrummer.songs.drummer import Drummer
from jukedrummer.storage.files import write_json
from jukedrummer.storage.weights import save_model
from tests import tiny
from tests.songs.helpers import DRUM_AWARE, TRACKER, noise, write_tracker_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_tracker_bundle(tmp_path / "bundle")


def test_a_moved_bundle_uses_its_own_tracker(bundle: Path, tmp_path: Path) -> None:
    drummer = Drummer.load(bundle)
    assert isinstance(drummer.tracker, DrumAwareTracker)
    moved = Drummer.load(shutil.move(bundle, tmp_path / "elsewhere"))
    low, again = (each.encode(noise()).conditions.beats["low"] for each in (drummer, moved))
    assert low[..., :8].abs().sum() > 0
    assert (low == again).all()
    assert drummer.model_sha256 == moved.model_sha256


def test_the_command_beats_finds_the_beats_that_accompany_follows(
    bundle: Path, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "song.wav", np.tile(noise(), 4), 44_100)
    line = beats(tmp_path / "song.wav", tmp_path / "out", model=bundle)
    assert line.endswith("(drum_aware)")
    expected = Drummer.load(bundle).encode(read_audio(tmp_path / "song.wav")).beats
    np.testing.assert_allclose(read_beats(tmp_path / "out" / "beats.tsv"), expected, atol=1e-6)
    line = beats(tmp_path / "song.wav", tmp_path / "other", model=bundle, tracker="madmom")
    assert line.endswith("(madmom)")


def test_another_tracker_than_the_bundles_has_settings_of_its_own(tmp_path: Path) -> None:
    own = changed(DRUM_AWARE, threshold=0.65, min_bpm=80.0)
    bundle = write_tracker_bundle(tmp_path / "bundle", own)
    tracker = choose_tracker({"max_bpm": 150.0}, "cpu", bundle)
    assert tracker.decoder.threshold == 0.65
    other = choose_tracker({"tracker": "madmom", "networks": 1}, "cpu", bundle)
    assert other.decoder.threshold == MadmomConfig().threshold


def test_models_just_trained_take_it_from_its_folder(bundle: Path, tmp_path: Path) -> None:
    folders = tiny.write_models(tmp_path)
    network = Drummer.load(bundle).models["tracker"]
    save_model(tmp_path / "tracker", network, TRACKER)
    config = changed(DRUM_AWARE, weights=str(tmp_path / "tracker"))
    drummer = Drummer.from_folders(folders, config, GenerateConfig())
    expected = Drummer.load(bundle).tracker.track(noise(), 44_100).activations
    np.testing.assert_array_equal(drummer.tracker.track(noise(), 44_100).activations, expected)


def test_a_bundle_without_it_says_so(bundle: Path) -> None:
    (bundle / "tracker.safetensors").unlink()
    with pytest.raises(UserError, match=r"tracker\.safetensors: is missing; copy the whole bundle"):
        Drummer.load(bundle)
    description = describe_bundle(
        tiny.write_bundle(bundle), tiny.infos(), DRUM_AWARE, GenerateConfig()
    )
    write_json(bundle / "drummer.json", description)
    with pytest.raises(UserError, match="does not describe the model 'tracker'"):
        Drummer.load(bundle)
