"""Pairs: the recording of a song without its drums, and that of its drums alone."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, TypeVar

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import CHUNK_SAMPLES, audio_writer
from jukedrummer.audio.mono import to_mono
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.corpus.checks import PairChecks, PairMeasures
from jukedrummer.corpus.copies import Copy, read_copies
from jukedrummer.corpus.manifest import HELD_OUT, HOME, Song, read_songs
from jukedrummer.corpus.parts import is_mix, part_chunks
from jukedrummer.corpus.rejected import Rejected, rejected_row
from jukedrummer.corpus.song import Unfit
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import cell, positive, read_table, write_table

if TYPE_CHECKING:
    from jukedrummer.audio.separation import Separator

KINDS = ("true", "separated")
Chosen = TypeVar("Chosen")


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

    A song that cannot be used is left out and listed in `rejected.tsv`, and its first copy that can
    be used takes its place. The other copies are listed there too. A few seconds of one song are in
    memory. `folder` needs room for a song as 32-bit stereo twice, 2.5 GB an hour.

    Args:
        songs: the shard's table of songs, from the stage split.
        folder: an empty folder.
        config: how pairs are made.

    Raises:
        UserError: the table is bad, the separator cannot be loaded, or `folder` cannot be written.
    """
    rows, copies = read_songs(songs), read_copies(songs)
    separator = cache(partial(_load_separator, config))
    if any(is_mix(song.parts) for song in rows):
        separator()  # an error ends the stage at once
    pairs: list[Pair] = []
    rejected: list[Rejected] = []
    for song in tqdm(rows, desc=f"pairs {songs.stem}", unit="song"):
        unused = copies.get(song.song, [])
        made = _make_pair(folder, song, separator, config)
        while isinstance(made, Rejected) and unused:
            rejected.append(made)
            made = _make_pair(folder, unused[0], separator, config)
            unused = unused[1:]
        if isinstance(made, Pair):
            pairs.append(made)
            if made.warnings:
                tqdm.write(f"{made.song}: {made.warnings}", file=sys.stderr)
        else:
            rejected.append(made)
        rejected += [copy.left_out for copy in unused]
    write_table(folder / "pairs.tsv", Pair, pairs)
    write_table(folder / "rejected.tsv", Rejected, rejected)


def _load_separator(config: PairsConfig) -> "Separator | None":
    if config.separator is None:
        return None
    # Imports torch, which takes seconds and is not needed for stems.
    from jukedrummer.audio.separation import load_separator

    return load_separator(config)


def _make_pair(
    folder: Path, song: Song, separator: "Callable[[], Separator | None]", config: PairsConfig
) -> Pair | Rejected:
    """Write the pair of a song, or of a copy that takes the place of a song.

    Raises:
        UserError: `folder` cannot be written.
    """
    # Files without a name, so none is left after an interruption.
    with TemporaryFile(dir=folder) as first, TemporaryFile(dir=folder) as second:
        drums, drumless = _Spool(first), _Spool(second)
        try:
            own = separator() if is_mix(song.parts) else None
            measures = _measure(song, own, config, drums, drumless)
        except UserError as error:
            return rejected_row(song.song, song.source, error)
        if isinstance(song, Copy):
            note = f"in the place of {song.of}, which cannot be used"
            warnings = f"{note}; {measures.warnings}" if measures.warnings else note
            song, measures = song.in_manifest, replace(measures, warnings=warnings)
        return _write_pair(folder, song, measures, drums, drumless)


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


def annotated_pairs(
    shards: Sequence[Path],
    splits: Collection[str],
    read: Callable[[Pair, Path], Chosen | None],
    *,
    annotation: str,
    hint: str,
) -> tuple[list[Chosen], int]:
    """The annotated songs of some splits, sorted by song; and the number of their other songs.

    Args:
        shards: folders of the shards of pairs.
        splits: some of `SPLITS`.
        read: returns an annotated song for a pair and its folder; None if it has no annotation.
        annotation: what is annotated, in words.
        hint: end of the message if nothing is annotated.

    Raises:
        UserError: no song has an annotation, or a table of pairs is missing or damaged.
    """
    chosen = [item for item in all_pairs(shards) if item[0].split in splits]
    annotated = [song for song in (read(*item) for item in chosen) if song is not None]
    if not annotated:
        present = dict.fromkeys(pair.split for pair, _ in chosen) or splits
        raise UserError(
            f"{shards[0].parent}: none of its {len(chosen)} songs of split {' or '.join(present)} "
            f"has {annotation}{hint}"
        )
    return annotated, len(chosen) - len(annotated)


def held_out(shards: Sequence[Path]) -> list[tuple[Pair, Path]]:
    """The pairs of the home songs (split test), then those of the away songs, as in `all_pairs`.

    Raises:
        UserError: there is no home song.
    """
    pairs = [(pair, folder) for pair, folder in all_pairs(shards) if pair.split in HELD_OUT]
    if not any(pair.split == HOME for pair, _ in pairs):
        raise UserError(
            f"no song of split {HOME!r} in {len(shards)} shard(s) of pairs: too few songs?"
        )
    return sorted(pairs, key=lambda item: HELD_OUT.index(item[0].split))
