"""Bundles whose beat tracker was trained: it is in the bundle, and plays with it wherever that lies."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.trackers.drum_aware import DrumAwareTracker
from jukedrummer.config import BeatsConfig, GenerateConfig, TrackerConfig, plain
from jukedrummer.errors import UserError
from jukedrummer.songs import beats as listen
from jukedrummer.songs.drummer import Drummer
from jukedrummer.stages.bundle import describe_bundle
from jukedrummer.storage.files import write_json
from jukedrummer.storage.weights import ModelInfo, build, save_model, save_weights
from tests import tiny

BEATS = BeatsConfig(tracker="drum_aware")
TRACKER = ModelInfo(
    kind="tracker",
    config=plain(TrackerConfig(hidden=4, layers=1, second_stage=4, unmix_hidden=8, unmix_layers=1)),
    mel={},
    sizes={"none": 0, "beat": 1, "downbeat": 2},
    step=3,
    metrics={},
    data_sha256="none",
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tiny.write_bundle(tmp_path / "bundle")
    save_weights(folder / "tracker.safetensors", build(TRACKER))
    infos = tiny.infos() | {"tracker": TRACKER}
    write_json(folder / "drummer.json", describe_bundle(folder, infos, BEATS, GenerateConfig()))
    return folder


def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, 2 * 44_100).astype(np.float32)


def test_it_listens_with_its_own_tracker_wherever_it_lies(bundle: Path, tmp_path: Path) -> None:
    drummer = Drummer.load(bundle)
    assert isinstance(drummer.tracker, DrumAwareTracker)
    moved = Drummer.load(shutil.move(bundle, tmp_path / "elsewhere"))
    low, again = (each.listen(noise()).conditions.low for each in (drummer, moved))
    assert low[..., :8].abs().sum() > 0
    assert (low == again).all()
    assert drummer.model_sha256 == moved.model_sha256


def test_the_command_beats_hears_what_accompany_would(bundle: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", np.tile(noise(), 4), 44_100)
    said = listen.beats(tmp_path / "song.wav", tmp_path / "out", {}, model=bundle)
    assert said.endswith("(drum_aware)")
    expected = Drummer.load(bundle).listen(read_audio(tmp_path / "song.wav")).beats
    np.testing.assert_allclose(read_beats(tmp_path / "out" / "beats.tsv"), expected, atol=1e-6)
    said = listen.beats(
        tmp_path / "song.wav", tmp_path / "out", {"tracker": "madmom"}, model=bundle
    )
    assert said.endswith("(madmom)")


def test_another_tracker_than_the_bundles_has_settings_of_its_own(bundle: Path) -> None:
    beats = replace(BEATS, threshold=0.65, min_bpm=80.0)
    write_json(
        bundle / "drummer.json",
        describe_bundle(bundle, tiny.infos() | {"tracker": TRACKER}, beats, GenerateConfig()),
    )
    assert listen._tracker({"max_bpm": 150.0}, "cpu", bundle).decoder.threshold == 0.65
    other = listen._tracker({"tracker": "madmom", "networks": 1}, "cpu", bundle)
    assert other.decoder.threshold == BeatsConfig.threshold


def test_models_just_trained_take_it_from_its_folder(bundle: Path, tmp_path: Path) -> None:
    folders = tiny.write_models(tmp_path)
    network = Drummer.load(bundle).models["tracker"]
    save_model(tmp_path / "tracker", network, TRACKER)
    config = replace(BEATS, weights=str(tmp_path / "tracker"))
    drummer = Drummer.from_folders(folders, config, GenerateConfig())
    expected = Drummer.load(bundle).tracker.track(noise(), 44_100).activations
    np.testing.assert_array_equal(drummer.tracker.track(noise(), 44_100).activations, expected)


def test_a_bundle_without_it_says_so(bundle: Path) -> None:
    (bundle / "tracker.safetensors").unlink()
    with pytest.raises(UserError, match=r"tracker\.safetensors: is missing; copy the whole bundle"):
        Drummer.load(bundle)
    description = describe_bundle(tiny.write_bundle(bundle), tiny.infos(), BEATS, GenerateConfig())
    write_json(bundle / "drummer.json", description)
    with pytest.raises(UserError, match="does not describe the model 'tracker'"):
        Drummer.load(bundle)
