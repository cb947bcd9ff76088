"""Acoustic fingerprints by chromaprint: codes of a recording that a lossy codec hardly changes.

A code of 32 bits describes the chroma of 2.4 seconds. Chromaprint makes one code each 0.124 s. Two
copies of a recording have equal codes only where their frames start at the same sample. So a
fingerprint has the codes of two grids, half a step apart.
"""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import soxr

from jukedrummer.audio.io import SILENCE
from jukedrummer.config import require_chromaprint
from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_path

CODE_RATE = 11_025  # samples a second of the audio that chromaprint analyses
CODE_HOP = 1_365  # samples from one code to the next on one grid
CODE_SPAN = 4_096 + 19 * CODE_HOP  # samples that the first code needs
CODE_GRIDS = 2
PCM_PEAK = 32_000  # of the 16-bit samples that chromaprint analyses


def audio_fingerprint(chunks: Iterable[np.ndarray], rate: int) -> np.ndarray:
    """Fingerprint of a recording. Its gain does not matter.

    Args:
        chunks: the recording in chunks of any length, (n,) or (n, channels) float32. Channels are
            averaged.
        rate: samples a second.

    Returns:
        (n,) uint32. Code i starts at i * CODE_HOP / CODE_GRIDS samples of `CODE_RATE`. Recordings
        shorter than CODE_SPAN, 2.7 s, have no codes.

    Raises:
        UserError: chromaprint is not installed.
    """
    require_chromaprint("corpus.duplicates")
    import chromaprint

    resampler = soxr.ResampleStream(rate, CODE_RATE, 1, dtype="float32")
    mono = (chunk if chunk.ndim == 1 else chunk.mean(axis=1) for chunk in chunks)
    parts = [resampler.resample_chunk(chunk) for chunk in mono]
    parts.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    samples = np.concatenate(parts)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < SILENCE:
        return np.zeros(0, np.uint32)
    samples = (samples * (PCM_PEAK / peak)).astype(np.int16)
    grids = []
    for grid in range(CODE_GRIDS):
        printer = chromaprint.Fingerprinter()
        printer.start(CODE_RATE, 1)
        printer.feed(samples[grid * CODE_HOP // CODE_GRIDS :].tobytes())
        grids.append(chromaprint.decode_fingerprint(printer.finish())[0])
    codes = np.zeros(sum(map(len, grids)), np.uint32)
    for grid, values in enumerate(grids):
        codes[grid::CODE_GRIDS] = values
    return codes


def write_fingerprints(path: Path | str, fingerprints: Mapping[str, np.ndarray]) -> None:
    """Write the fingerprints of a shard's songs, as npz, atomically.

    Args:
        path: the file.
        fingerprints: song to codes, (n,) uint32.

    Raises:
        UserError: the file cannot be written.
    """
    codes = [np.zeros(0, np.uint32), *fingerprints.values()]
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(
            file,
            songs=np.array(list(fingerprints), dtype=np.str_),
            lengths=np.array([len(each) for each in codes[1:]], dtype=np.int64),
            codes=np.concatenate(codes),
        )


def read_fingerprints(path: Path | str) -> dict[str, np.ndarray]:
    """Read what `write_fingerprints` wrote: song to codes, (n,) uint32, in the order of writing.

    Raises:
        UserError: the file is missing or damaged, or is not a file of fingerprints.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            songs, lengths, codes = file["songs"], file["lengths"], file["codes"]
        if codes.dtype != np.uint32 or len(codes) != lengths.sum():
            raise ValueError("the lengths do not fit the codes")
        parts = np.split(codes, np.cumsum(lengths)[:-1]) if len(songs) else []
        return dict(zip(map(str, songs), parts, strict=True))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; run the rule fingerprints") from error
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path}: is not a file of fingerprints ({error}); was it cut off? Make it again"
        ) from error
