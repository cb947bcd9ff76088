import contextlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.audio.io import (
    CHUNK_SAMPLES,
    AudioInfo,
    audio_writer,
    peak_gain,
    probe_audio,
    read_audio,
    read_channels,
    read_mono,
    resample,
    write_audio,
)
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError


def tone(seconds, rate=SAMPLE_RATE, hertz=440.0, channels=1):
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def strongest_hertz(audio, rate):
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    return spectrum.argmax() * rate / len(audio)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("a.wav", 44_100, 1, "PCM_16"),
        ("a.wav", 8_000, 1, "PCM_U8"),
        ("a.wav", 48_000, 2, "PCM_24"),
        ("a.wav", 96_000, 6, "FLOAT"),
        ("a.flac", 44_100, 2, "PCM_24"),
        ("a.ogg", 44_100, 2, "VORBIS"),
        ("a.mp3", 44_100, 2, "MPEG_LAYER_III"),
        ("a.aiff", 22_050, 1, "PCM_16"),
        ("mislabelled.raw", 44_100, 1, "PCM_16"),
    ],
)
def test_any_common_format_becomes_mono_at_44100(tmp_path, name, rate, channels, subtype):
    path = tmp_path / name
    audio = tone(1, rate, channels=channels)
    kind = {"mislabelled.raw": "WAV", "a.ogg": "OGG", "a.mp3": "MP3"}.get(name)
    soundfile.write(path, audio, rate, subtype=subtype, format=kind)
    if name.endswith(".raw") and shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    read = read_audio(path)
    assert read.ndim == 1
    assert read.dtype == np.float32
    # mp3 has an encoder delay. soundfile compensates only a part of it.
    assert abs(len(read) - SAMPLE_RATE) <= (2_400 if name.endswith("mp3") else 2)
    assert strongest_hertz(read, SAMPLE_RATE) == pytest.approx(440, abs=2)
    assert np.abs(read).max() == pytest.approx(0.5, abs=0.05)


def test_channels_are_averaged(tmp_path):
    audio = np.stack([np.full(100, 0.5), np.full(100, -0.25)], axis=1)
    soundfile.write(tmp_path / "a.wav", audio, SAMPLE_RATE, subtype="FLOAT")
    assert read_audio(tmp_path / "a.wav") == pytest.approx(0.125)


def test_files_longer_than_a_chunk_are_read_whole(tmp_path):
    audio = np.random.default_rng(0).uniform(-1, 1, (2 * CHUNK_SAMPLES + 17, 2))
    audio = audio.astype(np.float32)
    soundfile.write(tmp_path / "a.wav", audio, 48_000, subtype="FLOAT")
    channels, rate = read_channels(tmp_path / "a.wav")
    assert rate == 48_000
    np.testing.assert_array_equal(channels, audio)
    np.testing.assert_allclose(read_mono(tmp_path / "a.wav")[0], audio.mean(axis=1), atol=1e-7)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_ffmpeg_reads_what_soundfile_cannot(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(2), SAMPLE_RATE)
    m4a = tmp_path / "-odd name:.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", f"file:{m4a}"], check=True)
    assert strongest_hertz(read_audio(m4a), SAMPLE_RATE) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("content", [b"not audio at all", b"RIFF\0\0\0\0WAVEfmt ", b"\0" * 5_000])
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.txt"])
def test_files_that_are_not_audio_are_errors(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=name):
        read_audio(tmp_path / name)


def test_without_ffmpeg_the_message_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "a.m4a").write_bytes(b"not audio")
    with pytest.raises(UserError, match="install ffmpeg to read more formats"):
        read_audio(tmp_path / "a.m4a")


def test_bad_files_are_errors_that_name_the_cause(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_audio(tmp_path / "missing.wav")
    with pytest.raises(UserError, match="is a folder"):
        read_audio(tmp_path)
    (tmp_path / "empty.wav").touch()
    with pytest.raises(UserError, match="0 bytes"):
        read_audio(tmp_path / "empty.wav")
    soundfile.write(tmp_path / "short.wav", np.zeros(0), SAMPLE_RATE)
    with pytest.raises(UserError, match="holds no samples"):
        read_audio(tmp_path / "short.wav")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_located(tmp_path, value):
    audio = tone(10)
    audio[int(7.5 * SAMPLE_RATE)] = value
    soundfile.write(tmp_path / "a.wav", audio, SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(UserError, match=r"NaN or infinite sample at 7\.500 s"):
        read_audio(tmp_path / "a.wav")


def test_a_cut_off_file_gives_what_there_is_or_an_error(tmp_path):
    soundfile.write(
        tmp_path / "a.flac", np.random.default_rng(0).uniform(-1, 1, 441_000), SAMPLE_RATE
    )
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(whole[: len(whole) // 2])
    with contextlib.suppress(UserError):
        audio = read_audio(tmp_path / "a.flac")
        assert 0 < len(audio) <= 441_000
        assert np.isfinite(audio).all()


@settings(max_examples=20, deadline=None)
@given(
    rate=st.sampled_from([8_000, 16_000, 22_050, 32_000, 48_000, 88_200, 96_000, 192_000]),
    seconds=st.floats(0.5, 2.0),
    hertz=st.floats(100.0, 3_000.0),
)
def test_resampling_keeps_length_frequency_and_level(rate, seconds, hertz):
    audio = tone(seconds, rate, hertz)[:, 0]
    result = resample(audio, rate, SAMPLE_RATE)
    assert abs(len(result) / SAMPLE_RATE - len(audio) / rate) < 1e-4
    assert strongest_hertz(result, SAMPLE_RATE) == pytest.approx(hertz, abs=1.5 / seconds)
    middle = slice(len(result) // 4, -len(result) // 4)
    assert np.abs(result[middle]).max() == pytest.approx(0.5, abs=0.01)


@settings(max_examples=100)
@given(st.lists(st.floats(-8, 8, width=32), min_size=1), st.lists(st.floats(-8, 8, width=32)))
def test_after_the_common_gain_nothing_clips(first, second):
    signals = [np.array(first, dtype=np.float32), np.array(second, dtype=np.float32)]
    gain = peak_gain(*signals)
    assert 0 < gain <= 1
    peak = max(float(np.abs(signal * np.float32(gain)).max(initial=0)) for signal in signals)
    assert peak <= 1
    assert gain == 1 or peak == pytest.approx(1)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_written_audio_reads_back_at_24_bits(tmp_path, name):
    audio = np.random.default_rng(0).uniform(-1, 1, 10_000).astype(np.float32)
    write_audio(tmp_path / "new" / name, audio)
    np.testing.assert_allclose(read_audio(tmp_path / "new" / name), audio, atol=2**-22)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]


@pytest.mark.parametrize("audio", [[0.5, 1.01], [0.5, np.nan]])
def test_audio_that_would_clip_is_rejected(tmp_path, audio):
    with pytest.raises(UserError, match="would clip"):
        write_audio(tmp_path / "a.wav", np.array(audio))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_chunks_are_written_as_the_whole_is(tmp_path, name, channels):
    audio = np.random.default_rng(0).uniform(-1, 1, (20_000, channels)).astype(np.float32)
    write_audio(tmp_path / "whole" / name, audio, 48_000)
    with audio_writer(tmp_path / name, channels, 48_000) as write:
        for chunk in np.split(audio, [0, 1, 5_000, 5_003]):
            write(chunk if channels > 1 else chunk[:, 0])
    assert (tmp_path / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_chunk_that_would_clip_leaves_no_file(tmp_path):
    def write_two_chunks():
        with audio_writer(tmp_path / "a.flac") as write:
            write(np.zeros(10, dtype=np.float32))
            write(np.array([0, -1.01], dtype=np.float32))

    with pytest.raises(UserError, match=r"a\.flac: the audio's peak is 1\.010"):
        write_two_chunks()
    assert not list(tmp_path.iterdir())


def test_a_file_states_its_length_and_format(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(1.5, 48_000, channels=2), 48_000, subtype="PCM_24")
    assert probe_audio(tmp_path / "a.wav") == AudioInfo(1.5, 48_000, 2, "PCM_24")
    with pytest.raises(UserError, match="no such file"):
        probe_audio(tmp_path / "b.wav")
    (tmp_path / "b.wav").write_bytes(b"not audio")
    with pytest.raises(UserError, match=r"b\.wav: is not audio"):
        probe_audio(tmp_path / "b.wav")


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_stream_states_its_length_and_format(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(1, 32_000, channels=2), 32_000)
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", tmp_path / "a.m4a"]
    subprocess.run(command, check=True)
    info = probe_audio(tmp_path / "a.m4a", 0)
    assert info.seconds == pytest.approx(1, abs=0.1)
    assert (info.rate, info.channels, info.codec) == (32_000, 2, "aac")
    with pytest.raises(UserError, match=r"a\.m4a: has no audio stream 1 \(counted from 0\)"):
        probe_audio(tmp_path / "a.m4a", 1)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux reports it")
def test_an_hour_of_stereo_takes_little_more_memory_than_an_hour_of_mono(tmp_path):
    path = tmp_path / "hour.wav"
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 2, subtype="PCM_16") as file:
        for _ in range(60):
            file.write(np.zeros((60 * SAMPLE_RATE, 2), dtype=np.int16))
    code = (
        "import resource, sys; from jukedrummer.audio.io import read_audio\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "before = peak(); audio = read_audio(sys.argv[1])\n"
        "print((peak() - before) / (audio.nbytes / 2**20))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(done.stdout) < 1.5
