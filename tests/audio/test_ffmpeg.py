"""ffmpeg opens no playlists, is stopped if it hangs, and leaves no process."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio import ffmpeg
from jukedrummer.audio.chunks import read_chunks
from jukedrummer.audio.io import probe_audio, read_audio
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
PLAYLISTS = {
    "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\na.m4a\n#EXT-X-ENDLIST\n",
    "a.ffconcat": "ffconcat version 1.0\nfile a.m4a\n",
    "renamed.mp3": "ffconcat version 1.0\nfile a.m4a\n",
}


def write_m4a(folder: Path, seconds: float = 1.0) -> Path:
    """Noise as AAC, which soundfile cannot read."""
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (int(seconds * SAMPLE_RATE), 2))
    soundfile.write(folder / "a.wav", audio, SAMPLE_RATE)
    command = ["ffmpeg", "-v", "error", "-i", folder / "a.wav", folder / "a.m4a"]
    subprocess.run(command, check=True)
    return folder / "a.m4a"


def is_running(pid_file: Path) -> bool:
    """Whether there is a process with the id in this file."""
    try:
        os.kill(int(pid_file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Replace ffmpeg and ffprobe by a shell script."""
    for name in ("ffmpeg", "ffprobe"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@needs_ffmpeg
@pytest.mark.parametrize("name", PLAYLISTS)
def test_playlists_are_rejected(tmp_path: Path, name: str) -> None:
    write_m4a(tmp_path)
    (tmp_path / name).write_text(PLAYLISTS[name])
    for read in (read_audio, probe_audio):
        with pytest.raises(UserError, match=rf"{name}: is a playlist .* use the audio file"):
            read(tmp_path / name)


def test_a_program_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    monkeypatch.setattr(ffmpeg, "PATIENCE_SECONDS", 0.3)
    (tmp_path / "a.m4a").write_bytes(b"anything")
    with pytest.raises(UserError, match=r"a\.m4a: ffmpeg had no output for 0\.3 s"):
        read_audio(tmp_path / "a.m4a")
    assert not is_running(tmp_path / "pid")
    with pytest.raises(UserError, match=r"a\.m4a: ffprobe had no output for 0\.3 s"):
        probe_audio(tmp_path / "a.m4a")


@needs_ffmpeg
def test_a_program_that_hangs_midway_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "part.au", np.zeros(SAMPLE_RATE), SAMPLE_RATE, subtype="FLOAT")
    stand_in(tmp_path, monkeypatch, f"cat {tmp_path}/part.au; exec sleep 60")
    monkeypatch.setattr(ffmpeg, "PATIENCE_SECONDS", 0.3)
    (tmp_path / "a.m4a").write_bytes(b"anything")
    with pytest.raises(UserError, match=r"a\.m4a: ffmpeg had no output for 0\.3 s"):
        read_audio(tmp_path / "a.m4a")


@needs_ffmpeg
def test_the_process_ends_with_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_m4a(tmp_path, seconds=20)
    program = shutil.which("ffmpeg")
    stand_in(tmp_path, monkeypatch, f'echo $$ > {tmp_path}/pid; exec {program} "$@"')
    with read_chunks(path, size=1_000) as chunks:
        assert len(next(chunks)) == 1_000
        assert is_running(tmp_path / "pid")
    assert not is_running(tmp_path / "pid")


def test_a_failure_midway_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "part.au", np.zeros(SAMPLE_RATE), SAMPLE_RATE, subtype="FLOAT")
    stand_in(tmp_path, monkeypatch, f"cat {tmp_path}/part.au; echo it broke >&2; exit 1")
    (tmp_path / "a.m4a").write_bytes(b"anything")
    with pytest.raises(UserError, match=r"a\.m4a: is not audio that can be read \(it broke\)"):
        read_audio(tmp_path / "a.m4a")


@needs_ffmpeg
def test_a_damaged_part_is_an_error(tmp_path: Path) -> None:
    path = write_m4a(tmp_path, seconds=5)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = np.random.default_rng(0).bytes(300)
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.m4a: is damaged, parts cannot be decoded"):
        read_audio(path)
