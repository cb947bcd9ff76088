"""Speed and memory of pairs and features: long songs, and many songs.

    python benchmarks/corpus.py

makes music and runs each stage in a process of its own, on one thread, two processes at a time,
with the default config. A quarter of an hour and an hour show the growth with length, 20 songs and
2,000 songs the growth with their number. The 20 songs last 12 seconds and the 2,000 one second, so
that both fill the groups of four minutes in which beats are tracked. A mix of an hour is separated
by a random demucs model of 0.1 M parameters, so that line shows the memory of separation without
the weights, and no speed.

The columns are: number of songs, minutes of each, seconds of the processor without the imports,
seconds of audio in one of them, and the peak of memory with the imports.

It fails if the time grows faster than the length, if a stage needs 3 GB or more, or if many songs
need more memory than few. It takes 12 minutes of processor time, and 10 GB of disk for a while.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from jukedrummer.beats.clips import GROUP_SECONDS, write_clips
from jukedrummer.config import SAMPLE_RATE, PairsConfig, load
from jukedrummer.corpus.manifest import Song, stems_text, write_manifest
from jukedrummer.corpus.pairs import make_shard
from jukedrummer.corpus.song import Stem

STEMS = {"drums": 0.0, "bass": 55.0, "other": 220.0, "vocals": 440.0}  # hertz; the drums are noise
FEW = 20  # songs, which together last a group of the stage features
TINY = 1 / 60  # minutes; shorter songs are left out
MOST_GIGABYTES = 3.0
GROWTH = 1.1  # time a minute, and memory, may be this many times larger


@dataclass(frozen=True)
class Case:
    """Songs to process.

    Attributes:
        songs: their number; all have the same stems.
        minutes: length of each.
        mix: whether they are separated.
    """

    songs: int
    minutes: float
    mix: bool = False


@dataclass(frozen=True)
class Cost:
    """What a stage needed: seconds of the processor, and the peak of memory in GB."""

    seconds: float
    gigabytes: float


def write_song(folder: Path, minutes: float, mix: bool) -> list[Stem]:
    """Stems of two channels with a beat at 120 a minute, or the mix, as 16-bit wav."""
    folder.mkdir()
    random = np.random.default_rng(0)
    t = np.arange(int(min(1, minutes) * 60 * SAMPLE_RATE)) / SAMPLE_RATE
    decay = np.exp(-8 * (2 * t % 1))
    stems = {
        name: 0.2
        * decay
        * (np.sin(2 * np.pi * hertz * t) if hertz else random.uniform(-1, 1, len(t)))
        for name, hertz in STEMS.items()
    }
    if mix:
        stems = {"mixture": np.sum(list(stems.values()), axis=0)}
    for name, audio in stems.items():
        with soundfile.SoundFile(folder / f"{name}.wav", "w", SAMPLE_RATE, 2, "PCM_16") as file:
            for minute in range(max(1, round(minutes))):
                file.write(np.stack([audio, 0.9 * audio], axis=1) * (0.5 + minute % 7 / 14))
    return [
        Stem(name if name in ("drums", "mixture") else "other", folder / f"{name}.wav")
        for name in stems
    ]


def write_separator(folder: Path) -> Path:
    """A folder with the random model `tiny`."""
    from demucs.htdemucs import HTDemucs
    from demucs.states import get_state, save_with_checksum

    options = {
        "sources": ["drums", "other"],
        "channels": 4,
        "dconv_mode": 0,
        "depth": 4,
        "t_layers": 1,
        "segment": 8,
    }
    content = {"klass": HTDemucs, "args": (), "kwargs": options, "training_args": {}}
    state = get_state(HTDemucs(**options), None)
    save_with_checksum(content | {"state": state}, folder / "tiny.th")
    return folder


def run_stage(stage: str, source: Path, output: Path, separator: str) -> None:
    """Run one stage in this process, and print what it needed."""
    config, start = load(), time.process_time()
    if stage == "pairs":
        output.mkdir()
        # A random model's output may be anything.
        checks = {"min_drums_share": 0.0, "max_mono_loss_db": 60.0}
        settings = PairsConfig(separator="tiny", separator_repository=separator, **checks)
        make_shard(source, output, settings)
    else:
        write_clips(source, output, mel=config.mel, clip=config.clip, beats=config.beats)
    print(json.dumps([time.process_time() - start, peak_gigabytes()]))


def peak_gigabytes() -> float:
    """The peak of this process's memory, on Linux.

    `resource.getrusage` is not used: it counts the memory of the process that started this one.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) / 2**20


def measure(case: Case, folder: Path) -> dict[str, Cost]:
    """Make the songs, and run both stages. The features of mixes are not measured.

    Args:
        case: the songs.
        folder: an empty folder.

    Raises:
        SystemExit: a stage failed.
    """
    stems = stems_text(write_song(folder / "song", case.minutes, case.mix))
    songs = [Song(f"song_{number}", "folder", "train", stems) for number in range(case.songs)]
    write_manifest(folder / "songs", songs, shards=1)
    jobs = {"pairs": (folder / "songs" / "0.tsv", folder / "pairs")}
    if not case.mix:
        jobs["features"] = folder / "pairs", folder / "features.h5"
    costs = {}
    for stage, (source, output) in jobs.items():
        command = [sys.executable, __file__, "--stage", stage, str(source), str(output)]
        done = subprocess.run(
            [*command, str(write_separator(folder))],
            check=False,
            capture_output=True,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        costs[stage] = Cost(*json.loads(done.stdout.splitlines()[-1]))
        rate = case.songs * case.minutes * 60 / costs[stage].seconds
        name = f"{stage} of mixes" if case.mix else stage
        print(
            f"{name:<16}{case.songs:>6}{case.minutes:>9.2f}{costs[stage].seconds:>10.1f}"
            f"{rate:>9.1f}{costs[stage].gigabytes:>8.2f}",
            flush=True,
        )
    return costs


def main() -> int:
    """Run all cases. Return 0 if the claims are true."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes", type=float, default=60, help="length of the long song (default: 60)"
    )
    parser.add_argument("--songs", type=int, default=2_000, help="most songs (default: 2000)")
    parser.add_argument("--folder", type=Path, help="temporary folder (default: the system's)")
    parser.add_argument("--stage", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        stage, *paths = arguments.stage
        run_stage(stage, Path(paths[0]), Path(paths[1]), paths[2])
        return 0
    lengths = Case(1, arguments.minutes / 4), Case(1, arguments.minutes)
    numbers = Case(FEW, GROUP_SECONDS / 60 / FEW), Case(arguments.songs, TINY)
    cases = [Case(1, arguments.minutes, mix=True), *lengths, *numbers]
    print(f"{'stage':<16}{'songs':>6}{'minutes':>9}{'CPU s':>10}{'s / CPU':>9}{'GB':>8}")

    def run(case: Case) -> dict[str, Cost]:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            return measure(case, Path(folder))

    with ThreadPoolExecutor(2) as pool:
        costs = dict(zip(cases, pool.map(run, cases), strict=True))
    true = all(cost.gigabytes < MOST_GIGABYTES for both in costs.values() for cost in both.values())
    for stage in ("pairs", "features"):
        first, last = (costs[case][stage].seconds / case.minutes for case in lengths)
        few, many = (costs[case][stage].gigabytes for case in numbers)
        print(
            f"{stage}: a minute of the long song takes {last / first:.2f} times the time of one of "
            f"the short song; {arguments.songs:,} songs take {many / few:.2f} times the memory of "
            f"{FEW}"
        )
        true = true and last / first < GROWTH and many / few < GROWTH
    return 0 if true else 1


if __name__ == "__main__":
    sys.exit(main())
