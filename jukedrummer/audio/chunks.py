"""Reads and resamples audio chunk by chunk, in memory that does not grow with its length."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soxr

from jukedrummer.audio.io import CHUNK_SAMPLES, open_audio
from jukedrummer.config import SAMPLE_RATE


@contextmanager
def read_chunks(
    path: Path | str,
    stream: int | None = None,
    rate: int = SAMPLE_RATE,
    size: int = CHUNK_SAMPLES,
) -> Iterator[Iterator[np.ndarray]]:
    """Read a file chunk by chunk, resampled.

    The samples are those of `read_channels` and `resample`.

    Args:
        path: any common audio file.
        stream: index of an audio stream of a container such as MUSDB18's .stem.mp4; needs ffmpeg.
        rate: samples a second of the result.
        size: samples of a chunk. The last chunk may be shorter.

    Yields:
        An iterator over chunks (size, channels) float32, finite.

    Raises:
        UserError: as `read_audio`, when the file is opened or when a chunk is read.
    """
    with open_audio(path, stream) as audio:
        chunks = resampled_chunks(audio.chunks(), audio.file.samplerate, rate)
        yield even_chunks(chunks, size)


def resampled_chunks(chunks: Iterable[np.ndarray], rate: int, to: int) -> Iterator[np.ndarray]:
    """Resample chunks (n, channels) float32 of one signal from `rate` to `to` samples a second.

    The result has the samples of `resample`, in chunks of any length.
    """
    if rate == to:
        yield from chunks
        return
    resampler, last = None, np.zeros((0, 1), dtype=np.float32)
    for chunk in chunks:
        resampler = resampler or soxr.ResampleStream(rate, to, chunk.shape[1])
        yield resampler.resample_chunk(chunk)
        last = chunk[:0]
    if resampler is not None:
        yield resampler.resample_chunk(last, last=True)


def even_chunks(chunks: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Divide a signal, given in chunks (n, ...) of any length, into chunks of `size`.

    The last chunk may be shorter. No chunk is empty.
    """
    held: list[np.ndarray] = []
    count = 0
    for chunk in chunks:
        held.append(chunk)
        count += len(chunk)
        if count >= size:
            joined = np.concatenate(held)
            whole = count - count % size
            yield from (joined[start : start + size] for start in range(0, whole, size))
            held, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(held)
