"""Copies of songs that the fingerprints find, and songs that they mistake for copies.

Run it after `make demo`: it reads the songs' stems below `results/rendered/demo` (or `--corpus`).
Excerpts of every third song, from a random place, are changed and looked for among all songs. A row
is a change; its columns are the shares of excerpts of 7, 10 and 20 s that are found, and the error:
the median and the largest share of wrong bits. "false" counts excerpts taken for another song.
Compression needs ffmpeg. The row below the line is no copy: whole songs with the drums of another.

Then it counts false pairs among all songs, and measures the time and memory of 100,000 made-up
fingerprints of songs of 4 minutes.

It exits with 1 if an excerpt through a codec is missed, or a song is mistaken for another.
"""

import argparse
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
import soxr

from jukedrummer.audio.fingerprint import audio_fingerprint
from jukedrummer.audio.io import read_audio
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.duplicates import Duplicate, duplicates

SECONDS = (7, 10, 20)
CODES = 3_880  # of 4 minutes
Change = Callable[[np.ndarray], np.ndarray]


def read_mix(folder: Path, without: tuple[str, ...] = ()) -> np.ndarray:
    """The sum (N,) of a song's stems."""
    paths = [path for path in sorted(folder.glob("*.wav")) if path.stem != "mixture"]
    stems = [read_audio(path) for path in paths if path.stem not in without]
    length = max(map(len, stems))
    return np.sum([np.pad(stem, (0, length - len(stem))) for stem in stems], axis=0)


def coded(audio: np.ndarray, suffix: str, rate: str) -> np.ndarray:
    """Audio through a lossy codec of ffmpeg."""
    with tempfile.TemporaryDirectory() as folder:
        wav, path = Path(folder, "a.wav"), Path(folder, f"a.{suffix}")
        soundfile.write(wav, audio, SAMPLE_RATE)
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-i", wav, "-b:a", rate, path], check=True
        )
        return read_audio(path)


def equalised(audio: np.ndarray) -> np.ndarray:
    """5 dB more below 300 Hz, 6 dB less above 4 kHz."""
    low = scipy.signal.butter(1, 300, "low", fs=SAMPLE_RATE, output="sos")
    high = scipy.signal.butter(1, 4_000, "high", fs=SAMPLE_RATE, output="sos")
    lows, highs = (scipy.signal.sosfilt(sos, audio) for sos in (low, high))
    return np.float32(0.5) * (audio + 0.8 * lows - 0.5 * highs).astype(np.float32)


CODECS: dict[str, Change] = {
    "none": lambda audio: audio,
    "mp3, 32 kbit/s": partial(coded, suffix="mp3", rate="32k"),
    "mp3, 64 kbit/s": partial(coded, suffix="mp3", rate="64k"),
    "mp3, 128 kbit/s": partial(coded, suffix="mp3", rate="128k"),
    "AAC, 64 kbit/s": partial(coded, suffix="m4a", rate="64k"),
    "Vorbis, 64 kbit/s": partial(coded, suffix="ogg", rate="64k"),
    "Opus, 48 kbit/s": partial(coded, suffix="opus", rate="48k"),
    "gain -60 dB": lambda audio: np.float32(0.001) * audio,
    "22.05 kHz": lambda audio: soxr.resample(
        soxr.resample(audio, SAMPLE_RATE, 22_050), 22_050, SAMPLE_RATE
    ),
}
CHANGES: dict[str, Change] = {
    "saturation": lambda audio: np.tanh(4 * audio / np.abs(audio).max()),
    "equaliser, 11 dB": equalised,
    "0.1 % faster": lambda audio: soxr.resample(audio, 1_001, 1_000),
}


def other_drums(folder: Path, other: Path) -> np.ndarray:
    """A song with the drums of another."""
    mix, drums = read_mix(folder, without=("drums",)), read_audio(other / "drums.wav")
    length = min(len(mix), len(drums))
    return mix[:length] + drums[:length]


def excerpt(audio: np.ndarray, seconds: int, seed: int) -> np.ndarray:
    """A part from a random place."""
    length = min(len(audio), seconds * SAMPLE_RATE)
    start = int(np.random.default_rng([seed, seconds]).integers(0, len(audio) - length + 1))
    return audio[start : start + length]


def search(codes: list[np.ndarray], copies: dict[int, np.ndarray]) -> tuple[list[Duplicate], int]:
    """Copies (by the number of their song) that are found, and the count of false finds."""
    numbers = list(copies)
    songs = enumerate([*codes, *copies.values()])
    copied = [copy for copy in duplicates(songs) if copy.song >= len(codes)]
    right = [copy for copy in copied if copy.of == numbers[copy.song - len(codes)]]
    return right, len(copied) - len(right)


def row(name: str, codes: list[np.ndarray], copies: list[dict[int, np.ndarray]]) -> tuple[int, int]:
    """Print the row of a change; returns the copies that are missed, and false finds."""
    results = [search(codes, each) for each in copies]
    errors = [copy.error for right, _ in results for copy in right] or [np.nan]
    shares = [
        f"{len(right) / len(each):>8.0%}" for each, (right, _) in zip(copies, results, strict=True)
    ]
    false = sum(number for _, number in results)
    print(
        f"{name:<22}{''.join(shares):>{8 * len(SECONDS)}}{np.median(errors):>9.3f}"
        f"{max(errors):>9.3f}{false:>7}",
        flush=True,
    )
    return sum(
        len(each) - len(right) for each, (right, _) in zip(copies, results, strict=True)
    ), false


def compare(folders: list[Path], codes: list[np.ndarray]) -> int:
    """Print the table; returns the number of failures of the claim."""
    chosen = dict(list(enumerate(folders))[::3])
    mixes = {number: read_mix(folder) for number, folder in chosen.items()}
    print(f"{'':<22}{'7 s':>8}{'10 s':>8}{'20 s':>8}{'error':>9}{'largest':>9}{'false':>7}")
    failures = 0
    for name, change in (CODECS | CHANGES).items():
        copies = [
            {n: audio_fingerprint([change(excerpt(mixes[n], s, n))], SAMPLE_RATE) for n in chosen}
            for s in SECONDS
        ]
        missed, false = row(name, codes, copies)
        failures += false + (missed if name in CODECS else 0)
    print("-" * 63)
    songs = {
        n: audio_fingerprint([other_drums(folder, folders[(n + 5) % len(folders)])], SAMPLE_RATE)
        for n, folder in chosen.items()
    }
    row("other drums", codes, [songs])
    return failures


def made_up(songs: int) -> Iterator[tuple[int, np.ndarray]]:
    """Fingerprints with 28 random bits, a little less than music's; each 1,000th is a copy."""
    random = np.random.default_rng(0)
    codes = np.zeros(0, np.uint32)
    for number in range(songs):
        if number % 1_000 == 999:
            yield number, codes[300:500]
            continue
        codes = random.integers(0, 1 << 28, CODES, dtype=np.uint32) * np.uint32(0x9E3779B1)
        yield number, codes


def measure(songs: int) -> None:
    """Print the time and the memory of many songs."""
    start = time.process_time()
    copies = duplicates(made_up(songs))
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{songs:,} songs of 4 minutes: {seconds:.0f} s of processor time, {memory:.2f} GB; "
        f"{len(copies)} of {songs // 1_000} copies found"
    )


def main() -> int:
    """Print the table, the false pairs, and the cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path("results/rendered/demo"))
    parser.add_argument("--many", type=int, default=100_000, help="made-up fingerprints")
    arguments = parser.parse_args()
    folders = sorted({path.parent for path in arguments.corpus.rglob("*.wav")})
    if not folders:
        print(f"{arguments.corpus}: no songs; run make demo first", file=sys.stderr)
        return 1
    mixes = [read_mix(folder) for folder in folders]
    start = time.process_time()
    codes = [audio_fingerprint([mix], SAMPLE_RATE) for mix in mixes]
    seconds = time.process_time() - start
    audio = sum(map(len, mixes)) / SAMPLE_RATE
    print(f"{len(folders)} songs, {audio:.0f} s; {audio / seconds:.0f} s of audio a second")
    false = duplicates(enumerate(codes))
    pairs = len(list(combinations(codes, 2)))
    print(f"{len(false)} songs mistaken for another ({pairs} pairs)")
    failures = compare(folders, codes) + len(false)
    # A process of its own, for its memory.
    process = multiprocessing.get_context("spawn").Process(target=measure, args=[arguments.many])
    process.start()
    process.join()
    return 1 if failures or process.exitcode else 0


if __name__ == "__main__":
    sys.exit(main())
