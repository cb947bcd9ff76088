"""The two recordings of a song, chunk by chunk: sums of its stems, or a separated mix."""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jukedrummer.audio.chunks import read_chunks
from jukedrummer.audio.io import SILENCE
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.corpus.manifest import Song
from jukedrummer.corpus.song import Stem, Unfit
from jukedrummer.errors import UserError

if TYPE_CHECKING:
    from jukedrummer.audio.separation import Separator


class PartChunk(NamedTuple):
    """The same stretch of all recordings, at 44,100 Hz.

    Attributes:
        drums: (n, channels) float32.
        drumless: (n, channels) float32.
        mixture: (n or fewer, channels) float32; None if the song has none.
    """

    drums: np.ndarray
    drumless: np.ndarray
    mixture: np.ndarray | None


def is_mix(parts: Sequence[Stem]) -> bool:
    """Whether a song has a mixture only, so that it is separated."""
    return all(part.role == "mixture" for part in parts)


def check_separable(songs: Iterable[Song], config: PairsConfig) -> None:
    """Check that demucs is installed if a song has a mixture only, which is separated.

    Raises:
        UserError: it is not installed, or its folder is missing.
    """
    mix = next((song for song in songs if is_mix(song.parts)), None)
    if mix is None or config.separator is None:
        return
    try:
        config.check_separator("pairs")
    except UserError as error:
        raise UserError(
            f"{mix.parts[0].path}: has no stems and is separated, but {error}; or set "
            "pairs.separator: null, which leaves such songs out"
        ) from error


def part_chunks(
    parts: Sequence[Stem], separator: "Separator | None", config: PairsConfig
) -> Generator[PartChunk, None, None]:
    """The recordings of a song, from its beginning to its end.

    Args:
        parts: its stems, or its mix.
        separator: separates a mix; None: a mix is not used.
        config: how much the lengths of stems may differ.

    Raises:
        Unfit: a stem is missing, the lengths differ too much, or the mix is silent or cannot be
            separated.
        UserError: a file cannot be read.
    """
    _check_roles(parts)
    return separated(parts[0], separator) if is_mix(parts) else summed(parts, config)


def _check_roles(parts: Sequence[Stem]) -> None:
    for part in parts:
        # Path.exists raises an error for a folder without permission.
        if not os.path.exists(part.path):
            raise Unfit(
                "missing stem", f"{part.path}: does not exist; was the data set moved or deleted?"
            )
    roles = {part.role for part in parts}
    for role, name in (("drums", "drum stem"), ("other", "stem beside the drums")):
        if role not in roles and not is_mix(parts):
            raise Unfit("missing stem", f"{parts[0].path}: the song has no {name}")


class _Reader:
    """One file. After its end, chunks have no samples."""

    def __init__(self, part: Stem, chunks: Iterator[np.ndarray]) -> None:
        self.part, self.samples = part, 0
        self._chunks, self._nothing = chunks, np.zeros((0, 1), dtype=np.float32)

    def read(self) -> np.ndarray:
        """The next chunk, (n, channels)."""
        chunk = next(self._chunks, self._nothing)
        self.samples += len(chunk)
        self._nothing = chunk[:0]
        return chunk


def summed(parts: Sequence[Stem], config: PairsConfig) -> Generator[PartChunk, None, None]:
    """Sum the stems of each role. Files may have any rate and any number of channels.

    A stem that ends before others, by at most `pairs.max_length_difference`, is followed by
    silence. The part of a mixture after the end of all stems is not used.

    Raises:
        Unfit: a stem ends too early.
        UserError: a file cannot be read.
    """
    with ExitStack() as stack:
        readers = [
            _Reader(part, stack.enter_context(read_chunks(part.path, part.stream)))
            for part in parts
        ]
        stems = [reader for reader in readers if reader.part.role != "mixture"]
        mixture = next((reader for reader in readers if reader.part.role == "mixture"), None)
        while True:
            chunks = [(reader.part.role, reader.read()) for reader in stems]
            length = max(len(chunk) for _, chunk in chunks)
            if not length:
                return
            _check_lengths(stems, config.max_length_difference)
            drums, drumless = (
                _sum([chunk for own, chunk in chunks if own == role], length)
                for role in ("drums", "other")
            )
            yield PartChunk(drums, drumless, mixture.read()[:length] if mixture else None)


def _check_lengths(stems: list[_Reader], limit: float) -> None:
    first = min(stems, key=lambda reader: reader.samples)
    last = max(stems, key=lambda reader: reader.samples)
    end, later = first.samples / SAMPLE_RATE, last.samples / SAMPLE_RATE
    if later - end > limit:
        raise Unfit(
            "lengths",
            f"{first.part.path}: ends at {end:.2f} s, {last.part.path.name} at {later:.2f} s or "
            f"later; the limit pairs.max_length_difference is {limit:g} s; was a file cut off?",
            f"{later - end:.2f}",
            f"{limit:g}",
        )


def _sum(chunks: list[np.ndarray], length: int) -> np.ndarray:
    # The sum (length, channels) of chunks (length or fewer, any). Mono is added to all channels. A
    # file with another number of channels becomes mono.
    channels = max(chunk.shape[1] for chunk in chunks)
    total = np.zeros((length, channels), dtype=np.float32)
    for chunk in chunks:
        fits = chunk.shape[1] in (1, channels)
        total[: len(chunk)] += chunk if fits else chunk.mean(axis=1, keepdims=True)
    return total


def separated(mix: Stem, separator: "Separator | None") -> Generator[PartChunk, None, None]:
    """Separate a mix.

    Raises:
        Unfit: there is no separator, or the mix is silent.
        UserError: the file cannot be read.
    """
    if separator is None:
        raise Unfit(
            "no separator",
            f"{mix.path}: is a mix without stems; set pairs.separator, e.g. to htdemucs, to "
            "separate it",
        )

    def open_mix(rate: int) -> AbstractContextManager[Iterator[np.ndarray]]:
        return read_chunks(mix.path, mix.stream, rate)

    level = separator.level(open_mix)
    if level.peak < SILENCE:
        raise Unfit(
            "silent",
            f"{mix.path}: the mix is silent (peak {level.peak:.1e}, the limit is {SILENCE:g})",
            f"{level.peak:.1e}",
            f"{SILENCE:g}",
        )
    for drumless, drums in separator.separate(open_mix, level):
        yield PartChunk(drums, drumless, None)
