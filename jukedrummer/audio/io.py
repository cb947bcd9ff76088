"""Reading and writing of audio files.

soundfile reads and writes, soxr resamples, ffmpeg converts formats that soundfile cannot read.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
import soxr

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_path

CHUNK_SAMPLES = 1 << 18  # frames to read at a time
SILENCE = 1e-4  # audio whose peak is below this (-80 dB of full scale) is silent


def read_audio(path: Path | str) -> np.ndarray:
    """Read any common audio file as mono at 44,100 Hz.

    Channels are averaged. Formats other than wav, flac, ogg, mp3 and aiff need ffmpeg.

    Returns:
        (N,) float32, at least one sample, finite.

    Raises:
        UserError: the file does not exist, is a folder, is not audio, or has no samples, or NaN or
            infinite samples.
    """
    samples, rate = read_mono(path)
    return resample(samples, rate, SAMPLE_RATE)


def read_mono(path: Path | str, stream: int | None = None) -> tuple[np.ndarray, int]:
    """Read a file at its own rate, channels averaged.

    Channels are averaged chunk by chunk, so an hour of stereo takes the memory of an hour of mono.

    Args:
        path: the file.
        stream: index of an audio stream of a container such as MUSDB18's .stem.mp4; needs ffmpeg.

    Returns:
        (N,) float32 and the sample rate.

    Raises:
        UserError: as `read_audio`.
    """
    buffer = bytearray()
    with _opened(Path(path), stream) as file:
        for chunk in _chunks(file, path):
            buffer += chunk.mean(axis=1, dtype=np.float32).tobytes()
        return np.frombuffer(buffer, dtype=np.float32), file.samplerate


def read_channels(path: Path | str) -> tuple[np.ndarray, int]:
    """Read all channels of a file at its own rate: (N, channels) float32 and the sample rate.

    Raises:
        UserError: as `read_audio`.
    """
    with _opened(Path(path)) as file:
        return np.concatenate(list(_chunks(file, path))), file.samplerate


def _chunks(file: soundfile.SoundFile, path: Path | str) -> Iterator[np.ndarray]:
    # Yields (n, channels) float32 until the end; at least one chunk, all finite.
    position = 0
    try:
        while len(chunk := file.read(CHUNK_SAMPLES, dtype="float32", always_2d=True)):
            if not np.isfinite(chunk).all():
                first = np.flatnonzero(~np.isfinite(chunk).all(axis=1))[0]
                where = (position + first) / file.samplerate
                raise UserError(
                    f"{path}: holds a NaN or infinite sample at {where:.3f} s; export it again"
                )
            position += len(chunk)
            yield chunk
    except soundfile.LibsndfileError as error:
        where = position / file.samplerate
        raise UserError(
            f"{path}: cannot be read past {where:.3f} s ({error}); was it cut off?"
        ) from error
    if position == 0:
        raise UserError(f"{path}: holds no samples (0 s); was an export cut off?")


@contextmanager
def _opened(path: Path, stream: int | None = None) -> Iterator[soundfile.SoundFile]:
    if path.is_dir():
        raise UserError(f"{path}: is a folder; expected an audio file")
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise UserError(
            f"{path}: the file is empty (0 bytes); was a download or an export cut off?"
        )
    file, reason = None, "its container needs ffmpeg"
    if stream is None:
        try:
            file = soundfile.SoundFile(path)
        # TypeError: the name ends in .raw.
        except (soundfile.LibsndfileError, TypeError) as error:
            reason = str(error)
    if file is not None:
        with file:
            yield file
        return
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        _convert_with_ffmpeg(path, wav.name, stream or 0, reason)
        with soundfile.SoundFile(wav.name) as file:
            yield file


def _convert_with_ffmpeg(path: Path, wav: str, stream: int, reason: str) -> None:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise UserError(
            f"{path}: is not audio that can be read ({reason}); "
            "with ffmpeg more formats can be read"
        )
    source = ["-i", f"file:{path}", "-map", f"0:a:{stream}"]
    command = [ffmpeg, "-v", "error", "-y", *source, "-c:a", "pcm_f32le", wav]
    result = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if result.returncode:
        detail = (result.stderr.strip().splitlines() or [reason])[-1]
        raise UserError(f"{path}: is not audio that can be read ({detail})")


def resample(audio: np.ndarray, rate: int, to: int) -> np.ndarray:
    """Resample (N,) or (N, channels) float32 from `rate` to `to`, both in samples a second."""
    return audio if rate == to else np.ascontiguousarray(soxr.resample(audio, rate, to))


def write_audio(path: Path | str, audio: np.ndarray, sample_rate: int = SAMPLE_RATE) -> None:
    """Write (N,) or (N, channels) as 24-bit PCM, atomically.

    The suffix of `path` determines the format, wav or flac.

    Raises:
        UserError: the file cannot be written, or a sample is outside [-1, 1] and would clip.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    if not peak <= 1.0:
        raise UserError(f"{path}: the audio's peak is {peak:.3f}, the limit is 1: it would clip")
    with atomic_path(path) as temporary:
        temporary.touch()  # soundfile's error does not contain the cause
        try:
            soundfile.write(temporary, audio, sample_rate, subtype="PCM_24")
        except soundfile.LibsndfileError as error:
            raise UserError(f"{path}: cannot be written ({error}); is the disk full?") from error


def write_pcm16(path: Path, audio: np.ndarray, sample_rate: int = SAMPLE_RATE) -> None:
    """Write int16 (N,) as a wav file into a folder that is written as a whole.

    Raises:
        UserError: the file cannot be written.
    """
    try:
        soundfile.write(path, audio, sample_rate, subtype="PCM_16")
    except soundfile.LibsndfileError as error:
        raise UserError(f"{path}: cannot be written ({error}); is the disk full?") from error


def peak_gain(*signals: np.ndarray) -> float:
    """The largest gain, at most 1, that keeps the peak of all signals at 1 or below."""
    return 1.0 / max(1.0, *(float(np.abs(signal).max(initial=0.0)) for signal in signals))
