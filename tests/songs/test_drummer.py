"""The drummer end to end, with tiny random models: any length, rate and level of recordings."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.audio.io import resample
from jukedrummer.beats.annotations import regular_beats
from jukedrummer.config import GenerateConfig
from jukedrummer.errors import UserError
from jukedrummer.model.build import build
from jukedrummer.songs.bundle import MODELS
from jukedrummer.songs.drummer import Drummer
from jukedrummer.songs.recording import fill_empty_bands, mel_of_codes
from tests import tiny
from tests.conftest import pulses
from tests.songs.helpers import noise

RATE = 44_100


@pytest.fixture(scope="module")
def drummer(bundle: Path) -> Drummer:
    return Drummer.load(bundle)


@pytest.mark.parametrize(
    ("seconds", "rate", "channels"),
    [(1.0, 44_100, 1), (3.3, 8_000, 2), (2.0, 48_000, 1), (7.0, 44_100, 2)],
)
def test_any_length_rate_and_channels(
    drummer: Drummer, seconds: float, rate: int, channels: int
) -> None:
    audio = pulses(seconds, rate)
    audio = np.stack([audio] * channels, axis=1) if channels > 1 else audio
    played = drummer.accompany(audio, rate)
    assert played.drums.shape == (len(audio),)
    assert played.mix.shape == (len(audio), channels)
    assert played.sample_rate == rate
    assert np.abs(played.drums).max() <= 1
    assert np.abs(played.mix).max() <= 1 + 1e-6
    grid = 4 * 256
    assert len(played.codes) == -(-round(seconds * RATE) // grid)


def test_the_mix_is_the_recording_and_the_drums(drummer: Drummer) -> None:
    audio = pulses(3.0)
    played = drummer.accompany(audio, RATE)
    np.testing.assert_allclose(
        played.mix[:, 0], (audio + played.drums) * played.mix_gain, atol=1e-5
    )


def test_seeds_repeat_and_differ(drummer: Drummer) -> None:
    first, again, other = (
        drummer.accompany(pulses(4.0), RATE, GenerateConfig(seed=seed, top_p=1.0))
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first.drums, again.drums)
    assert not np.array_equal(first.codes, other.codes)


def test_the_beats_of_the_recording_are_found(drummer: Drummer) -> None:
    beats = drummer.accompany(pulses(8.0, bpm=120.0), RATE).beats
    assert np.median(np.diff(beats[:, 0])) == pytest.approx(0.5, abs=0.02)


def test_given_beats_are_followed_and_no_tracker_is_made(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a tracker was made")

    monkeypatch.setattr("jukedrummer.songs.drummer.make_tracker", refuse)
    drummer = Drummer.load(bundle)
    slow, fast = (regular_beats(bpm, 4, 0.25, 4.0) for bpm in (90, 180))
    played = drummer.accompany(pulses(4.0), RATE, beats=slow)
    assert np.array_equal(played.beats, slow)
    assert (played.confidence, played.tracker) == (1.0, "given")
    # The model receives them, because only they differ.
    conditions = [drummer.encode(pulses(4.0), beats).conditions for beats in (slow, fast)]
    first, second = (each.beats["high"] for each in conditions)
    assert not torch.equal(first, second)
    assert torch.equal(conditions[0].drumless_codes, conditions[1].drumless_codes)
    assert int((second > 0).sum()) == len(fast)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_beats_are_enough(drummer: Drummer, count: int) -> None:
    played = drummer.accompany(pulses(2.0), RATE, beats=regular_beats(120, 4, 0.0, 2.0)[:count])
    assert len(played.beats) == count
    assert np.isfinite(played.drums).all()
    assert played.confidence == (count > 0)


@pytest.mark.parametrize(
    ("beats", "reason"),
    [
        ([[1.0, 1], [0.5, 2]], "beats, beat 2: 0.5 s does not come after 1 s"),
        ([[2.5, 1]], "beats, beat 1: 2.5 s is beyond the song's end at 2 s"),
        ([[np.nan, 1]], "the time is nan"),
        ([0.5, 1.0], r"shape \(2,\), expected \(n, 2\)"),
    ],
)
def test_bad_beats_are_rejected(drummer: Drummer, beats: list, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        drummer.accompany(pulses(2.0), RATE, beats=np.array(beats))


def test_a_model_of_the_embedding_rejects_beats_without_one(bundle: Path) -> None:
    drummer = Drummer.load(bundle)
    info = drummer.infos["lm"]
    drummer.infos["lm"] = replace(info, config=info.config | {"beats": "low"})
    with pytest.raises(UserError, match=r"lm\.beats low.*given beats.*mid or high"):
        drummer.accompany(pulses(2.0), RATE, beats=regular_beats(120, 4, 0.0, 2.0))


def test_a_quiet_recording_gets_the_same_drums_as_quietly(bundle: Path) -> None:
    """The models receive the nearest level of their training data. Drums have the recording's."""
    drummer = Drummer.load(bundle)
    assert drummer.encode(pulses(4.0)).gain == 1.0
    drummer.infos["lm"] = replace(drummer.infos["lm"], level_db=(0.0, 0.1))
    loud, quiet = (drummer.accompany(scale * pulses(4.0), RATE) for scale in (0.09, 0.003))
    assert np.array_equal(loud.codes, quiet.codes)
    np.testing.assert_allclose(
        quiet.drums * 30, loud.drums, rtol=0.02, atol=0.02 * np.abs(loud.drums).max()
    )


def test_the_empty_bands_of_a_narrow_recording_get_the_training_mean(drummer: Drummer) -> None:
    """The empty bands of 8 kHz audio get the mean. Other bands and audio do not change."""
    mean, floor = drummer.models["drumless"].standardise.mean, tiny.MEL.floor
    narrow = mel_of_codes(resample(noise(3.0, 8_000), 8_000, RATE), tiny.MEL, tiny.FRAMES_PER_CODE)
    filled = fill_empty_bands(narrow, mean, floor)
    assert (filled[-20:] == mean[-20:]).all()
    assert (filled[:20] == narrow[:20]).all()
    full = mel_of_codes(noise(3.0), tiny.MEL, tiny.FRAMES_PER_CODE)
    assert (fill_empty_bands(full, mean, floor) == full).all()


@pytest.mark.parametrize("sample_rate", [0, -1, None, "44100"])
def test_bad_sample_rates(drummer: Drummer, sample_rate: object) -> None:
    with pytest.raises(UserError, match="sample rate is"):
        drummer.accompany(pulses(2.0), sample_rate)


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (np.zeros(RATE * 2), "silent"),
        (pulses(0.2), r"lasts 0\.20 s; at least 1 s"),
        (np.full(RATE * 2, np.nan), "NaN"),
        (np.zeros((2, 3, 4)), "shape"),
        ((pulses(2.0) * 32_767).astype(np.int16), r"int16; expected floats"),
    ],
)
def test_bad_audio(drummer: Drummer, audio: np.ndarray, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        drummer.accompany(audio, RATE)


def test_a_copied_bundle_plays_the_same(bundle: Path, drummer: Drummer, tmp_path: Path) -> None:
    copied = Drummer.load(shutil.copytree(bundle, tmp_path / "elsewhere"))
    assert copied.model_sha256 == drummer.model_sha256
    audio = pulses(2.0)
    assert np.array_equal(copied.accompany(audio, RATE).drums, drummer.accompany(audio, RATE).drums)
    assert set(MODELS) == set(copied.models)


@pytest.mark.parametrize("part", ["drums", "drumless"])
def test_models_with_other_frames_for_each_code_do_not_match(part: str) -> None:
    infos = tiny.infos()
    infos[part] = replace(infos[part], sizes={"frames_per_code": 2})
    models = tiny.models() | {part: build(infos[part])}
    with pytest.raises(
        UserError,
        match=rf"the {part} VQ-VAE has 2 mel frames for each code, the language model expects 4",
    ):
        Drummer(models, infos, tiny.BEATS, GenerateConfig())
