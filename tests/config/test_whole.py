"""The whole config: defaults, files over files, kinds that change, sections for a stage."""

import json

import pytest
import yaml

from jukedrummer.config import (
    ClipConfig,
    Config,
    MelConfig,
    OptimConfig,
    defaults,
    load,
    parse,
    plain,
    read_sections,
    read_yaml,
)
from jukedrummer.errors import UserError
from tests.workflow.workspaces import ROOT


def test_keys_that_are_left_out_take_their_defaults():
    assert load() == Config()
    assert load({"mel": {"hop": 128}}).mel == MelConfig(hop=128)


def test_defaults_and_plain_round_trip():
    assert load(defaults()) == Config()
    assert parse(Config, json.loads(json.dumps(plain(Config())))) == Config()


def test_the_optimiser_is_written_once_and_differences_stay():
    assert defaults()["lm"]["optim"] == {
        "steps": 400,
        "batch_size": 8,
        "learning_rate": 0.003,
        "warmup": 30,
    }
    config = load({"optim": {"seed": 5, "steps": 9}, "lm": {"optim": {"warmup": 2}}})
    assert config.lm.optim == OptimConfig(
        seed=5, steps=400, batch_size=8, learning_rate=0.003, warmup=2
    )
    assert config.vqvae.drums.optim == OptimConfig(seed=5, steps=9)


def test_a_kind_that_changes_keeps_what_all_kinds_share_and_nothing_else():
    first = {"vocoder": {"kind": "istft", "width": 64, "crop_frames": 32, "optim": {"steps": 3}}}
    vocoder = load(first, {"vocoder": {"kind": "hifigan"}}).vocoder
    assert (vocoder.kind, vocoder.width, vocoder.optim.steps) == ("hifigan", 192, 3)
    beats = load(
        {"beats": {"threshold": 0.5, "min_bpm": 70.0}}, {"beats": {"tracker": "drum_aware"}}
    )
    assert (beats.beats.threshold, beats.beats.min_bpm) == (0.05, 70.0)
    with pytest.raises(UserError, match=r"vocoder\.width: is a key of the vocoder"):
        load({"vocoder": {"kind": "griffin_lim", "width": 64}})


def test_experiments_are_overrides_of_lm_and_their_seeds_are_runs():
    changes = {"lm": {"context": 128, "optim": {"seed": 4}}, "seeds": 3}
    config = load(changes, {"experiments": {"mine": {"family": "paper", "heads": 2, "layers": 3}}})
    lm = config.experiment("mine")
    assert (lm.family, lm.layers, lm.context, lm.optim.steps) == ("paper", 3, 128, 400)
    runs = {name: run.optim.seed for name, run in config.runs().items() if name.startswith("mine")}
    assert runs == {"mine": 4, "mine_seed5": 5, "mine_seed6": 6}
    with pytest.raises(UserError, match=r"experiments\.mine\.layer: no such key"):
        load({"experiments": {"mine": {"layer": 3}}})


def test_sections_for_a_stage_are_completed_from_text_or_file(tmp_path):
    text = json.dumps({"mel": {"hop": 128}, "lm": {"optim": {"steps": 3}}, "pairs": {}})
    sections = read_sections(text, "mel", "clip", "lm")
    assert (sections["mel"].hop, sections["clip"]) == (128, ClipConfig())
    assert (sections["lm"].optim.steps, sections["lm"].optim.batch_size) == (3, 8)
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(defaults() | {"pairs": {"min_seconds": 3}}))
    assert read_sections(str(path), "pairs")["pairs"].min_seconds == 3.0
    assert read_sections("", "optim")["optim"] == OptimConfig()
    assert read_sections("{}", "vqvae")["vqvae"] == Config().vqvae


def test_a_text_that_is_no_config_is_an_error(tmp_path):
    path = tmp_path / "config.yaml"
    with pytest.raises(UserError, match="No such file"):
        read_sections(str(path), "mel")
    with pytest.raises(UserError, match="Is a directory"):
        read_sections(str(tmp_path), "mel")
    for text, message in (("- a\n", "got list"), ("", "got NoneType"), ("a: [", "is not YAML")):
        path.write_text(text)
        with pytest.raises(UserError, match=message):
            read_sections(str(path), "mel")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"config\.yaml"):
        read_sections(str(path), "mel")
    path.write_text("mel: {hop: 4}\n")
    with pytest.raises(UserError, match=r"mel\.hop is 4"):
        read_sections(str(path), "mel")
    with pytest.raises(UserError, match="not valid JSON"):
        read_sections("{mel: 1}", "mel")
    with pytest.raises(UserError, match="mle: no such section; known are results, corpus"):
        read_sections('{"mle": {}}', "mel")
    with pytest.raises(UserError, match="mel: expected keys and values, got 3"):
        read_sections('{"mel": 3}', "mel")


def test_a_stage_loads_only_what_its_sections_need():
    """Importing torch takes seconds. The stages corpus and pairs do not need it."""
    import subprocess
    import sys

    code = (
        "import sys; from jukedrummer.config import read_sections; "
        "read_sections('', 'corpus', 'pairs'); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_papers_scale_is_valid_and_the_papers_numbers():
    config = load(read_yaml(ROOT / "config/config.yaml"), read_yaml(ROOT / "config/paper.yaml"))
    assert config.clip.codes == config.lm.context == 1_024
    vqvae = config.vqvae
    assert {config.lm.family, vqvae.drums.family, vqvae.drumless.family} == {"paper"}
    assert (vqvae.drums.codebook_size, vqvae.drumless.codebook_size) == (32, 1_024)
    assert config.vocoder.crop_frames * config.mel.hop == 8_192


def test_a_run_has_one_name_and_a_legal_seed():
    with pytest.raises(UserError, match=r"beat_high_seed1: is also the name of a further seed"):
        load({"experiments": {"beat_high_seed1": {"width": 96}}})
    with pytest.raises(UserError, match=r"optim\.seed is 2147483648; the limits"):
        load({"lm": {"optim": {"seed": 2**31 - 1}}})


@pytest.mark.parametrize("kind", [["paper"], {"paper": 1}, 3, None])
def test_a_kind_that_is_no_name_is_an_error(kind):
    with pytest.raises(UserError, match=r"lm\.family is .*; choose from listening, paper"):
        load({"lm": {"family": kind}})


def test_a_later_list_of_sources_replaces_the_list():
    first = {"corpus": {"sources": [{"kind": "midi", "path": "a"}, {"kind": "demo"}]}}
    sources = load(first, {"corpus": {"sources": [{"kind": "folder", "path": "b"}]}}).corpus.sources
    assert [(source.kind_name, source.path) for source in sources] == [("folder", "b")]
    assert [source.kind_name for source in load().corpus.sources] == ["demo", "second_composer"]


def test_a_source_of_the_same_kind_at_the_same_place_keeps_its_keys():
    first = {"corpus": {"sources": [{"kind": "midi", "path": "a", "seconds": 20.0}]}}
    later = {"corpus": {"sources": [{"kind": "midi", "path": "b"}, {"kind": "midi", "path": "c"}]}}
    later["corpus"]["sources"][1]["name"] = "more"
    merged = load(first, later).corpus.sources
    assert [(source.path, source.seconds) for source in merged] == [("b", 20.0), ("c", 180.0)]


@pytest.mark.parametrize("item", [None, "demo", []])
def test_an_item_that_is_no_source_is_an_error(item):
    with pytest.raises(UserError, match=r"corpus\.sources\[0\] is .*; expected keys and values"):
        load({"corpus": {"sources": [item]}})


def test_a_path_starts_at_home_and_is_not_empty(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    source = {"kind": "musdb", "path": "~/musdb", "download": "~/musdb.zip"}
    (loaded,) = load({"corpus": {"sources": [source]}}).corpus.sources
    assert (loaded.path, loaded.download) == ("/home/me/musdb", "/home/me/musdb.zip")
    with pytest.raises(UserError, match="path of the source musdb is empty"):
        load({"corpus": {"sources": [source | {"path": ""}]}})


def test_sources_have_different_names():
    twice = [{"kind": "midi", "path": "a"}, {"kind": "midi", "path": "b"}]
    with pytest.raises(UserError, match=r"corpus\.sources has 2 sources called midi"):
        load({"corpus": {"sources": twice}})
    with pytest.raises(UserError, match=r"has the name 'a b'; use letters"):
        load({"corpus": {"sources": [twice[0] | {"name": "a b"}]}})
    with pytest.raises(UserError, match=r"corpus\.sources\[1\]\.paht: no such key"):
        load({"corpus": {"sources": [twice[0], {"kind": "folder", "paht": "b"}]}})
    corpus = load({"corpus": {"sources": [twice[0], twice[1] | {"name": "other"}]}}).corpus
    assert corpus.source("other").path == "b"
    with pytest.raises(UserError, match=r"no source 'lakh'; choose from midi, other"):
        corpus.source("lakh")
