"""Sections: strict parsing, errors in one line, kinds, values of older versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jukedrummer.config import (
    BEATS,
    LM,
    SOURCE,
    VOCODER,
    VQVAE,
    BeatsConfig,
    ClipConfig,
    GenerateConfig,
    MelConfig,
    OptimConfig,
    PairsConfig,
    TablesConfig,
    changed,
    from_stored,
    kind_from_stored,
    parse,
    parse_kind,
    parse_options,
    plain,
)
from jukedrummer.errors import UserError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hopp": 128}, r"mel\.hopp: no such key; did you mean hop\? known are n_fft, hop"),
        ({"hop": 8}, r"mel\.hop is 8; the limits are 16 to 4096"),
        ({"hop": "128"}, r"mel\.hop is '128'; expected a whole number"),
        ({"hop": 128.0}, r"mel\.hop is 128\.0; expected a whole number"),
        ({"hop": True}, r"mel\.hop is True; expected a whole number"),
        ({"hop": None}, r"mel\.hop is None; expected a whole number"),
        ({"floor": "1e-5"}, r"mel\.floor is '1e-5'; expected a number \(in YAML 1\.0e-3"),
        ({"floor": float("nan")}, r"mel\.floor is nan; expected a finite number"),
        ({"hop": 2_048}, r"mel\.hop is 2048, more than mel\.n_fft 1024"),
        ({"sample_rate": 22_050}, r"mel\.sample_rate: was removed"),
        ("hop", r"mel: expected keys and values, got 'hop'"),
    ],
)
def test_a_bad_value_is_named_with_its_limit(values, message):
    with pytest.raises(UserError, match=message):
        parse(MelConfig, values, "mel")


def test_types_of_keys():
    assert parse_kind(SOURCE, {"kind": "demo", "soundfont": "a.sf2"}, "x").soundfont == "a.sf2"
    assert parse(BeatsConfig, {"beats_per_bar": [3, 4, 5]}).beats_per_bar == (3, 4, 5)
    assert parse(PairsConfig, {"min_seconds": 2}).min_seconds == 2.0
    with pytest.raises(UserError, match=r"corpus\.kind is 'dmeo'; choose from demo, folder"):
        parse_kind(SOURCE, {"kind": "dmeo"}, "corpus")
    with pytest.raises(UserError, match=r"beats_per_bar\[0\] is 3\.5; expected a whole number"):
        parse(BeatsConfig, {"beats_per_bar": [3.5]})
    with pytest.raises(UserError, match=r"beats_per_bar is 3; expected a list"):
        parse(BeatsConfig, {"beats_per_bar": 3})
    with pytest.raises(UserError, match=r"optim\.precision is 'x'; choose from auto, 32-true"):
        parse(OptimConfig, {"precision": "x"}, "optim")
    with pytest.raises(UserError, match=r"lm\.encoder is 'yes'; expected true or false"):
        parse_kind(LM, {"encoder": "yes"}, "lm")
    with pytest.raises(UserError, match=r"corpus\.path is not set; it is"):
        parse_kind(SOURCE, {"kind": "folder"}, "corpus")
    with pytest.raises(UserError, match=r"corpus\.paht: no such key; did you mean path\?"):
        parse_kind(SOURCE, {"kind": "folder", "paht": "x"}, "corpus")


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


@given(st.integers(64, 65_536), st.integers(1, 64))
def test_a_clip_is_whole_codes(frames, frames_per_code):
    values = {"frames": frames, "frames_per_code": frames_per_code}
    if frames % frames_per_code:
        with pytest.raises(UserError, match="not a multiple"):
            parse(ClipConfig, values)
    else:
        assert parse(ClipConfig, values).codes * frames_per_code == frames


def test_lists_of_names_are_checked_against_the_choices():
    assert parse(TablesConfig, {"trackers": ["beat_this"]}).trackers == ("beat_this",)
    with pytest.raises(UserError, match=r"trackers names 'madman'; choose from madmom, drum_aware"):
        parse(TablesConfig, {"trackers": ["madman"]})
    with pytest.raises(UserError, match=r"tables\.trackers is \[\]; name one or more, each once"):
        parse(TablesConfig, {"trackers": []})
    with pytest.raises(UserError, match="each once"):
        parse(TablesConfig, {"trackers": ["madmom", "madmom"]})


@pytest.mark.parametrize(
    ("union", "values", "message"),
    [
        (
            VOCODER,
            {"kind": "istft", "iterations": 9},
            "a key of the vocoder griffin_lim, not of istft",
        ),
        (VOCODER, {"kind": "griffin_lim", "width": 9}, "a key of the vocoder istft and hifigan"),
        (
            BEATS,
            {"tracker": "madmom", "weights": "x"},
            "a key of the tracker drum_aware and beat_this",
        ),
        (LM, {"attention_blocks": 4}, "a key of the language model family paper, not of listening"),
        (
            VQVAE,
            {"family": "paper", "blocks": 4},
            "a key of the VQ-VAE family listening, not of paper",
        ),
        (LM, {"listen_blocks": 4}, "is now called lookahead_blocks"),
        (
            LM,
            {"blocks": 4},
            "now called attention_blocks, which is a key of the language model family paper",
        ),
        (VQVAE, {"codebook": 4}, "is now called codebook_size"),
        (VQVAE, {"restart_below": 4.0}, "is now called dead_code_threshold"),
        (LM, {"optim": {"batch": 4}}, r"x\.optim\.batch: is now called batch_size"),
        (LM, {"optim": {"clip_norm": 4.0}}, r"x\.optim\.clip_norm: is now called max_grad_norm"),
    ],
)
def test_keys_of_other_kinds_and_older_versions_are_explained(union, values, message):
    with pytest.raises(UserError, match=message):
        parse_kind(union, values, "x")


def test_a_section_is_frozen_and_plain_is_its_json():
    mel = MelConfig(hop=128)
    assert parse(MelConfig, plain(mel)) == mel == changed(MelConfig(), hop=128)
    with pytest.raises(ValidationError):
        mel.hop = 3
    with pytest.raises(UserError, match=r"hop is 3; the limits"):
        changed(mel, hop=3)


def test_errors_of_options_name_the_option():
    with pytest.raises(UserError, match=r"^--top-p is 2\.0; the limits are 0\.01 to 1$"):
        parse_options(GenerateConfig, {"top_p": 2.0})
    with pytest.raises(UserError, match=r"^--min-bpm is 300\.0, not below --max-bpm 200\.0$"):
        parse_options(BeatsConfig, {"min_bpm": 300.0}, BEATS)


OLD_OPTIM = {"steps": 7, "batch": 3, "clip_norm": 2.0}


def test_sections_of_an_older_version_are_converted():
    mel = from_stored(MelConfig, {**plain(MelConfig()), "sample_rate": 44_100}, "mel")
    assert mel == MelConfig()
    old = {"family": "listening", "codebook": 8, "restart_below": 0.25, "groups": 4}
    vqvae = kind_from_stored(VQVAE, {**old, "optim": OLD_OPTIM}, "vqvae")
    assert (vqvae.codebook_size, vqvae.dead_code_threshold) == (8, 0.25)
    assert (vqvae.optim.batch_size, vqvae.optim.max_grad_norm, vqvae.optim.steps) == (3, 2.0, 7)
    both = {"blocks": 4, "listen_blocks": 2, "encoder_layers": 5, "condition_width": 32}
    listening = kind_from_stored(LM, {"family": "listening", **both}, "lm")
    assert (listening.lookahead_blocks, listening.condition_width) == (2, 32)
    paper = kind_from_stored(LM, {"family": "paper", **both}, "lm")
    assert (paper.attention_blocks, paper.encoder_layers) == (4, 5)
    beats = {"tracker": "drum_aware", "weights": None, "networks": 3, "threshold": 0.65}
    assert kind_from_stored(BEATS, beats, "beats").threshold == 0.65


def test_sections_of_no_known_version_are_an_error():
    with pytest.raises(UserError, match=r"vqvae\.colour: no such key"):
        kind_from_stored(VQVAE, {"family": "listening", "colour": 8}, "vqvae")
    with pytest.raises(UserError, match="choose from listening, paper"):
        kind_from_stored(VQVAE, {"family": "other"}, "vqvae")
