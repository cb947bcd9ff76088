"""Separation by demucs: the same mix gives the same result; missing weights are errors."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from jukedrummer.audio.chunks import read_chunks
from jukedrummer.audio.io import CHUNK_SAMPLES
from jukedrummer.audio.separation import Separator, load_separator
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.errors import UserError


def separated(separator: Separator, path: Path, size: int = CHUNK_SAMPLES) -> list[np.ndarray]:
    """Drumless and drums, (N, channels) each, of a mix that is read in chunks of `size`."""

    def open_mix(rate: int) -> AbstractContextManager[Iterator[np.ndarray]]:
        return read_chunks(path, rate=rate, size=size)

    chunks = separator.separate(open_mix, separator.level(open_mix))
    return [np.concatenate(parts) for parts in zip(*chunks, strict=True)]


def load(repository: Path, name: str = "tiny") -> Separator:
    """A model of the repository."""
    return load_separator(PairsConfig(separator=name, separator_repository=str(repository)))


def test_separation_repeats_and_takes_any_channels_and_rate(
    tmp_path: Path, tiny_demucs: Path
) -> None:
    separator = load(tiny_demucs)
    mono = np.random.default_rng(0).uniform(-0.2, 0.2, (22_050, 1)).astype(np.float32)
    for name, audio in (("mono", mono), ("six", np.repeat(mono, 6, axis=1))):
        soundfile.write(tmp_path / f"{name}.wav", audio, 22_050, subtype="FLOAT")
    first, again = (separated(separator, tmp_path / "mono.wav") for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(separated(separator, tmp_path / "six.wav"), first, atol=1e-5)
    assert [part.shape for part in first] == [(SAMPLE_RATE, 2)] * 2


@pytest.mark.parametrize("name", ["tiny", "bag"])
def test_segments_give_the_result_of_demucs_for_the_whole_mix(
    tmp_path: Path, tiny_demucs: Path, name: str
) -> None:
    from demucs.apply import apply_model

    separator = load(tiny_demucs, name)
    mix = np.random.default_rng(0).uniform(-0.3, 0.3, (300_001, 2)).astype(np.float32) + 0.1
    soundfile.write(tmp_path / "mix.wav", mix, SAMPLE_RATE, subtype="FLOAT")
    drumless, drums = separated(separator, tmp_path / "mix.wav")
    np.testing.assert_array_equal(
        separated(separator, tmp_path / "mix.wav", 10_007), [drumless, drums]
    )
    wave = torch.from_numpy(mix.T)
    mean, deviation = wave.mean(), wave.mean(0).std()
    sources = apply_model(separator.model, ((wave - mean) / deviation)[None], shifts=0)[0]
    bass, expected, other = (source.T.numpy() for source in sources * deviation)
    np.testing.assert_allclose(drums, expected, atol=1e-6)
    np.testing.assert_allclose(drumless, bass + other, atol=1e-6)


def test_the_level_is_that_of_the_whole_mix(tmp_path: Path, tiny_demucs: Path) -> None:
    mix = np.random.default_rng(0).uniform(-0.3, 0.5, (400_000, 2)).astype(np.float32)
    soundfile.write(tmp_path / "mix.wav", mix, SAMPLE_RATE, subtype="FLOAT")
    level = load(tiny_demucs).level(lambda rate: read_chunks(tmp_path / "mix.wav", rate=rate))
    assert level.samples == len(mix)
    assert level.mean == pytest.approx(mix.mean(), rel=1e-5)
    assert level.deviation == pytest.approx(mix.mean(axis=1).std(ddof=1), rel=1e-5)
    assert level.peak == np.abs(mix).max()


def test_weights_that_cannot_be_loaded_are_an_error(tmp_path: Path, tiny_demucs: Path) -> None:
    with pytest.raises(UserError, match=r"pairs\.separator_repository is /missing: no such folder"):
        load(Path("/missing"))
    for name in ("other", "lost"):
        with pytest.raises(UserError, match=rf"pairs\.separator {name}: cannot be loaded"):
            load(tiny_demucs, name)
    broken = tmp_path / "broken"
    shutil.copytree(tiny_demucs, broken)
    weights = next(broken.glob("*.th"))
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(UserError, match="Invalid checksum"):
        load(broken)


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
