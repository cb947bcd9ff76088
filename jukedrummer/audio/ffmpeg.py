"""Audio that soundfile cannot read, or reads without a word about damage, decoded by ffmpeg.

ffmpeg's output comes through a pipe, so no temporary file is written. ffmpeg may only open
containers that have their own audio. Playlists, which name other files or addresses, are errors.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import soundfile

from jukedrummer.audio.lengths import CUT_OFF, DAMAGED
from jukedrummer.errors import UserError

PATIENCE_SECONDS = 60.0  # ffmpeg is stopped if it has no output for this time
MESSAGE_BYTES = 4_096  # how much of the end of ffmpeg's messages is read
# ffmpeg's names of containers and of streams without one, but not of playlists (hls, concat, dash).
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,gsm,iff,loas,matroska,mov,mp3,mpc,"
    "mpc8,mpeg,mpegts,nut,ogg,oma,rm,shn,sox,spdif,tak,tta,voc,w64,wav,wv"
)
# Messages about files that are cut off: mp4, matroska, others.
ENDS = ("partial file", "File ended prematurely", "Input/output error")
# Messages about damaged parts, of ffmpeg before and since version 6.1.
DAMAGE = ("Error while decoding stream", "Error submitting packet to decoder")
_OWN_AUDIO = ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS]
_OUTPUT = ["-c:a", "pcm_f32be", "-f", "au", "pipe:1"]  # AU has a header without a length


class DecodedAudio(soundfile.SoundFile):  # type: ignore[misc]
    """One audio stream of a file, decoded while it is read.

    Args:
        path: the file, for messages.
        process: ffmpeg, which writes AU to its standard output.
        messages: file of ffmpeg's messages.

    Raises:
        UserError: ffmpeg cannot read the file, or has no output for `PATIENCE_SECONDS`.
    """

    def __init__(self, path: Path, process: "subprocess.Popen[bytes]", messages: IO[bytes]) -> None:
        self._path, self._process, self._messages = path, process, messages
        assert process.stdout is not None  # it is a pipe
        try:
            with self._time_limit():
                super().__init__(process.stdout.fileno(), closefd=False)
        except soundfile.LibsndfileError:
            self.fault()
            raise

    def read(self, frames: int, **options: Any) -> np.ndarray:
        """As `SoundFile.read`, at most `frames` frames.

        Raises:
            UserError: ffmpeg has no output for `PATIENCE_SECONDS`.
        """
        with self._time_limit():
            chunk: np.ndarray = super().read(frames, **options)
        return chunk

    def fault(self) -> str:
        """What ffmpeg reported about missing parts; "" if nothing. Called after the last sample.

        Raises:
            UserError: ffmpeg failed, or does not end within `PATIENCE_SECONDS`.
        """
        with self._time_limit():
            failed = self._process.wait()
        self._messages.seek(max(0, self._messages.seek(0, os.SEEK_END) - MESSAGE_BYTES))
        messages = self._messages.read().decode(errors="replace")
        if failed:
            raise _not_readable(self._path, messages)
        # In both cases ffmpeg's status is 0. It leaves damaged parts out, so what follows is early.
        if any(text in messages for text in ENDS):
            return CUT_OFF
        if any(text in messages for text in DAMAGE):
            return DAMAGED
        return ""

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        timer = threading.Timer(PATIENCE_SECONDS, expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if expired.is_set():
                raise UserError(
                    f"{self._path}: ffmpeg had no output for {PATIENCE_SECONDS:g} s; is the file "
                    "damaged, or is its disk not reachable?"
                )


@contextmanager
def decode_with_ffmpeg(path: Path, stream: int, reason: str) -> Iterator[DecodedAudio]:
    """Decode one audio stream of a file. The process ends with the block.

    Args:
        path: the file.
        stream: index among its audio streams.
        reason: why ffmpeg is needed, for the message if it is not installed.

    Raises:
        UserError: ffmpeg is not installed, or cannot read the file or the stream.
    """
    command = [_program("ffmpeg", path, reason), "-v", "error", "-nostdin", *_OWN_AUDIO]
    command += ["-i", f"file:{path}", "-map", f"0:a:{stream}", *_OUTPUT]
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages
        ) as process,
    ):
        try:
            with DecodedAudio(path, process, messages) as file:
                yield file
        finally:
            process.kill()


def probe_with_ffmpeg(path: Path, stream: int, reason: str) -> dict[str, str]:
    """The properties of one audio stream, by ffprobe, which does not decode it.

    Args:
        path: the file.
        stream: index among its audio streams.
        reason: why ffprobe is needed, for the message if it is not installed.

    Returns:
        `codec_name`, `sample_rate`, `channels`, and `duration` in seconds if the file states it.

    Raises:
        UserError: ffprobe is not installed, cannot read the file, or there is no such stream.
    """
    fields = "stream=codec_name,sample_rate,channels,duration:format=duration"
    command = [_program("ffprobe", path, reason), "-v", "error", *_OWN_AUDIO]
    command += ["-select_streams", f"a:{stream}", "-show_entries", fields, "-of", "json"]
    try:
        result = subprocess.run(
            [*command, f"file:{path}"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"{path}: ffprobe had no output for {PATIENCE_SECONDS:g} s; is its disk not reachable?"
        ) from error
    if result.returncode:
        raise _not_readable(path, result.stderr.decode(errors="replace"))
    document = json.loads(result.stdout)
    if not document.get("streams"):
        raise UserError(f"{path}: has no audio stream {stream} (counted from 0)")
    return {**document.get("format", {}), **document["streams"][0]}


def _program(name: str, path: Path, reason: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise UserError(
            f"{path}: is not audio that can be read ({reason}); install {name} to read more formats"
        )
    return program


def _not_readable(path: Path, messages: str) -> UserError:
    if "not on whitelist" in messages:
        return UserError(
            f"{path}: is a playlist or another file without audio of its own; use the audio file "
            "itself"
        )
    detail = (messages.strip().splitlines() or ["ffmpeg failed"])[-1]
    return UserError(f"{path}: is not audio that can be read ({detail})")
