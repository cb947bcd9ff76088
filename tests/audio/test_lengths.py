"""Files that are cut off or damaged are errors, and files whose header is not exact are not."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.io import read_audio, read_channels
from jukedrummer.audio.lengths import IncompleteAudio
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError
from tests.audio.helpers import without_programs

SECONDS = 5
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
FORMATS = {
    "a.wav": "WAV",
    "a.aiff": "AIFF",
    "a.w64": "W64",
    "a.rf64": "RF64",
    "a.au": "AU",
    "a.mp3": "MP3",
}


def write_noise(path: Path, kind: str | None = None) -> bytes:
    """Five seconds of stereo noise; returns the bytes of the file."""
    audio = np.random.default_rng(0).uniform(-0.3, 0.3, (SECONDS * SAMPLE_RATE, 2))
    soundfile.write(path, audio, SAMPLE_RATE, format=kind)
    return path.read_bytes()


def encode(source: Path, path: Path, *options: str) -> bytes:
    """Encode with ffmpeg; returns the bytes of the file."""
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *options, path], check=True)
    return path.read_bytes()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("installed", [True, False])
def test_a_file_that_is_shorter_than_its_header_says_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, installed: bool
) -> None:
    content = write_noise(tmp_path / name, FORMATS[name])
    if not installed:
        without_programs(monkeypatch)
    assert len(read_audio(tmp_path / name)) == SECONDS * SAMPLE_RATE
    (tmp_path / name).write_bytes(content[: len(content) * 3 // 5])
    message = rf"{name}: its header states 5\.00 s, but only (2\.9|3\.0)\d s can be read; was a"
    with pytest.raises(IncompleteAudio, match=message):
        read_audio(tmp_path / name)


def test_the_rest_of_a_file_that_is_cut_off_can_be_read(tmp_path: Path) -> None:
    content = write_noise(tmp_path / "a.wav")
    whole, _ = read_channels(tmp_path / "a.wav")
    (tmp_path / "a.wav").write_bytes(content[: len(content) * 3 // 5])
    errors: list[UserError] = []
    rest, _ = read_channels(tmp_path / "a.wav", errors.append)
    assert len(rest) == pytest.approx(0.6 * len(whole), rel=0.001)
    np.testing.assert_array_equal(rest, whole[: len(rest)])
    assert [type(error) for error in errors] == [IncompleteAudio]
    (tmp_path / "a.wav").write_bytes(content[:44])
    with pytest.raises(UserError, match="holds no samples"):
        read_channels(tmp_path / "a.wav", errors.append)


def test_headers_that_are_not_exact_are_no_error(tmp_path: Path) -> None:
    """Some programs state a few bytes too many, or the largest number if they write to a pipe."""
    path = tmp_path / "a.wav"
    content = bytearray(write_noise(path))
    at = content.index(b"data") + 4
    length = int.from_bytes(content[at : at + 4], "little")
    for stated in (length + 100, 0x7FFF_F000, 0xFFFF_FFFF):
        content[at : at + 4] = stated.to_bytes(4, "little")
        path.write_bytes(content)
        assert len(read_audio(path)) == SECONDS * SAMPLE_RATE


@needs_ffmpeg
def test_a_damaged_frame_of_an_mp3_is_an_error(tmp_path: Path) -> None:
    content = bytearray(write_noise(tmp_path / "a.mp3"))
    middle = len(content) // 2
    content[middle : middle + 1_000] = np.random.default_rng(0).bytes(1_000)
    (tmp_path / "a.mp3").write_bytes(content)
    with pytest.raises(IncompleteAudio, match=r"a\.mp3: is damaged, parts cannot be decoded"):
        read_audio(tmp_path / "a.mp3")


@needs_ffmpeg
def test_other_bytes_after_all_frames_of_an_mp3_are_no_damage(tmp_path: Path) -> None:
    content = write_noise(tmp_path / "a.mp3")
    (tmp_path / "a.mp3").write_bytes(content + b"LYRICSBEGIN" + b"la " * 300 + b"LYRICS200")
    assert len(read_audio(tmp_path / "a.mp3")) == SECONDS * SAMPLE_RATE


@needs_ffmpeg
@pytest.mark.parametrize("rate", ["-b:a", "-q:a"])
def test_an_mp3_without_a_stated_length_is_read_whole(tmp_path: Path, rate: str) -> None:
    write_noise(tmp_path / "a.wav")
    options = [rate, "128k" if rate == "-b:a" else "4", "-write_xing", "0"]
    encode(tmp_path / "a.wav", tmp_path / "a.mp3", *options)
    frames = len(read_audio(tmp_path / "a.mp3")) / 1_152
    assert frames == int(frames)
    assert 0 <= frames - SECONDS * SAMPLE_RATE / 1_152 < 3


@needs_ffmpeg
def test_an_mp3_is_read_at_the_same_place_with_and_without_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_noise(tmp_path / "a.wav")
    encode(tmp_path / "a.wav", tmp_path / "a.mp3", "-b:a", "192k")
    by_ffmpeg = read_audio(tmp_path / "a.mp3")
    without_programs(monkeypatch)
    np.testing.assert_allclose(by_ffmpeg, read_audio(tmp_path / "a.mp3"), atol=1e-5)
    original = read_audio(tmp_path / "a.wav")
    assert len(by_ffmpeg) == len(original)
    assert np.corrcoef(by_ffmpeg, original)[0, 1] > 0.8  # noise is correlated at its own place only


@needs_ffmpeg
def test_a_flac_from_a_pipe_is_read(tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav")
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-f", "flac", "pipe:1"]
    with open(tmp_path / "a.flac", "wb") as file:
        subprocess.run(command, stdout=file, check=True)
    assert len(read_audio(tmp_path / "a.flac")) == SECONDS * SAMPLE_RATE


def test_a_rate_that_is_too_low_is_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.ones(4_000) / 2, 2_000)
    with pytest.raises(UserError, match=r"a\.wav: has 2000 samples a second, fewer than 4000"):
        read_audio(tmp_path / "a.wav")
