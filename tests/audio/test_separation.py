"""Separation by demucs: the same mix gives the same result; missing weights are errors."""

import shutil
import socket
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.audio.separation import load_separator
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.errors import UserError


def test_separation_repeats_and_takes_any_channels_and_rate(tiny_demucs: Path) -> None:
    separator = load_separator(PairsConfig(separator="tiny", separator_repository=str(tiny_demucs)))
    mono = np.random.default_rng(0).uniform(-0.2, 0.2, (22_050, 1)).astype(np.float32)
    first, again = (separator.separate(mono, 22_050) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    six = np.repeat(mono, 6, axis=1)
    np.testing.assert_allclose(separator.separate(six, 22_050), first, atol=1e-5)
    assert [part.shape for part in first] == [(SAMPLE_RATE,)] * 2


def test_weights_that_cannot_be_loaded_are_an_error(tmp_path: Path, tiny_demucs: Path) -> None:
    def load(name: str, repository: Path) -> None:
        load_separator(PairsConfig(separator=name, separator_repository=str(repository)))

    with pytest.raises(UserError, match=r"pairs\.separator_repository is /missing: no such folder"):
        load("tiny", Path("/missing"))
    for name in ("other", "lost"):
        with pytest.raises(UserError, match=rf"pairs\.separator {name}: cannot be loaded"):
            load(name, tiny_demucs)
    broken = tmp_path / "broken"
    shutil.copytree(tiny_demucs, broken)
    weights = next(broken.glob("*.th"))
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(UserError, match="Invalid checksum"):
        load("tiny", broken)


def test_without_a_network_the_message_names_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"cannot be loaded .* from the hub .*separator_repository"):
        load_separator(PairsConfig(separator="htdemucs"))
