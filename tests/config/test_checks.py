"""Checks across sections, and checks of the machine. All run before any stage."""

import pytest

from jukedrummer.config import load, read_sections
from jukedrummer.errors import UserError

MIXES = {"sources": [{"kind": "mixes", "path": "."}], "duplicates": False}
DRUM_AWARE = {"tracker": "drum_aware"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lm": {"context": 1_024}}, r"^lm\.context is 1024; the limit is the 512 codes of a clip"),
        (
            {"experiments": {"long": {"context": 1_024}}},
            r"^experiments\.long: lm\.context is 1024; the limit is the 512 codes",
        ),
        (
            {"clip": {"frames": 2_049, "frames_per_code": 3}, "lm": {"context": 128}},
            r"vqvae\.drums\.crop_frames is 256; the limit is clip\.frames 2049, in multiples of",
        ),
        (
            {
                "clip": {"frames": 2_052, "frames_per_code": 3},
                "vqvae": {"drums": {"crop_frames": 258}, "drumless": {"crop_frames": 258}},
            },
            r"clip\.frames_per_code is 3; vqvae\.drums needs a power of two",
        ),
        (
            {
                "clip": {"frames_per_code": 16},
                "lm": {"context": 128},
                "vqvae": {"drums": {"family": "paper"}},
            },
            r"clip\.frames_per_code is 16; vqvae\.drums of the paper family exists for 2, 4, 8",
        ),
        ({"vocoder": {"kind": "hifigan", "upsample": [8, 8]}}, r"vocoder\.upsample is \[8, 8\]"),
        ({"tracker": {"hidden": 26}}, r"tracker\.hidden is 26; the limits are 2 to 25"),
        ({"tables": {"songs": "all"}}, r"tables\.songs is all, but drum_aware is trained on some"),
        (
            {"tables": {"songs": "all"}, "beats": DRUM_AWARE},
            r"tables\.songs is all, but drum_aware is trained on some",
        ),
    ],
)
def test_sections_that_do_not_fit_are_an_error(changes, message):
    with pytest.raises(UserError, match=message):
        load(changes)


@pytest.mark.parametrize("part", ["drums", "drumless"])
def test_a_crop_is_within_a_clip_and_whole_codes(part):
    for frames in (258, 4_096):
        with pytest.raises(
            UserError, match=rf"vqvae\.{part}\.crop_frames is {frames}; the limit is clip.frames"
        ):
            load({"vqvae": {part: {"crop_frames": frames}}})


def test_a_stage_called_by_hand_makes_the_checks_of_its_sections():
    with pytest.raises(UserError, match=r"lm\.context is 1024; the limit is the 512 codes"):
        read_sections('{"lm": {"context": 1024}}', "lm", "clip")
    assert read_sections('{"lm": {"context": 1024}}', "lm")["lm"].context == 1_024


def test_a_run_without_the_embedding_that_it_needs_is_an_error_and_the_others_are_not():
    config = load({"beats": {"tracker": "beat_this"}})
    config.check_run("beat_high")
    message = (
        r"^experiments\.beat_low_seed1: lm\.beats is low, the embedding of a beat tracker; "
        r"beats\.tracker beat_this has no embedding"
    )
    with pytest.raises(UserError, match=message):
        config.check_run("beat_low_seed1")
    load().check_run("beat_low")


def test_a_transcriber_is_not_measured_on_its_training_songs():
    load().check_transcription()
    tables = {"songs": "all", "trackers": ["madmom"]}
    with pytest.raises(UserError, match=r"songs is all, but the transcriber is trained on some"):
        load({"tables": tables}).check_transcription()
    load({"tables": tables, "transcriber": {"weights": "mine"}}).check_transcription()


def test_which_configs_train_a_tracker():
    assert not load().trains_tracker
    assert load().compares_trained_tracker
    assert load({"beats": DRUM_AWARE}).trains_tracker
    given = load({"beats": {**DRUM_AWARE, "weights": "mine"}, "tables": {"songs": "all"}})
    assert not given.trains_tracker
    assert not given.compares_trained_tracker
    assert not load({"tables": {"trackers": ["madmom"], "songs": "all"}}).compares_trained_tracker


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"corpus": {"sources": [{"kind": "folder", "path": "nowhere"}]}},
            r"corpus\.sources\[0\]\.path is nowhere: no such folder",
        ),
        (
            {"corpus": {"sources": [{"kind": "demo", "soundfont": "no.sf2"}]}},
            r"corpus\.sources\[0\]\.soundfont is no\.sf2: no such file",
        ),
        ({"beats": {**DRUM_AWARE, "weights": "no"}}, r"beats\.weights is no: no such folder"),
        ({"vocoder": {"warm_start": "no"}}, r"vocoder\.warm_start is no: no such folder"),
        (
            {"beats": {"tracker": "beat_this"}, "experiments": {"high": {}}},
            r"beats\.tracker is beat_this, but the package beat_this is not installed: pip install",
        ),
        (
            {"corpus": MIXES, "pairs": {"separator_repository": "no"}},
            r"pairs\.separator_repository is no: no such folder",
        ),
    ],
)
def test_missing_files_and_packages_are_errors(changes, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "jukedrummer.config.requirements.find_spec", lambda name: name != "beat_this" or None
    )
    config = load({"experiments": {}}, changes)
    with pytest.raises(UserError, match=message):
        config.check_machine()


def test_a_missing_extra_is_an_error(monkeypatch):
    monkeypatch.setattr("jukedrummer.config.requirements.find_spec", lambda name: None)
    message = r"pairs\.separator is htdemucs, but the package demucs is not installed: pip install"
    with pytest.raises(UserError, match=message):
        load({"corpus": MIXES}).check_machine()


def test_mixes_need_a_separator():
    with pytest.raises(UserError, match=r"pairs\.separator is null, but a source of the corpus"):
        load({"corpus": MIXES, "pairs": {"separator": None}}).check_machine()


def test_a_compared_tracker_that_the_machine_lacks_is_an_error(monkeypatch):
    monkeypatch.setattr("jukedrummer.config.requirements.find_spec", lambda name: None)
    config = load({"tables": {"trackers": ["madmom", "beat_this"]}})
    with pytest.raises(UserError, match=r"tables\.trackers has beat_this, but beats\.tracker"):
        config.check_machine()


def test_a_vocoder_crop_is_longer_than_the_padding_of_its_losses():
    mel = {"hop": 32, "n_fft": 128, "bands": 16}
    with pytest.raises(UserError, match=r"vocoder\.crop_frames is 32; with mel\.hop 32 .*than 32"):
        load({"mel": mel, "vocoder": {"crop_frames": 32}})
    assert load({"mel": mel, "vocoder": {"crop_frames": 33}}).vocoder.crop_frames == 33
