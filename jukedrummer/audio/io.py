"""Reading and writing of audio files.

soundfile reads and writes, soxr resamples. ffmpeg decodes formats that soundfile cannot read, or of
which it does not report damage.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
import soxr

from jukedrummer.audio.ffmpeg import decode_with_ffmpeg, probe_with_ffmpeg
from jukedrummer.audio.lengths import (
    UNKNOWN_FRAMES,
    IncompleteAudio,
    check_seconds,
    stated_seconds,
)
from jukedrummer.audio.ogg import ogg_fault
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_path

CHUNK_SAMPLES = 1 << 18  # frames to read at a time
SILENCE = 1e-4  # audio whose peak is below this (-80 dB of full scale) is silent
LOWEST_RATE = 4_000  # samples a second; telephones have 8,000


def read_audio(path: Path | str) -> np.ndarray:
    """Read any common audio file as mono at 44,100 Hz.

    Channels are averaged. Formats other than wav, flac, ogg, mp3 and aiff need ffmpeg.

    Returns:
        (N,) float32, at least one sample, finite.

    Raises:
        UserError: the file does not exist, is a folder, is not audio, is damaged or cut off, has
            fewer than `LOWEST_RATE` samples a second, or has no samples, or NaN or infinite ones.
    """
    samples, rate = read_mono(path)
    return resample(samples, rate, SAMPLE_RATE)


def read_mono(path: Path | str) -> tuple[np.ndarray, int]:
    """Read a file at its own rate, channels averaged.

    Channels are averaged chunk by chunk, so an hour of stereo takes the memory of an hour of mono.

    Returns:
        (N,) float32 and the sample rate.

    Raises:
        UserError: as `read_audio`.
    """
    buffer = bytearray()
    with open_audio(path) as audio:
        for chunk in audio.chunks():
            buffer += chunk.mean(axis=1, dtype=np.float32).tobytes()
        return np.frombuffer(buffer, dtype=np.float32), audio.file.samplerate


def read_channels(
    path: Path | str, on_incomplete: Callable[[IncompleteAudio], object] | None = None
) -> tuple[np.ndarray, int]:
    """Read all channels of a file at its own rate: (N, channels) float32 and the sample rate.

    Args:
        path: the file.
        on_incomplete: receives the error about missing parts, and the rest is returned; None: the
            error is raised.

    Raises:
        UserError: as `read_audio`.
    """
    chunks = []
    with open_audio(path) as audio:
        try:
            for chunk in audio.chunks():
                chunks.append(chunk)
        except IncompleteAudio as error:
            if on_incomplete is None or not chunks:
                raise
            on_incomplete(error)
        return np.concatenate(chunks), audio.file.samplerate


@dataclass(frozen=True)
class OpenAudio:
    """A file that is open for reading.

    Attributes:
        path: the file.
        file: its samples.
        stated: the length that its header states, seconds; None if it states none.
        fault: returns what is wrong with the file, or ""; called after the last sample.
    """

    path: Path
    file: soundfile.SoundFile
    stated: float | None = None
    fault: Callable[[], str] = str

    def chunks(self) -> Iterator[np.ndarray]:
        """The samples until the file's end.

        Yields:
            (n, channels) float32, at least one chunk, finite.

        Raises:
            IncompleteAudio: after the last sample that can be read: the file ends too early, or
                parts of it are damaged.
            UserError: there are no samples, or a NaN or infinite sample.
        """
        position, rate = 0, self.file.samplerate
        try:
            while len(chunk := self.file.read(CHUNK_SAMPLES, dtype="float32", always_2d=True)):
                if not np.isfinite(chunk).all():
                    first = np.flatnonzero(~np.isfinite(chunk).all(axis=1))[0]
                    raise UserError(
                        f"{self.path}: holds a NaN or infinite sample at "
                        f"{(position + first) / rate:.3f} s; export it again"
                    )
                position += len(chunk)
                yield chunk
        except soundfile.LibsndfileError as error:
            raise IncompleteAudio(
                f"{self.path}: cannot be read past {position / rate:.3f} s ({error}); was it cut "
                "off?"
            ) from error
        fault, seconds = self.fault(), position / rate
        if not seconds:
            raise UserError(f"{self.path}: holds no samples (0 s); was an export cut off?")
        check_seconds(self.path, self.stated, seconds, fault)


@contextmanager
def open_audio(path: Path | str, stream: int | None = None) -> Iterator[OpenAudio]:
    """Open a file, or one audio stream of a container, for reading.

    ffmpeg decodes MP3 files if it is installed: libsndfile leaves damaged parts out without an
    error, and reads only a part of a file of variable bit rate that does not state its length. The
    samples of both decoders start at the same place, and are equal within 1e-6. FLAC files from a
    pipe need ffmpeg: libsndfile fails at their end.

    Args:
        path: the file.
        stream: index of an audio stream of a container; needs ffmpeg. None for an audio file.

    Raises:
        UserError: as `read_audio`.
    """
    path = Path(path)
    file, reason = _opened(path, stream)
    stated = None
    if file is not None:
        with file:
            stated = stated_seconds(path, file)
            lenient = file.format == "MP3" or file.frames >= UNKNOWN_FRAMES
            if not lenient or shutil.which("ffmpeg") is None:
                fault = partial(ogg_fault, path) if file.format == "OGG" else str
                yield _checked_rate(OpenAudio(path, file, stated, fault))
                return
    with decode_with_ffmpeg(path, stream or 0, reason) as decoded:
        yield _checked_rate(OpenAudio(path, decoded, stated, decoded.fault))


def _checked_rate(audio: OpenAudio) -> OpenAudio:
    if audio.file.samplerate < LOWEST_RATE:
        raise UserError(
            f"{audio.path}: has {audio.file.samplerate} samples a second, fewer than "
            f"{LOWEST_RATE}; use a recording with more"
        )
    return audio


@dataclass(frozen=True)
class AudioInfo:
    """The properties of a file's audio.

    Attributes:
        seconds: the length; None if the file does not state it.
        rate: samples a second.
        channels: number of channels.
        codec: name of the coding, e.g. PCM_24 or aac.
    """

    seconds: float | None
    rate: int
    channels: int
    codec: str


def probe_audio(path: Path | str, stream: int | None = None) -> AudioInfo:
    """The properties of a file, or of one audio stream of a container. Nothing is decoded.

    Args:
        path: the file.
        stream: index of an audio stream of a container; needs ffprobe. None for an audio file.

    Raises:
        UserError: the file does not exist, is a folder or is not audio, or has no such stream.
    """
    path = Path(path)
    file, reason = _opened(path, stream)
    if file is not None:
        with file:
            seconds = file.frames / file.samplerate
            return AudioInfo(seconds, file.samplerate, file.channels, file.subtype)
    stated = probe_with_ffmpeg(path, stream or 0, reason)
    return AudioInfo(
        float(stated["duration"]) if "duration" in stated else None,
        int(stated["sample_rate"]),
        int(stated["channels"]),
        stated["codec_name"],
    )


def _opened(path: Path, stream: int | None) -> tuple[soundfile.SoundFile | None, str]:
    # The file opened by soundfile, or None and the reason why ffmpeg must read it.
    # os.path's functions do not raise an error for a folder without permission.
    if os.path.isdir(path):
        raise UserError(f"{path}: is a folder; expected an audio file")
    if not os.path.isfile(path):
        raise UserError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise UserError(
            f"{path}: the file is empty (0 bytes); was a download or an export cut off?"
        )
    if stream is not None:
        return None, "its container needs ffmpeg"
    try:
        return soundfile.SoundFile(os.fsencode(path)), ""  # the name may not be UTF-8
    # TypeError: the name ends in .raw.
    except (soundfile.LibsndfileError, TypeError) as error:
        return None, str(error)


def resample(audio: np.ndarray, rate: int, to: int) -> np.ndarray:
    """Resample (N,) or (N, channels) float32 from `rate` to `to`, both in samples a second."""
    return audio if rate == to else np.ascontiguousarray(soxr.resample(audio, rate, to))


def write_audio(path: Path | str, audio: np.ndarray, sample_rate: int = SAMPLE_RATE) -> None:
    """Write (N,) or (N, channels) as 24-bit PCM, atomically.

    The suffix of `path` determines the format, wav or flac.

    Raises:
        UserError: the file cannot be written, or a sample is outside [-1, 1] and would clip.
    """
    with audio_writer(path, 1 if audio.ndim == 1 else audio.shape[1], sample_rate) as write:
        write(audio)


@contextmanager
def audio_writer(
    path: Path | str, channels: int = 1, sample_rate: int = SAMPLE_RATE
) -> Iterator[Callable[[np.ndarray], None]]:
    """Write a file chunk by chunk as 24-bit PCM, atomically.

    Args:
        path: the file. Its suffix determines the format, wav or flac.
        channels: number of channels.
        sample_rate: samples a second.

    Yields:
        A function that appends a chunk, (n,) or (n, channels).

    Raises:
        UserError: the file cannot be written, or a sample is outside [-1, 1] and would clip.
    """
    with atomic_path(path) as temporary:
        temporary.touch()  # soundfile's error does not contain the cause
        try:
            with soundfile.SoundFile(temporary, "w", sample_rate, channels, "PCM_24") as file:
                yield lambda chunk: file.write(_checked_peak(chunk, path))
        except soundfile.LibsndfileError as error:
            raise UserError(f"{path}: cannot be written ({error}); is the disk full?") from error


def _checked_peak(audio: np.ndarray, path: Path | str) -> np.ndarray:
    peak = float(np.abs(audio).max(initial=0.0))
    if not peak <= 1.0:
        raise UserError(f"{path}: the audio's peak is {peak:.3f}, the limit is 1: it would clip")
    return audio


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
