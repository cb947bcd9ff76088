import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.config import (
    BeatsConfig,
    ClipConfig,
    Config,
    CorpusConfig,
    MelConfig,
    OptimConfig,
    PairsConfig,
    TablesConfig,
    VQVAEParts,
    defaults,
    override,
    parse,
    plain,
    read_yaml,
    sections,
    trains_tracker,
)
from jukedrummer.errors import UserError


def test_what_is_left_out_takes_its_default():
    assert parse(Config, {}) == Config()
    assert parse(Config, {"mel": {"hop": 128}}).mel == replace(MelConfig(), hop=128)


def test_defaults_and_plain_round_trip():
    assert parse(Config, defaults()) == Config()
    assert parse(Config, json.loads(json.dumps(plain(Config())))) == Config()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hopp": 128}, r"mel\.hopp: no such key; known are sample_rate, n_fft"),
        ({"hop": 8}, r"mel\.hop is 8; the limits are 16 to 4096"),
        ({"hop": "128"}, r"mel\.hop is '128'; expected int"),
        ({"hop": 128.0}, r"mel\.hop is 128\.0; expected int"),
        ({"hop": True}, r"mel\.hop is True; expected int"),
        ({"hop": None}, r"mel\.hop is None; expected int"),
        ({"floor": "1e-5"}, r"mel\.floor is '1e-5'; expected float \(in YAML 1\.0e-3 is a number"),
        ({"floor": float("nan")}, r"mel\.floor is nan; expected a finite number"),
        ({"hop": 2_048}, r"mel\.hop is 2048, more than mel\.n_fft 1024"),
        ("hop", r"mel: expected keys and values, got 'hop'"),
    ],
)
def test_a_bad_value_is_named_with_its_limit(values, message):
    with pytest.raises(UserError, match=message):
        parse(MelConfig, values, "mel")


def test_kinds_of_keys():
    assert parse(CorpusConfig, {"path": None, "soundfont": "a.sf2"}).soundfont == "a.sf2"
    assert parse(BeatsConfig, {"beats_per_bar": [3, 4, 5]}).beats_per_bar == (3, 4, 5)
    assert parse(PairsConfig, {"min_seconds": 2}).min_seconds == 2.0
    assert parse(VQVAEParts, {"drums": {"optim": {"steps": 7}}}).drums.optim.steps == 7
    with pytest.raises(UserError, match=r"kind is 'dmeo'; choose from demo, folder"):
        parse(CorpusConfig, {"kind": "dmeo"})
    with pytest.raises(
        UserError, match=r"beats_per_bar is \[3\.5\]; expected a list of whole numbers"
    ):
        parse(BeatsConfig, {"beats_per_bar": [3.5]})
    with pytest.raises(UserError, match=r"config\.drums\.optim\.step: no such key"):
        parse(VQVAEParts, {"drums": {"optim": {"step": 7}}})


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (ClipConfig, {"frames": 2_050}),
        (BeatsConfig, {"min_bpm": 150, "max_bpm": 150}),
        (BeatsConfig, {"beats_per_bar": []}),
        (BeatsConfig, {"beats_per_bar": [1]}),
    ],
)
def test_keys_that_contradict_each_other_are_an_error(kind, values):
    with pytest.raises(UserError, match=next(iter(values))):
        parse(kind, values)


def test_lists_of_names_are_held_to_the_choices():
    assert parse(TablesConfig, {"trackers": ["beat_this"]}).trackers == ("beat_this",)
    with pytest.raises(
        UserError, match=r"trackers is \['madman'\]; expected a list of madmom, drum_aware"
    ):
        parse(TablesConfig, {"trackers": ["madman"]})
    with pytest.raises(UserError, match=r"tables\.trackers is \[\]; name one or more, each once"):
        parse(TablesConfig, {"trackers": []})
    with pytest.raises(UserError, match="each once"):
        parse(TablesConfig, {"trackers": ["madmom", "madmom"]})


def test_a_trained_tracker_is_not_judged_by_the_songs_it_was_trained_on():
    given = {"tracker": "drum_aware", "weights": "elsewhere"}
    with pytest.raises(
        UserError, match=r"tables\.songs is all, but drum_aware is trained on some of them"
    ):
        parse(Config, {"tables": {"songs": "all"}})
    every = parse(Config, {"tables": {"songs": "all"}, "beats": given})
    assert not trains_tracker(every.tables, every.beats)
    assert not trains_tracker(TablesConfig(trackers=("madmom",), songs="all"), BeatsConfig())
    assert trains_tracker(
        TablesConfig(), BeatsConfig(tracker="madmom", weights="of another tracker")
    )


@pytest.mark.parametrize("part", ["drums", "drumless"])
def test_a_crop_is_within_a_clip_and_whole_codes_before_anything_runs(part):
    for frames in (258, 4_096):
        with pytest.raises(
            UserError, match=rf"vqvae\.{part}\.crop_frames is {frames}; the limit is clip.frames"
        ):
            parse(Config, {"vqvae": {part: {"crop_frames": frames}}})


@given(st.integers(64, 65_536), st.integers(1, 64))
def test_a_clip_is_whole_codes(frames, frames_per_code):
    values = {"frames": frames, "frames_per_code": frames_per_code}
    if frames % frames_per_code:
        with pytest.raises(UserError, match="not a multiple"):
            parse(ClipConfig, values)
    else:
        assert parse(ClipConfig, values).codes * frames_per_code == frames


def test_sections_of_json_are_exact():
    text = json.dumps({"mel": {"hop": 128}, "clip": {}})
    mel, clip = sections(text, mel=MelConfig, clip=ClipConfig)
    assert (mel.hop, clip) == (128, ClipConfig())
    with pytest.raises(UserError, match=r"has sections \['clip', 'mel'\], expected \['mel'\]"):
        sections(text, mel=MelConfig)
    with pytest.raises(UserError, match="not valid JSON"):
        sections("{mel: 1}", mel=MelConfig)


def test_sections_of_a_file_are_picked(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(defaults() | {"pairs": {"min_seconds": 3}}))
    pairs, optim = sections(str(path), pairs=PairsConfig, absent=OptimConfig)
    assert pairs.min_seconds == 3.0
    assert optim == OptimConfig()


def test_a_file_that_is_no_config_is_an_error(tmp_path):
    path = tmp_path / "config.yaml"
    with pytest.raises(UserError, match="No such file"):
        sections(str(path), mel=MelConfig)
    with pytest.raises(UserError, match="Is a directory"):
        sections(str(tmp_path), mel=MelConfig)
    for text, message in (("- a\n", "got list"), ("", "got NoneType"), ("a: [", "is not YAML")):
        path.write_text(text)
        with pytest.raises(UserError, match=message):
            sections(str(path), mel=MelConfig)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"config\.yaml"):
        sections(str(path), mel=MelConfig)
    path.write_text("mel: {hop: 4}\n")
    with pytest.raises(UserError, match=r"mel\.hop is 4"):
        sections(str(path), mel=MelConfig)


def test_the_papers_scale_is_valid_and_the_papers_numbers() -> None:
    root = Path(__file__).parents[2]
    values = override(defaults(), read_yaml(root / "config/paper.yaml"))
    config = parse(Config, values)
    assert config.clip.codes == config.lm.context == 1_024
    assert {config.lm.family, config.vqvae.drums.family, config.vqvae.drumless.family} == {"paper"}
    assert (config.vqvae.drums.codebook, config.vqvae.drumless.codebook) == (32, 1_024)
    assert config.vocoder.crop_frames * config.mel.hop == 8_192
