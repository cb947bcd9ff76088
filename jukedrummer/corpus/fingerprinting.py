"""Fingerprints of the songs of one shard."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.chunks import read_chunks
from jukedrummer.audio.fingerprint import audio_fingerprint, write_fingerprints
from jukedrummer.config import SAMPLE_RATE, require_chromaprint
from jukedrummer.corpus.manifest import Song, read_songs
from jukedrummer.errors import UserError


def fingerprint_songs(songs: Path, output: Path) -> None:
    """Write the fingerprints of one shard's songs: of the mixture, or of the sum of the stems.

    A song that cannot be read has no codes, so it has no copies. The stage pairs leaves it out.

    Args:
        songs: the shard's table of songs.
        output: the file to write.

    Raises:
        UserError: the table is damaged, chromaprint is missing, or `output` cannot be written.
    """
    require_chromaprint("corpus.duplicates")
    codes = {}
    for song in tqdm(read_songs(songs), desc=f"fingerprints {songs.stem}", unit="song"):
        try:
            codes[song.song] = audio_fingerprint(_mix(song), SAMPLE_RATE)
        except UserError:
            codes[song.song] = np.zeros(0, np.uint32)
    write_fingerprints(output, codes)


def _mix(song: Song) -> Iterator[np.ndarray]:
    # Chunks (n,) at 44,100 Hz.
    mixtures = [part for part in song.parts if part.role == "mixture"]
    with ExitStack() as stack:
        readers = [
            stack.enter_context(read_chunks(part.path, part.stream))
            for part in mixtures[:1] or song.parts
        ]
        for chunks in zip_longest(*readers, fillvalue=np.zeros((0, 1), np.float32)):
            total = np.zeros(max(map(len, chunks)), np.float32)
            for chunk in chunks:
                total[: len(chunk)] += chunk.mean(axis=1)
            yield total
