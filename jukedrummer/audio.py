"""Reading and writing audio: soundfile, soxr for the rate, ffmpeg for what soundfile cannot read."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from jukedrummer.errors import UserError
from jukedrummer.files import atomic_path

SAMPLE_RATE = 44_100


def read_audio(path: Path | str, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Read any common audio file as mono float32 at `sample_rate`.

    Channels are averaged. wav, flac, ogg, mp3 and aiff need nothing else; other formats need ffmpeg.

    Returns:
        (N,) float32, at least one sample, finite.

    Raises:
        UserError: no such file, a folder, not audio, no samples, NaN or infinite samples.
    """
    path = Path(path)
    samples, rate = read_channels(path)
    return resample(samples.mean(axis=1, dtype=np.float32), rate, sample_rate)


def read_channels(path: Path | str) -> tuple[np.ndarray, int]:
    """Read a file as it is: (N, channels) float32 and its sample rate.

    Raises:
        UserError: as `read_audio`.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path}: is a folder; expected an audio file")
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise UserError(f"{path}: the file is empty (0 bytes); was a download or an export cut off?")
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        samples, rate = _read_with_ffmpeg(path, str(error))
    if len(samples) == 0:
        raise UserError(f"{path}: holds no samples (0 s); was an export cut off?")
    if not np.isfinite(samples).all():
        where = np.flatnonzero(~np.isfinite(samples).all(axis=1))[0] / rate
        raise UserError(f"{path}: holds a NaN or infinite sample at {where:.3f} s; export it again")
    return samples, rate


def _read_with_ffmpeg(path: Path, reason: str) -> tuple[np.ndarray, int]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise UserError(f"{path}: is not audio that can be read ({reason}); with ffmpeg more formats can")
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        command = [ffmpeg, "-v", "error", "-y", "-i", path, "-vn", "-c:a", "pcm_f32le", wav.name]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            detail = (done.stderr.strip().splitlines() or [reason])[-1]
            raise UserError(f"{path}: is not audio that can be read ({detail})")
        return soundfile.read(wav.name, dtype="float32", always_2d=True)


def resample(audio: np.ndarray, rate: int, to: int) -> np.ndarray:
    """Resample (N,) or (N, channels) float32 from `rate` to `to` samples a second (soxr, high quality)."""
    return audio if rate == to else np.ascontiguousarray(soxr.resample(audio, rate, to))


def write_audio(path: Path | str, audio: np.ndarray, sample_rate: int = SAMPLE_RATE) -> None:
    """Write (N,) or (N, channels) as 24-bit PCM (wav or flac by the name), whole or not at all.

    Raises:
        UserError: the place cannot be written, or a sample lies outside [-1, 1] and would clip.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    if not peak <= 1.0:
        raise UserError(f"{path}: the audio's peak is {peak:.3f}, the limit is 1: it would clip")
    with atomic_path(path) as temporary:
        soundfile.write(temporary, audio, sample_rate, subtype="PCM_24")


def peak_gain(*signals: np.ndarray) -> float:
    """The common gain that brings the loudest of the signals to a peak of 1 where it exceeds 1, else 1."""
    return 1.0 / max(1.0, *(float(np.abs(signal).max(initial=0.0)) for signal in signals))
