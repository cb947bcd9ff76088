"""Stems or a mix -> a pair: the song without its drums, and its drums."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import (
    SAMPLE_RATE,
    peak_gain,
    read_channels,
    read_mono,
    resample,
    write_audio,
)
from jukedrummer.config import PairsConfig
from jukedrummer.corpus.manifest import Song, read_manifest, songs_of_shard
from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_folder, read_rows, rows_text, write_text

if TYPE_CHECKING:
    from jukedrummer.audio.separation import Separator

SILENCE = 1e-4  # a peak below this (-80 dB of full scale) is no music
STEM_SUFFIXES = (".wav", ".flac")
MUSDB_SUFFIX = ".stem.mp4"  # MUSDB18's compressed songs: five audio streams in one file
MUSDB_STREAMS = {"drums": 1, "bass": 2, "other": 3, "vocals": 4}
MIXTURE = "mixture"


@dataclass(frozen=True)
class Pair:
    """A row of `pairs.tsv`. The audio lies beside it: `{song}/drumless.flac`, `{song}/drums.flac`."""

    song: str
    split: str
    samples: int
    seconds: float
    gain: float


@dataclass(frozen=True)
class Rejected:
    """A row of `rejected.tsv`: a song that was left out, and why."""

    song: str
    reason: str


def pairs(manifest: Path, shard: int, shards: int, output: Path, config: PairsConfig) -> None:
    """Write the pairs of one shard of the manifest to the folder `output`, whole or not at all.

    One song at a time is in memory. A song that cannot be used is left out and written to `rejected.tsv`.

    Raises:
        UserError: the manifest is bad, the separator cannot be loaded, or `output` cannot be written.
    """
    songs = songs_of_shard(read_manifest(manifest), shard, shards)
    separator = _load_separator(songs, config)
    made: list[Pair] = []
    left_out: list[Rejected] = []
    with atomic_folder(output) as folder:
        for song in tqdm(songs, desc=f"pairs {shard}", unit="song"):
            try:
                drumless, drums = make_pair(song, separator, config)
            except UserError as error:
                left_out.append(Rejected(song.song, " ".join(str(error).split())))
                continue
            made.append(_write_pair(folder, song, drumless, drums))
        write_text(folder / "pairs.tsv", rows_text(Pair, made))
        write_text(folder / "rejected.tsv", rows_text(Rejected, left_out))


def _load_separator(songs: list[Song], config: PairsConfig) -> "Separator | None":
    if config.separator is None or all(song.kind != "mix" for song in songs):
        return None
    from jukedrummer.audio.separation import (
        load_separator,  # takes torch along: seconds that stems can do without
    )

    return load_separator(config)


def make_pair(
    song: Song, separator: "Separator | None", config: PairsConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Drumless and drums of a song: both (N,) float32 mono at 44,100 Hz, before the gain.

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
            f"{song.path}: lasts {seconds:.2f} s, shorter than pairs.min_seconds {config.min_seconds}"
        )
    for name, audio in (("drums", drums), ("drumless", drumless)):
        _check_sounds(audio, f"{song.path}: {name}")
    return drumless, drums


def _mixed_from_stems(path: Path) -> tuple[np.ndarray, np.ndarray, int]:
    # Drumless (N,), drums (N,) and their rate; one stem at a time is in memory beside the sum.
    stems = dict(_stems(path))
    if "drums" not in stems:
        raise UserError(
            f"{path}: has no drum stem (drums.wav); found {', '.join(stems) or 'no stems'}"
        )
    if len(stems) == 1:
        raise UserError(f"{path}: has only a drum stem; nothing is left to play along with")
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
    # Name of each stem but the mixture, with the file and the stream in it.
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
            f"{path}: is a mix without stems; set pairs.separator (such as htdemucs) to separate it"
        )
    audio, rate = read_channels(path)
    _check_sounds(audio, f"{path}: the mix")
    return separator.separate(audio, rate)


def _check_sounds(audio: np.ndarray, what: str) -> None:
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
    return read_rows(folder / "pairs.tsv", Pair)


def pair_folders(shards: Iterable[Path]) -> dict[str, Path]:
    """Song to the folder of its pair, over all shards.

    Raises:
        UserError: a table of pairs is missing or damaged.
    """
    return {
        pair.song: Path(shard) / pair.song for shard in shards for pair in read_pairs(Path(shard))
    }


def rejected(folders: Iterable[Path], output: Path, config: PairsConfig) -> None:
    """Gather the rejected songs of all shards in one table.

    Raises:
        UserError: more than `pairs.max_rejected_share` of the songs are in it; the table is written all the
            same, and the message holds the first reasons.
    """
    folders = list(folders)
    left_out = [row for folder in folders for row in read_rows(folder / "rejected.tsv", Rejected)]
    songs = len(left_out) + sum(len(read_pairs(folder)) for folder in folders)
    write_text(output, rows_text(Rejected, left_out))
    if len(left_out) > config.max_rejected_share * songs:
        reasons = "; ".join(f"{row.song}: {row.reason}" for row in left_out[:5])
        raise UserError(
            f"{output}: {len(left_out)} of {songs} songs are rejected, more than "
            f"pairs.max_rejected_share {config.max_rejected_share}. The first: {reasons}"
        )
