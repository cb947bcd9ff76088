"""Training examples from HDF5 shards, compared with one `.npy` file for each clip and field.

    python benchmarks/loader.py

writes 10,000 clips of random numbers at the demo's size (10 GB in all, removed at the end). It
reads batches of the language model's training from both in turns, and prints one line: the ratio of
the rates, the memory for reading, and the loader's share of a training step. It fails if HDF5 is
slower, or if the share is 3 % or more.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from jukedrummer.config import ClipConfig, MelConfig
from jukedrummer.model.build import make_lm
from jukedrummer.model.lm import ListeningLMConfig
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import AlignedClips, write_shard
from jukedrummer.training.lm import LMTask

CLIP, LM, MEL = ClipConfig(), ListeningLMConfig(), MelConfig()
CODEBOOKS = {"drums": 32, "drumless": 256}
FIELDS = ("drums", "drumless_mel", "drumless", "low", "mid", "high", "phase")
WARM_UP, STEPS = 2, 5


def random_clip(random: np.random.Generator) -> dict[str, np.ndarray]:
    """One clip's features and codes."""
    mels = {
        name: random.random((MEL.bands, CLIP.frames), dtype=np.float32).astype(np.float16)
        for name in ("drums_mel", "drumless_mel")
    }
    return {
        **mels,
        "low": random.random((CLIP.codes, 50), dtype=np.float32).astype(np.float16),
        "mid": random.integers(2, size=CLIP.codes, dtype=np.uint8),
        "high": random.integers(3, size=CLIP.codes, dtype=np.uint8),
        "phase": random.random((CLIP.codes, 4), dtype=np.float32).astype(np.float16),
        **{
            name: random.integers(size, size=CLIP.codes, dtype=np.uint16)
            for name, size in CODEBOOKS.items()
        },
    }


def write(folder: Path, count: int) -> None:
    """Write the same clips as two shards, and as one file for each clip and field."""
    random = np.random.default_rng(0)
    common = {"split": "train", "start": 0}
    features, codes = folder / "features.h5", folder / "codes.h5"
    coded = []
    with write_shard(features, "features", {"mel": {}}) as writer:
        for number in tqdm(range(count), desc="writing", unit="clip"):
            clip = random_clip(random)
            for name in FIELDS:
                np.save(folder / f"{number}_{name}.npy", clip[name])
            coded.append({name: clip.pop(name) for name in CODEBOOKS})
            writer.append(clip | common | {"song": str(number)})
    with write_shard(codes, "codes", {"features_sha256": sha256(features)}) as writer:
        for number, clip in enumerate(coded):
            writer.append(clip | common | {"song": str(number)})


class NpyClips(AlignedClips):
    """As `AlignedClips`, from the files."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count

    def __len__(self) -> int:
        return self.count

    def example(
        self, index: int, start: int, length: int, frames_per_code: int, beats: Sequence[str]
    ) -> tuple[np.ndarray, ...]:
        """The same stretch of the same fields."""
        arrays = []
        for name in ("drums", "drumless_mel", "drumless", *beats):
            scale = frames_per_code if name.endswith("_mel") else 1
            where = slice(start * scale, (start + length) * scale)
            whole = np.load(self.folder / f"{index}_{name}.npy")
            part = whole[..., where] if name.endswith("_mel") else whole[where]
            arrays.append(part.astype(np.int64) if name in CODEBOOKS else part)
        return tuple(arrays)


def seconds_of_step(task: LMTask) -> float:
    """The median time of forward and backward at the demo's size."""
    times = []
    batch = task.batch(0, slice(None))
    for _ in range(WARM_UP + STEPS):
        start = time.perf_counter()
        task(*batch)["loss"].backward()
        times.append(time.perf_counter() - start)
    return statistics.median(times[WARM_UP:])


def main() -> int:
    """Run the comparison. Return 0 if the claim is true."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=10_000, help="clips (default: 10000)")
    parser.add_argument("--batches", type=int, default=200, help="batches a turn (default: 200)")
    parser.add_argument("--turns", type=int, default=5, help="turns of each side (default: 5)")
    parser.add_argument("--folder", type=Path, help="temporary folder (default: the system's)")
    arguments = parser.parse_args()
    codebooks = CODEBOOKS["drums"], CODEBOOKS["drumless"]
    model = make_lm(LM, MEL.bands, CLIP.frames_per_code, *codebooks)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as temporary:
        folder = Path(temporary)
        write(folder, arguments.clips)
        shards = AlignedClips([folder / "features.h5"], [folder / "codes.h5"], "train")
        sides = {"npy": NpyClips(folder, arguments.clips), "hdf5": shards}
        tasks = {name: LMTask(model, LM, CLIP, clips, clips) for name, clips in sides.items()}
        step = seconds_of_step(tasks["hdf5"])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        times: dict[str, list[float]] = {name: [] for name in sides}
        for turn in range(arguments.turns):
            for name, task in tasks.items():
                start = time.perf_counter()
                for number in range(arguments.batches):
                    batch = task.batch(turn * arguments.batches + number, slice(None))
                times[name].append((time.perf_counter() - start) / arguments.batches)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        batches = [task.batch(0, slice(None)) for task in tasks.values()]
        for npy, hdf5 in zip(*batches, strict=True):
            torch.testing.assert_close(npy, hdf5, rtol=0, atol=0)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio, share = medians["npy"] / medians["hdf5"], medians["hdf5"] / step
    print(
        f"loader: {ratio:.2f} times the rate of one .npy file a clip and field; "
        f"{len(batch[0]) / medians['hdf5']:.0f} examples a second, "
        f"{100 * share:.1f} % of a training step; memory grew by {grown:.0f} MB "
        f"over {arguments.turns * arguments.batches * 2} batches from {arguments.clips} clips"
    )
    return 0 if ratio >= 1 and share < 0.03 else 1


if __name__ == "__main__":
    sys.exit(main())
