"""Pairs: the recording of a song without its drums, and that of its drums alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import (
    SILENCE,
    peak_gain,
    read_channels,
    read_mono,
    resample,
    write_audio,
)
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.corpus.manifest import SPLITS, Song, read_manifest, songs_of_shard
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import cell, positive, read_table, write_table

if TYPE_CHECKING:
    from jukedrummer.audio.separation import Separator

STEM_SUFFIXES = (".wav", ".flac")
MUSDB_SUFFIX = ".stem.mp4"  # MUSDB18's compressed songs: five audio streams in one file
MUSDB_STREAMS = {"drums": 1, "bass": 2, "other": 3, "vocals": 4}
MIXTURE = "mixture"


# The drums of another held-out song are a baseline: one is not enough.
LEAST_SONGS = {"train": 1, "valid": 1, "test": 2}


@dataclass(frozen=True)
class Pair:
    """A row of `pairs.tsv`. The audio is in `{song}/drumless.flac` and `{song}/drums.flac`."""

    song: str = cell("id, as in the manifest")
    split: str = cell("as in the manifest", check=SPLITS)
    samples: int = cell("length of both recordings", unit="samples at 44.1 kHz", check=positive)
    seconds: float = cell("length of both recordings", unit="s", check=positive)
    gain: float = cell("factor of both recordings, 1 unless a peak exceeds 1", check=positive)


@dataclass(frozen=True)
class Rejected:
    """A row of `rejected.tsv`: a song that was left out, and why."""

    song: str = cell("id, as in the manifest")
    reason: str = cell("the error that the song caused, in one line")


def make_shard(manifest: Path, shard: int, shards: int, folder: Path, config: PairsConfig) -> None:
    """Write the pairs of one shard of the manifest to a folder.

    One song at a time is in memory. A song that cannot be used is left out and listed in
    `rejected.tsv`.

    Args:
        manifest: the songs.
        shard: number of the shard, from 0.
        shards: number of shards.
        folder: an empty folder.
        config: how pairs are made.

    Raises:
        UserError: the manifest is bad, the separator cannot be loaded, or `folder` cannot be
            written.
    """
    songs = songs_of_shard(read_manifest(manifest), shard, shards)
    separator = _load_separator(songs, config)
    pairs: list[Pair] = []
    rejected: list[Rejected] = []
    for song in tqdm(songs, desc=f"pairs {shard}", unit="song"):
        try:
            drumless, drums = make_pair(song, separator, config)
        except UserError as error:
            rejected.append(Rejected(song.song, " ".join(str(error).split())))
            continue
        pairs.append(_write_pair(folder, song, drumless, drums))
    write_table(folder / "pairs.tsv", Pair, pairs)
    write_table(folder / "rejected.tsv", Rejected, rejected)


def _load_separator(songs: list[Song], config: PairsConfig) -> "Separator | None":
    if config.separator is None or all(song.kind != "mix" for song in songs):
        return None
    # Imports torch, which takes seconds and is not needed for stems.
    from jukedrummer.audio.separation import load_separator

    return load_separator(config)


def make_pair(
    song: Song, separator: "Separator | None", config: PairsConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Make the pair of one song.

    Args:
        song: stems or a mix.
        separator: for mixes; None rejects them.
        config: the least length.

    Returns:
        Drumless and drums, both (N,) float32 mono at 44,100 Hz, before the gain of `Pair`.

    Raises:
        UserError: the song cannot be used; the message is the reason.
    """
    if not song.path.exists():
        raise UserError(f"{song.path}: does not exist; was the data set moved or deleted?")
    if song.kind == "mix":
        drumless, drums = _separated(song.path, separator)
    else:
        drumless, drums, rate = _mixed_from_stems(song.path)
        drumless, drums = resample(drumless, rate, SAMPLE_RATE), resample(drums, rate, SAMPLE_RATE)
    seconds = len(drums) / SAMPLE_RATE
    if seconds < config.min_seconds:
        raise UserError(
            f"{song.path}: lasts {seconds:.2f} s, shorter than "
            f"pairs.min_seconds {config.min_seconds}"
        )
    for name, audio in (("drums", drums), ("drumless", drumless)):
        _check_not_silent(audio, f"{song.path}: {name}")
    return drumless, drums


def _mixed_from_stems(path: Path) -> tuple[np.ndarray, np.ndarray, int]:
    # Drumless (N,), drums (N,) and their rate. The sum and one stem at a time are in memory.
    stems = dict(_stems(path))
    if "drums" not in stems:
        raise UserError(
            f"{path}: has no drum stem (drums.wav); found {', '.join(stems) or 'no stems'}"
        )
    if len(stems) == 1:
        raise UserError(f"{path}: has only a drum stem; there is nothing to play along with")
    drums, rate = read_mono(*stems.pop("drums"))
    drumless = np.zeros_like(drums)
    for name, source in stems.items():
        audio, stem_rate = read_mono(*source)
        if stem_rate != rate:
            raise UserError(f"{path}: {name} has {stem_rate} Hz, drums {rate} Hz; stems must agree")
        if len(audio) != len(drums):
            raise UserError(
                f"{path}: {name} has {len(audio)} samples, drums {len(drums)}; stems must agree"
            )
        drumless += audio
    return drumless, drums, rate


def _stems(path: Path) -> Iterator[tuple[str, tuple[Path, int | None]]]:
    # The name of each stem, with its file and the stream in the file; without the mixture.
    if path.name.lower().endswith(MUSDB_SUFFIX):
        yield from ((name, (path, stream)) for name, stream in MUSDB_STREAMS.items())
        return
    if not path.is_dir():
        raise UserError(f"{path}: is not a folder of stems")
    for file in sorted(path.iterdir()):
        hidden = file.name.startswith(".")
        if file.suffix.lower() in STEM_SUFFIXES and not hidden and file.stem.lower() != MIXTURE:
            yield file.stem.lower(), (file, None)


def _separated(path: Path, separator: "Separator | None") -> tuple[np.ndarray, np.ndarray]:
    if separator is None:
        raise UserError(
            f"{path}: is a mix without stems; set pairs.separator, e.g. to htdemucs, to separate it"
        )
    audio, rate = read_channels(path)
    _check_not_silent(audio, f"{path}: the mix")
    return separator.separate(audio, rate)


def _check_not_silent(audio: np.ndarray, what: str) -> None:
    peak = float(max(audio.max(), -audio.min()))
    if peak < SILENCE:
        raise UserError(f"{what} is silent (peak {peak:.1e}, the limit is {SILENCE:g})")


def _write_pair(folder: Path, song: Song, drumless: np.ndarray, drums: np.ndarray) -> Pair:
    gain = peak_gain(drums, drumless)
    for name, audio in (("drumless", drumless), ("drums", drums)):
        write_audio(
            folder / song.song / f"{name}.flac", audio if gain == 1 else audio * np.float32(gain)
        )
    return Pair(song.song, song.split, len(drums), round(len(drums) / SAMPLE_RATE, 3), gain)


def read_pairs(folder: Path) -> list[Pair]:
    """The rows of `pairs.tsv` in the folder of one shard, in the manifest's order.

    Raises:
        UserError: the table is missing or damaged.
    """
    return read_table(folder / "pairs.tsv", Pair, hint="make the pairs again")


def pair_folders(shards: Iterable[Path]) -> dict[str, Path]:
    """Song to the folder of its pair, over all shards.

    Raises:
        UserError: a table of pairs is missing or damaged.
    """
    return {
        pair.song: Path(shard) / pair.song for shard in shards for pair in read_pairs(Path(shard))
    }


def held_out(shards: Sequence[Path]) -> list[Path]:
    """Folders of the test songs' pairs, sorted by song.

    Args:
        shards: folders of all shards of pairs.

    Raises:
        UserError: there is no test song.
    """
    folders = [
        shard / pair.song for shard in shards for pair in read_pairs(shard) if pair.split == "test"
    ]
    if not folders:
        raise UserError(
            f"no song of split 'test' in {len(shards)} shard(s) of pairs: too few songs?"
        )
    return sorted(folders, key=lambda folder: folder.name)


def check_splits(shards: Sequence[Path]) -> None:
    """Check that every split has the songs that the later stages need.

    Args:
        shards: folders of all shards of pairs.

    Raises:
        UserError: no song for training or validation, or fewer than two held-out songs.
    """
    counts = Counter(pair.split for shard in shards for pair in read_pairs(shard))
    for split, least in LEAST_SONGS.items():
        if counts[split] < least:
            raise UserError(
                f"{shards[0].parent}: has {counts[split]} songs of split {split}, {least} needed; "
                f"add songs, or raise corpus.{'test' if split == 'test' else 'valid'}_share"
            )


def gather_rejected(shards: Sequence[Path], output: Path, config: PairsConfig) -> None:
    """Gather the rejected songs of all shards in one table.

    Args:
        shards: folders of all shards of pairs.
        output: the table.
        config: the share of songs that may be rejected.

    Raises:
        UserError: the share of rejected songs is larger. The table is still written, and the
            message contains the first reasons.
    """
    rows = [row for shard in shards for row in read_table(shard / "rejected.tsv", Rejected)]
    songs = len(rows) + sum(len(read_pairs(shard)) for shard in shards)
    write_table(output, Rejected, rows)
    if len(rows) > config.max_rejected_share * songs:
        reasons = "; ".join(f"{row.song}: {row.reason}" for row in rows[:5])
        raise UserError(
            f"{output}: {len(rows)} of {songs} songs are rejected, more than "
            f"pairs.max_rejected_share {config.max_rejected_share}: repair or remove these songs, "
            f"or raise it. All reasons are in {shards[0].parent}/*/rejected.tsv. "
            f"The first: {reasons}"
        )
