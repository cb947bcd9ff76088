"""Ogg files: pages that are damaged, missing or cut off."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.io import read_audio
from jukedrummer.audio.lengths import IncompleteAudio
from jukedrummer.audio.ogg import ogg_fault

RATE = 48_000
PAGE = b"OggS"


@pytest.fixture(scope="module", params=["VORBIS", "OPUS"])
def content(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file of several pages."""
    path = tmp_path_factory.mktemp("ogg") / "a.ogg"
    audio = np.random.default_rng(0).uniform(-0.3, 0.3, (8 * RATE, 2))
    with soundfile.SoundFile(path, "w", RATE, 2, request.param, format="OGG") as file:
        for chunk in np.split(audio, 8):  # libsndfile crashes at long chunks
            file.write(chunk)
    return path.read_bytes()


def page(content: bytes, number: int) -> int:
    """The place of a page."""
    places = [at for at in range(len(content)) if content.startswith(PAGE, at)]
    return places[number]


def test_whole_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.ogg"
    for whole in (content, content + b"TAG" + bytes(125), content + content):
        path.write_bytes(whole)
        assert ogg_fault(path) == ""
    path.write_bytes(content)
    assert len(read_audio(path)) == 8 * 44_100


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99, 1.0])
def test_files_that_are_cut_off(tmp_path: Path, content: bytes, share: float) -> None:
    path = tmp_path / "a.ogg"
    end = int(share * len(content)) if share < 1 else page(content, -1)
    path.write_bytes(content[:end])
    with pytest.raises(IncompleteAudio, match=r"a\.ogg: ends too early; was a download"):
        read_audio(path)


def test_damaged_and_missing_pages(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.ogg"
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    first, second = page(content, 3), page(content, 4)
    for damaged in (bytes(flipped), content[:first] + content[second:]):
        path.write_bytes(damaged)
        with pytest.raises(IncompleteAudio, match=r"a\.ogg: is damaged"):
            read_audio(path)
