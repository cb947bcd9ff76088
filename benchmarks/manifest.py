"""A manifest of a million songs in a thousand shards: the plan, and a job's own rows.

    python benchmarks/manifest.py
    python benchmarks/manifest.py --songs 100000 --shards 100

writes a listed corpus of made-up songs and measures three things, each in a process of its own: the
stage split (splits of all songs, one process), the dry run of the whole workflow, and the reading
of one shard's rows. It fails if the dry run takes 2 minutes or 4 GB, or the reading 5 seconds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

from jukedrummer.corpus.manifest import Song, shard_table, stems_text
from jukedrummer.corpus.song import Role, Stem
from jukedrummer.storage.tables import write_table

ROOT = Path(__file__).parents[1]
ROLES: tuple[Role, ...] = ("drums", "other", "other", "other", "mixture")
PLAN_SECONDS, PLAN_GIGABYTES, READ_SECONDS = 120.0, 4.0, 5.0
READ = "import sys; from pathlib import Path; from jukedrummer.corpus.manifest import read_songs;"
READ += "import time; start = time.perf_counter(); songs = read_songs(Path(sys.argv[1]));"
READ += "print(len(songs), time.perf_counter() - start)"


def song(number: int) -> Song:
    """A row with five stems, as of a large multitrack collection."""
    folder = Path(f"/data/multitracks/{number % 1_000:03}/song_{number:07}")
    files = ("drums", "bass", "other", "vocals", "mixture")
    stems = [Stem(role, folder / f"{name}.wav") for role, name in zip(ROLES, files, strict=True)]
    return Song(
        f"song_{number:07}",
        "folder",
        "",
        stems_text(stems),
        identity=f"folder/song_{number:07}",
        artist=f"Artist {number // 8}",
    )


def write_corpus(folder: Path, songs: int, shards: int) -> None:
    """Write the tables of the stage corpus."""
    for shard in tqdm(range(shards), desc="songs", unit="shard"):
        rows = [song(number) for number in range(shard, songs, shards)]
        write_table(shard_table(folder, shard), Song, rows)


def measured(command: list[str]) -> tuple[float, float, str]:
    """Run a command: seconds, gigabytes at the peak, output."""
    start = time.perf_counter()
    # wait4 gives the memory of this process alone.
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command[:6])} ... failed:\n{output[-2_000:]}")
    return time.perf_counter() - start, usage.ru_maxrss / 1e6, output


def main() -> int:
    """Measure, print, and return 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--songs", type=int, default=1_000_000, help="songs (default: 1,000,000)")
    parser.add_argument("--shards", type=int, default=1_000, help="shards (default: 1,000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        results = Path(name) / "results"
        listed, used = results / "corpus", results / "split"
        write_corpus(listed, options.songs, options.shards)
        corpus = {"shards": options.shards}
        tables = [word for n in range(options.shards) for word in ("--songs", f"{listed}/{n}.tsv")]
        settings = ["--config", json.dumps({"corpus": corpus})]
        package = [sys.executable, "-m", "jukedrummer"]
        split = measured([*package, "split", *tables, "--output", str(used), *settings])
        print(f"split: {split[0]:.0f} s, {split[1]:.2f} GB")
        config = Path(name) / "million.yaml"
        config.write_text(json.dumps({"results": str(results), "corpus": corpus}))
        snakemake = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "rules"]
        target = f"{results}/lm_beat_high"
        plan = measured([*snakemake, "--configfile", str(config), "--", target])
        print(f"dry run: {plan[0]:.0f} s, {plan[1]:.2f} GB")
        *_, rows, seconds = measured(
            [sys.executable, "-c", READ, str(shard_table(used, options.shards // 2))]
        )[2].split()
        print(f"rows of one shard: {rows} in {float(seconds):.2f} s")
    limits = (plan[0] < PLAN_SECONDS, plan[1] < PLAN_GIGABYTES, float(seconds) < READ_SECONDS)
    return 0 if all(limits) else 1


if __name__ == "__main__":
    sys.exit(main())
