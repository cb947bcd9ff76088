"""Songs for pairs, demo corpora, and readers of the corpus' files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.corpus.manifest import Song, write_manifest
from jukedrummer.corpus.pairs import make_shard
from jukedrummer.corpus.sources import demo
from jukedrummer.storage.files import atomic_folder, sha256

STEMS = ("bass", "drums", "other", "vocals")
FREQUENCIES = (100, 440, 880, 1_760, 3_520)  # hertz, of the streams of a compressed song


def write_demo(manifest: Path, config: demo.DemoConfig, workers: int = 1) -> Path:
    """Make a demo corpus: the manifest, and the folder songs beside it."""
    write_manifest(manifest, demo.songs(manifest.parent / "songs", config, workers))
    return manifest


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


def songs_manifest(tmp_path: Path, **songs: Path) -> Path:
    """A manifest of songs by name: a folder of stems, or the file of a mix."""
    rows = [
        Song(name, "train", "stems" if path.is_dir() or path.suffix == ".mp4" else "mix", path)
        for name, path in songs.items()
    ]
    write_manifest(tmp_path / "manifest.tsv", rows)
    return tmp_path / "manifest.tsv"


def write_pairs(
    manifest: Path, output: Path, config: PairsConfig, shard: int = 0, shards: int = 1
) -> None:
    """Make one shard of pairs atomically, like the stage."""
    with atomic_folder(output) as folder:
        make_shard(manifest, shard, shards, folder, config)


def reasons(folder: Path) -> dict[str, str]:
    """Reason of each song in the table of rejected songs."""
    header, *lines = (folder / "rejected.tsv").read_text().splitlines()
    assert header == "song\treason"
    return dict(line.split("\t", 1) for line in lines)


def write_shard_tables(
    folder: Path, good: int = 0, bad: int = 0, test: tuple[str, ...] = ()
) -> Path:
    """A shard of pairs without its audio: training songs, rejected songs, names of test songs."""
    folder.mkdir()
    names = [(f"good_{folder.name}_{n}", "train") for n in range(good)]
    rows = "".join(
        f"{name}\t{split}\t44100\t1.0\t1.0\n"
        for name, split in (*names, *((name, "test") for name in test))
    )
    (folder / "pairs.tsv").write_text("song\tsplit\tsamples\tseconds\tgain\n" + rows)
    rows = "".join(f"bad_{folder.name}_{n}\tit is bad\n" for n in range(bad))
    (folder / "rejected.tsv").write_text("song\treason\n" + rows)
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
            song("c", written("bass", noise(1, 1))),
            "bass has 44100 samples, drums 66150",
        ),
        "rate": (
            song("d", written("bass", noise(1), 48_000)),
            "bass has 48000 Hz, drums 44100 Hz",
        ),
        "no_drums": (song("e", without("drums")), "no drum stem (drums.wav); found bass, other"),
        "only_drums": (song("f", without("bass", "other", "vocals")), "has only a drum stem"),
        "silent_drums": (song("g", written("drums", noise(1, peak=1e-6))), "drums is silent"),
        "silent_rest": (song("h", *silent), "drumless is silent"),
        "nan": (song("i", written("other", hole)), "NaN or infinite sample at 1.000 s"),
        "short": (root / "short", "lasts 0.20 s, shorter than pairs.min_seconds 1.0"),
        "no_stems": (song("j", without(*STEMS)), "has no drum stem (drums.wav); found no stems"),
        "mix": (root / "mix.wav", "set pairs.separator"),
        "gone": (root / "gone", "does not exist; was the data set moved or deleted?"),
    }
