"""Audio chunk by chunk has the samples of the whole file, in chunks of the asked length."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.chunks import even_chunks, read_chunks, resampled_chunks
from jukedrummer.audio.io import CHUNK_SAMPLES, read_channels, resample
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError


def noise(samples: int, channels: int) -> np.ndarray:
    """Uniform noise, (N, channels) float32."""
    shape = (samples, channels)
    return np.random.default_rng(samples).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000, 12_345])
@pytest.mark.parametrize("samples", [3, 40_001, CHUNK_SAMPLES + 17])
def test_chunks_are_the_resampled_file(tmp_path: Path, rate: int, samples: int) -> None:
    soundfile.write(tmp_path / "a.wav", noise(samples, 2), rate, subtype="FLOAT")
    expected = resample(read_channels(tmp_path / "a.wav")[0], rate, SAMPLE_RATE)
    with read_chunks(tmp_path / "a.wav", size=10_000) as chunks:
        parts = list(chunks)
    assert {len(part) for part in parts[:-1]} <= {10_000}
    assert 0 < len(parts[-1]) <= 10_000
    np.testing.assert_allclose(np.concatenate(parts), expected, atol=1e-6)


@pytest.mark.parametrize("size", [1, 100, 3_001])
def test_resampling_does_not_depend_on_the_chunks(size: int) -> None:
    audio = noise(9_000, 1)
    chunks = resampled_chunks(even_chunks([audio], size), 32_000, SAMPLE_RATE)
    expected = resample(audio, 32_000, SAMPLE_RATE)
    np.testing.assert_allclose(np.concatenate(list(chunks)), expected, atol=1e-6)


def test_no_audio_gives_no_chunks() -> None:
    assert list(even_chunks([np.zeros((0, 2))], 5)) == []
    assert list(resampled_chunks([], 8_000, SAMPLE_RATE)) == []


def test_faults_are_those_of_reading_a_whole_file(tmp_path: Path) -> None:
    audio = noise(3 * CHUNK_SAMPLES, 1)
    audio[2 * CHUNK_SAMPLES] = np.nan
    soundfile.write(tmp_path / "hole.wav", audio, SAMPLE_RATE, subtype="FLOAT")
    with (
        pytest.raises(UserError, match=r"hole\.wav: holds a NaN or infinite sample at 11\.889 s"),
        read_chunks(tmp_path / "hole.wav") as chunks,
    ):
        assert [len(chunk) for chunk in chunks] == []
    (tmp_path / "empty.wav").touch()
    with pytest.raises(UserError, match="0 bytes"), read_chunks(tmp_path / "empty.wav"):
        pass


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_streams_of_a_container_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "song.stem.mp4"
    inputs = [
        part
        for hertz in (441, 882)
        for part in ("-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=22050:duration=1")
    ]
    maps = ["-map", "0:a", "-map", "1:a"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *maps, "-c:a", "aac", path], check=True)
    for stream, hertz in enumerate((441, 882)):
        with read_chunks(path, stream) as chunks:
            audio = np.concatenate(list(chunks))[:SAMPLE_RATE, 0]
        assert np.abs(np.fft.rfft(audio)).argmax() == hertz


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux reports it")
def test_an_hour_takes_the_memory_of_a_minute(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "hour.wav", "w", 48_000, 2, subtype="PCM_16") as file:
        for _ in range(60):
            file.write(np.zeros((60 * 48_000, 2), dtype=np.int16))
    code = (
        "import resource, sys; from jukedrummer.audio.chunks import read_chunks\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "before = peak()\n"
        "with read_chunks(sys.argv[1]) as chunks: print(sum(map(len, chunks)), peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "hour.wav"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    samples, megabytes = done.stdout.split()
    assert int(samples) == 3_600 * SAMPLE_RATE
    assert float(megabytes) < 50
