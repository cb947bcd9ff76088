"""Songs for pairs, demo corpora, and readers of the corpus' files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from jukedrummer.config import SAMPLE_RATE, CorpusConfig, PairsConfig, SourceConfig
from jukedrummer.corpus.listing import list_songs
from jukedrummer.corpus.manifest import Song, read_songs, shard_table, stems_text, write_manifest
from jukedrummer.corpus.pairs import make_shard
from jukedrummer.corpus.rejected import Rejected, read_rejected
from jukedrummer.corpus.song import Role, Stem, Work
from jukedrummer.storage.files import atomic_folder, sha256
from jukedrummer.storage.tables import write_table
from tests.tiny import pair, write_pairs_table

STEMS = ("bass", "drums", "other", "vocals")
FREQUENCIES = (100, 440, 880, 1_760, 3_520)  # hertz, of the streams of a compressed song


def list_source(folder: Path, config: SourceConfig, workers: int = 1) -> list[Song]:
    """The songs of one source, listed like the stage does.

    The tables are in `folder/corpus`. Songs that the source makes are in `folder/rendered`.
    """
    shutil.rmtree(folder / "corpus", ignore_errors=True)
    whole = CorpusConfig(sources=(config,), shards=1)
    with atomic_folder(folder / "corpus") as tables:
        list_songs(whole, tables, folder / "rendered", workers)
    return read_songs(shard_table(folder / "corpus", 0))


def work_in(folder: Path) -> Work:
    """What a source receives, with one process and the default settings."""
    return Work(folder, 1, CorpusConfig())


def song_folder(song: Song) -> Path:
    """The folder of a song that a source made."""
    return song.parts[0].path.parent


def hashes(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder, by its path there."""
    return {str(p.relative_to(folder)): sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def near(times: list[float], others: list[float]) -> np.ndarray:
    """Which of the times have another within 35 ms."""
    near_times: np.ndarray = np.abs(np.subtract.outer(times, others)).min(1) < 0.035
    return near_times


def noise(
    seed: int,
    seconds: float = 1.5,
    peak: float = 0.2,
    rate: int = SAMPLE_RATE,
    channels: int = 2,
) -> np.ndarray:
    """Uniform noise, (N, channels) float32."""
    shape = (int(seconds * rate), channels)
    return np.random.default_rng(seed).uniform(-peak, peak, shape).astype(np.float32)


def write_stems(
    folder: Path,
    seconds: float = 1.5,
    peak: float = 0.2,
    rate: int = SAMPLE_RATE,
    channels: int = 2,
) -> dict[str, np.ndarray]:
    """A song's folder with `STEMS`; returns them."""
    folder.mkdir(parents=True)
    stems = {name: noise(k, seconds, peak, rate, channels) for k, name in enumerate(STEMS)}
    for name, audio in stems.items():
        soundfile.write(folder / f"{name}.wav", audio, rate, subtype="FLOAT")
    return stems


def stems_of(path: Path) -> list[Stem]:
    """A folder of stems, a `.stem.mp4` of MUSDB18, or the file of a mix."""
    if path.suffix == ".mp4":
        roles: tuple[Role, ...] = ("mixture", "drums", "other", "other", "other")
        return [Stem(role, path, stream) for stream, role in enumerate(roles)]
    roles_by_name: dict[str, Role] = {"drums": "drums", "mixture": "mixture"}
    if path.is_dir():
        files = sorted(path.glob("*.wav"))
        return [Stem(roles_by_name.get(file.stem, "other"), file) for file in files]
    return [Stem("mixture", path)]


def songs_table(tmp_path: Path, **songs: Path | list[Stem]) -> Path:
    """The table of a shard of songs, each with its name and what `stems_of` takes, or its stems."""
    rows = [
        Song(name, "folder", "train", stems_text(stems_of(of) if isinstance(of, Path) else of))
        for name, of in songs.items()
    ]
    write_manifest(tmp_path / "songs", rows, shards=1)
    return tmp_path / "songs" / "0.tsv"


def write_pairs(songs: Path, output: Path, config: PairsConfig) -> None:
    """Make one shard of pairs atomically, like the stage."""
    with atomic_folder(output) as folder:
        make_shard(songs, folder, config)


def reasons(folder: Path) -> dict[str, str]:
    """Reason of each song in the table of rejected songs."""
    return {row.song: row.reason for row in read_rejected(folder / "rejected.tsv")}


def write_shard_tables(
    folder: Path, good: int = 0, bad: int = 0, test: tuple[str, ...] = ()
) -> Path:
    """A shard of pairs without its audio: training songs, rejected songs, names of test songs."""
    folder.mkdir()
    names = [(f"good_{folder.name}_{n}", "train") for n in range(good)]
    names += [(name, "test") for name in test]
    write_pairs_table(folder, *(pair(name, split, 1.0) for name, split in names))
    rows = [Rejected(f"bad_{folder.name}_{n}", "folder", reason="it is bad") for n in range(bad)]
    write_table(folder / "rejected.tsv", Rejected, rows)
    return folder


def strong_frequencies(audio: np.ndarray) -> set[int]:
    """Those of `FREQUENCIES` with more than a hundredth of the strongest in the spectrum."""
    spectrum = np.abs(np.fft.rfft(audio[:SAMPLE_RATE] * np.hanning(SAMPLE_RATE)))
    return {hertz for hertz in FREQUENCIES if spectrum[hertz] > 0.01 * spectrum.max()}


def bad_songs(root: Path) -> dict[str, tuple[Path, str]]:
    """A folder or file for each fault, and a part of the expected reason."""

    def song(letter: str, *changes: Callable[[Path], object]) -> Path:
        write_stems(root / letter)
        for change in changes:
            change(root / letter)
        return root / letter

    def written(name: str, audio: np.ndarray, rate: int = SAMPLE_RATE) -> Callable[[Path], object]:
        return lambda folder: soundfile.write(folder / f"{name}.wav", audio, rate, subtype="FLOAT")

    def without(*names: str) -> Callable[[Path], object]:
        return lambda folder: [(folder / f"{name}.wav").unlink() for name in names]

    hole = noise(0)
    hole[44_100] = np.nan
    root.mkdir()
    soundfile.write(root / "mix.wav", noise(0), SAMPLE_RATE)
    write_stems(root / "short", seconds=0.2)
    silent = [written(name, noise(1) * 0) for name in ("bass", "other", "vocals")]
    return {
        "not_audio": (
            song("a", lambda folder: (folder / "bass.wav").write_text("x")),
            "bass.wav: is not audio",
        ),
        "empty": (song("b", lambda folder: (folder / "drums.wav").write_bytes(b"")), "0 bytes"),
        "length": (
            song("c", written("bass", noise(1, 0.9))),
            "bass.wav: ends at 0.90 s, drums.wav at 1.50 s or later",
        ),
        "no_drums": (song("e", without("drums")), "the song has no drum stem"),
        "only_drums": (
            song("f", without("bass", "other", "vocals")),
            "the song has no stem beside the drums",
        ),
        "silent_drums": (song("g", written("drums", noise(1, peak=1e-6))), "drums is silent"),
        "silent_rest": (song("h", *silent), "drumless is silent"),
        "nan": (song("i", written("other", hole)), "NaN or infinite sample at 1.000 s"),
        "short": (root / "short", "lasts 0.20 s, shorter than pairs.min_seconds 1.0"),
        "mix": (root / "mix.wav", "set pairs.separator"),
        "gone": (root / "gone.wav", "does not exist; was the data set moved or deleted?"),
    }
