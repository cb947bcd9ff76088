"""The drummer end to end, with tiny random models: any length, rate and level; bundles that are not whole."""

import json
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
from jukedrummer.songs.drummer import MODELS, Drummer
from tests.conftest import pulses

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


def test_given_beats_are_played_to_and_no_tracker_is_made(
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
    # The model is told them: they alone differ.
    conditions = [drummer.listen(pulses(4.0), beats).conditions for beats in (slow, fast)]
    assert not torch.equal(conditions[0].high, conditions[1].high)
    assert torch.equal(conditions[0].drumless_codes, conditions[1].drumless_codes)
    assert int((conditions[1].high > 0).sum()) == len(fast)


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
        ([[2.5, 1]], "beats, beat 1: 2.5 s lies beyond the song's end at 2 s"),
        ([[np.nan, 1]], "the time is nan"),
        ([0.5, 1.0], r"shape \(2,\), expected \(n, 2\)"),
    ],
)
def test_bad_beats_are_refused(drummer: Drummer, beats: list, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        drummer.accompany(pulses(2.0), RATE, beats=np.array(beats))


def test_a_model_of_the_embedding_refuses_beats_without_one(bundle: Path) -> None:
    drummer = Drummer.load(bundle)
    info = drummer.infos["lm"]
    drummer.infos["lm"] = replace(info, config=info.config | {"beats": "low"})
    with pytest.raises(UserError, match=r"lm\.beats low.*given beats.*mid or high"):
        drummer.accompany(pulses(2.0), RATE, beats=regular_beats(120, 4, 0.0, 2.0))


def test_a_quiet_recording_gets_the_same_drums_as_quietly(bundle: Path) -> None:
    """What lies outside the levels of the training data is brought to them, and the drums back."""
    drummer = Drummer.load(bundle)
    level = drummer.listen(pulses(4.0))
    assert level.gain == 1.0
    drummer.infos["lm"] = replace(drummer.infos["lm"], level_db=(0.0, 0.1))
    loud, quiet = (drummer.accompany(scale * pulses(4.0), RATE) for scale in (0.09, 0.003))
    assert np.array_equal(loud.codes, quiet.codes)
    np.testing.assert_allclose(
        quiet.drums * 30, loud.drums, rtol=0.02, atol=0.02 * np.abs(loud.drums).max()
    )


def test_the_empty_bands_of_a_narrow_recording_say_nothing(drummer: Drummer) -> None:
    """8 kHz audio has no treble: those bands get the training mean, the others stay; full audio stays."""
    noise = np.random.default_rng(0).normal(0, 0.1, 8_000 * 3).astype(np.float32)
    narrow = drummer._mel(resample(noise, 8_000, RATE))
    filled = drummer._fill_empty_bands(narrow)
    mean = drummer.models["drumless"].standardise.mean
    assert (filled[-20:] == mean[-20:]).all()
    assert (filled[:20] == narrow[:20]).all()
    full = drummer._mel(np.random.default_rng(0).normal(0, 0.1, RATE * 3).astype(np.float32))
    assert (drummer._fill_empty_bands(full) == full).all()


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


def spoil_missing(folder: Path) -> None:
    (folder / "lm.safetensors").unlink()


def spoil_foreign(folder: Path) -> None:
    shutil.copyfile(folder / "drums.safetensors", folder / "drumless.safetensors")


def spoil_truncated(folder: Path) -> None:
    data = (folder / "vocoder.safetensors").read_bytes()
    (folder / "vocoder.safetensors").write_bytes(data[: len(data) // 2])


def edit(folder: Path, *keys: str, value: object) -> None:
    description = json.loads((folder / "drummer.json").read_text())
    inner = description
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    (folder / "drummer.json").write_text(json.dumps(description))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_missing, r"lm\.safetensors: is missing"),
        (spoil_foreign, r"drumless\.safetensors: is not the file that drummer\.json lists"),
        (spoil_truncated, r"vocoder\.safetensors: is not the file"),
        (lambda f: (f / "drummer.json").unlink(), r"drummer\.json: cannot be read"),
        (lambda f: (f / "drummer.json").write_text("{"), "not valid JSON"),
        (lambda f: edit(f, "format_version", value=99), "format 1"),
        (lambda f: edit(f, "models", value={}), "does not describe the model"),
        (
            lambda f: edit(f, "models", "drums", "mel", "hop", value=512),
            r"mel\.hop = 512, here it is 256",
        ),
        (
            lambda f: edit(f, "models", "lm", "config", "layers", value=2),
            "tensor layers.1.* is missing",
        ),
        (
            lambda f: edit(f, "generate", "top_p", value=7.0),
            "top_p is 7.0; the limits are 0.01 to 1",
        ),
    ],
)
def test_bundles_that_are_not_whole(bundle: Path, tmp_path: Path, spoil, reason: str) -> None:
    broken = Path(shutil.copytree(bundle, tmp_path / "broken"))
    spoil(broken)
    with pytest.raises(UserError, match=reason):
        Drummer.load(broken)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        Drummer.load(tmp_path / "nothing")


def test_a_copied_bundle_plays_the_same(bundle: Path, drummer: Drummer, tmp_path: Path) -> None:
    copied = Drummer.load(shutil.copytree(bundle, tmp_path / "elsewhere"))
    assert copied.model_sha256 == drummer.model_sha256
    audio = pulses(2.0)
    assert np.array_equal(copied.accompany(audio, RATE).drums, drummer.accompany(audio, RATE).drums)
    assert set(MODELS) == set(copied.models)
