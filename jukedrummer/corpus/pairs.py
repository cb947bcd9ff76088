"""Pairs: the recording of a song without its drums, and that of its drums alone."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import CHUNK_SAMPLES, audio_writer
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.corpus.checks import PairChecks, PairMeasures, to_mono
from jukedrummer.corpus.manifest import Song, read_songs
from jukedrummer.corpus.parts import is_mix, part_chunks
from jukedrummer.corpus.rejected import Rejected, rejected_row
from jukedrummer.corpus.song import Unfit
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import cell, positive, read_table, write_table

if TYPE_CHECKING:
    from jukedrummer.audio.separation import Separator

KINDS = ("true", "separated")


@dataclass(frozen=True, kw_only=True)
class Pair(PairMeasures, Song):
    """A row of `pairs.tsv`: the song's row, and the measures of its two recordings.

    The audio is in `{song}/drumless.flac` and `{song}/drums.flac`.
    """

    kind: str = cell("true: from stems; separated: from a mix", check=KINDS)
    samples: int = cell("length of both recordings", unit="samples at 44.1 kHz", check=positive)
    seconds: float = cell("length of both recordings", unit="s", check=positive)
    gain: float = cell("factor of both recordings, 1 unless a peak exceeds 1", check=positive)
    annotation: str = cell(
        "the annotated beats compared with a tracker; empty: not compared",
        check=("", "confirmed", "moved", "unclear", "rejected"),
        default="",
    )


def make_shard(songs: Path, folder: Path, config: PairsConfig) -> None:
    """Write the pairs of one shard of the manifest to a folder.

    A song that cannot be used is left out and listed in `rejected.tsv`. A few seconds of one song
    are in memory. `folder` needs room for a song as 32-bit stereo twice, 2.5 GB an hour.

    Args:
        songs: the shard's table of songs, from the stage split.
        folder: an empty folder.
        config: how pairs are made.

    Raises:
        UserError: the table is bad, the separator cannot be loaded, or `folder` cannot be written.
    """
    rows = read_songs(songs)
    separator = _load_separator(rows, config)
    pairs: list[Pair] = []
    rejected: list[Rejected] = []
    for song in tqdm(rows, desc=f"pairs {songs.stem}", unit="song"):
        # Files without a name, so none is left after an interruption.
        with TemporaryFile(dir=folder) as first, TemporaryFile(dir=folder) as second:
            drums, drumless = _Spool(first), _Spool(second)
            try:
                measures = _measure(song, separator, config, drums, drumless)
            except UserError as error:
                rejected.append(rejected_row(song.song, song.source, error))
                continue
            pairs.append(_write_pair(folder, song, measures, drums, drumless))
        if measures.warnings:
            tqdm.write(f"{song.song}: {measures.warnings}", file=sys.stderr)
    write_table(folder / "pairs.tsv", Pair, pairs)
    write_table(folder / "rejected.tsv", Rejected, rejected)


def _load_separator(songs: list[Song], config: PairsConfig) -> "Separator | None":
    if config.separator is None or not any(is_mix(song.parts) for song in songs):
        return None
    # Imports torch, which takes seconds and is not needed for stems.
    from jukedrummer.audio.separation import load_separator

    return load_separator(config)


class _Spool:
    """A recording in a file, until the gain and the way to make it mono are decided.

    Args:
        file: an empty file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._channels = file, 1
        self.samples = 0

    def append(self, chunk: np.ndarray) -> None:
        """Append (n, channels) float32."""
        self._file.write(np.ascontiguousarray(chunk).data)
        self._channels = chunk.shape[1]
        self.samples += len(chunk)

    def chunks(self) -> Iterator[np.ndarray]:
        """The recording from its beginning, in chunks (n, channels)."""
        self._file.seek(0)
        while data := self._file.read(CHUNK_SAMPLES * self._channels * 4):
            yield np.frombuffer(data, dtype=np.float32).reshape(-1, self._channels)


def _measure(
    song: Song,
    separator: "Separator | None",
    config: PairsConfig,
    drums: _Spool,
    drumless: _Spool,
) -> PairMeasures:
    """The first pass over a song: fill both spools, and check the recordings.

    Raises:
        UserError: the song cannot be used; the message is the reason.
    """
    where = str(song.parts[0].path)
    checks = PairChecks(config, where)
    with closing(part_chunks(song.parts, separator, config)) as chunks:
        for chunk in tqdm(chunks, desc=song.song, unit="chunk", delay=2, leave=False):
            checks.add(*chunk)
            drums.append(chunk.drums)
            drumless.append(chunk.drumless)
    seconds = drums.samples / SAMPLE_RATE
    if seconds < config.min_seconds:
        raise Unfit(
            "too short",
            f"{where}: lasts {seconds:.2f} s, shorter than pairs.min_seconds {config.min_seconds}",
            f"{seconds:.2f}",
            f"{config.min_seconds}",
        )
    return checks.finish()


def _write_pair(
    folder: Path, song: Song, measures: PairMeasures, drums: _Spool, drumless: _Spool
) -> Pair:
    """The second pass: write both recordings as mono with one gain."""
    gain = 1 / max(1.0, measures.drums_peak, measures.drumless_peak)
    for name, spool, mono in (
        ("drumless", drumless, measures.drumless_mono),
        ("drums", drums, measures.drums_mono),
    ):
        with audio_writer(folder / song.song / f"{name}.flac") as write:
            for chunk in spool.chunks():
                audio = to_mono(chunk, mono)
                write(audio if gain == 1 else audio * np.float32(gain))
    return Pair(
        **vars(song),
        **vars(measures),
        kind="separated" if is_mix(song.parts) else "true",
        samples=drums.samples,
        seconds=round(drums.samples / SAMPLE_RATE, 3),
        gain=gain,
    )


def read_pairs(folder: Path) -> list[Pair]:
    """The rows of `pairs.tsv` in the folder of one shard, in the manifest's order.

    Raises:
        UserError: the table is missing or damaged.
    """
    return read_table(folder / "pairs.tsv", Pair, hint="make the pairs again")


def all_pairs(shards: Iterable[Path]) -> list[tuple[Pair, Path]]:
    """The pairs of all shards, sorted by song, each with the folder of its recordings.

    Raises:
        UserError: a table of pairs is missing or damaged.
    """
    pairs = [(pair, shard / pair.song) for shard in shards for pair in read_pairs(shard)]
    return sorted(pairs, key=lambda item: item[0].song)


def held_out(shards: Sequence[Path]) -> list[tuple[Pair, Path]]:
    """The pairs of the test songs, as in `all_pairs`.

    Raises:
        UserError: there is no test song.
    """
    pairs = [(pair, folder) for pair, folder in all_pairs(shards) if pair.split == "test"]
    if not pairs:
        raise UserError(
            f"no song of split 'test' in {len(shards)} shard(s) of pairs: too few songs?"
        )
    return pairs
