"""Bundles on disk: old bundles give the same drums; incomplete bundles are rejected."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.config import GenerateConfig
from jukedrummer.errors import UserError
from jukedrummer.songs.bundle import describe_bundle, read_bundle
from jukedrummer.songs.drummer import Drummer
from tests import tiny
from tests.conftest import pulses
from tests.songs.helpers import (
    DRUM_AWARE,
    edit,
    exchange_weights,
    remove_weights,
    truncate_weights,
    write_old_bundle,
    write_tracker_bundle,
)


def test_a_bundle_of_an_older_version_plays_the_same_drums(bundle: Path, tmp_path: Path) -> None:
    old = write_old_bundle(tmp_path / "old")
    text = (old / "drummer.json").read_text()
    for key in ("codebook", "restart_below", "batch", "clip_norm", "blocks", "listen_blocks"):
        assert f'"{key}"' in text
    assert not {"codebook_size", "lookahead_blocks"} & set(
        json.loads(text)["models"]["lm"]["config"]
    )
    audio, settings = pulses(3.0), GenerateConfig(seed=3)
    first, second = (
        Drummer.load(folder).accompany(audio, 44_100, settings) for folder in (old, bundle)
    )
    assert np.array_equal(first.drums, second.drums)
    assert np.array_equal(first.codes, second.codes)
    assert np.array_equal(first.beats, second.beats)


def test_an_older_description_becomes_the_present_one(tmp_path: Path) -> None:
    folder = write_old_bundle(tmp_path / "old")
    bundle = read_bundle(folder)
    assert bundle.beats == tiny.BEATS
    present = describe_bundle(folder, tiny.infos(), tiny.BEATS, GenerateConfig())
    again = describe_bundle(folder, bundle.infos, bundle.beats, bundle.generate)
    for name, info in present["models"].items():
        assert again["models"][name]["config"] == info["config"]
    assert again["beats"] == present["beats"]


def test_an_older_bundle_with_a_trained_tracker_loads(tmp_path: Path) -> None:
    folder = write_tracker_bundle(tmp_path / "bundle")
    edit(folder, "beats", "networks", value=8)
    assert read_bundle(folder).beats == DRUM_AWARE


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (remove_weights, r"lm\.safetensors: is missing"),
        (exchange_weights, r"drumless\.safetensors: is not the file that drummer\.json lists"),
        (truncate_weights, r"vocoder\.safetensors: is not the file"),
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
def test_bundles_that_are_not_whole(
    bundle: Path, tmp_path: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    broken = Path(shutil.copytree(bundle, tmp_path / "broken"))
    spoil(broken)
    with pytest.raises(UserError, match=reason):
        Drummer.load(broken)


def test_a_path_that_is_not_a_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        Drummer.load(tmp_path / "nothing")
