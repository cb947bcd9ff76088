"""Features and eight networks: our form and madmom's `RNNDownBeatProcessor` on the same clips.

    python benchmarks/beat_tracker.py

prints one line: the ratio of the median times, both costs in seconds of processor time a second of
audio, and the largest difference of the activations. It fails if the difference is above 1e-4.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from jukedrummer.beats.madmom_shim import load_madmom
from jukedrummer.beats.trackers.madmom import MadmomConfig, MadmomTracker

SAMPLE_RATE = 44_100
TOLERANCE = 1e-4


def clips(count: int, seconds: float) -> list[np.ndarray]:
    """Decaying tones at 60 to 180 beats a minute over noise: (N,) float32 each."""
    generator = np.random.default_rng(0)
    made = []
    for bpm in np.linspace(60, 180, count):
        audio = generator.normal(0, 0.02, round(seconds * SAMPLE_RATE))
        for start in np.arange(0, len(audio), SAMPLE_RATE * 60 / bpm).astype(int):
            ramp = np.arange(min(6_000, len(audio) - start)) / SAMPLE_RATE
            tone = np.sin(2 * np.pi * generator.uniform(60, 800) * ramp)
            audio[start : start + len(ramp)] += 0.5 * tone * np.exp(-30 * ramp)
        made.append(audio.astype(np.float32))
    return made


def timed(run: Callable[[], list[np.ndarray]]) -> tuple[list[np.ndarray], float, float]:
    """The result, and seconds of wall and processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    result = run()
    return result, time.perf_counter() - wall, time.process_time() - processor


def main() -> int:
    """Run the comparison. Return 0 if the outputs are equal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=20, help="clips a turn (default: 20)")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of a clip (default: 6)")
    parser.add_argument("--turns", type=int, default=3, help="turns of each side (default: 3)")
    arguments = parser.parse_args()

    load_madmom()
    from madmom.audio.signal import Signal
    from madmom.features.downbeats import RNNDownBeatProcessor

    original, tracker = RNNDownBeatProcessor(), MadmomTracker(MadmomConfig())
    songs = clips(arguments.clips, arguments.seconds)
    signals = [Signal(song, sample_rate=SAMPLE_RATE) for song in songs]
    sides = {
        "madmom": lambda: [np.asarray(original(signal)) for signal in signals],
        "ours": lambda: [activations[:, 1:] for activations in tracker.activations(songs)[1]],
    }
    walls: dict[str, list[float]] = {name: [] for name in sides}
    processors: dict[str, list[float]] = {name: [] for name in sides}
    results = {}
    for _ in range(arguments.turns):
        for name, side in sides.items():
            results[name], wall, processor = timed(side)
            walls[name].append(wall)
            processors[name].append(processor)

    difference = max(
        float(np.abs(a - b).max()) for a, b in zip(results["madmom"], results["ours"], strict=True)
    )
    ratio = statistics.median(walls["madmom"]) / statistics.median(walls["ours"])
    seconds = len(songs) * arguments.seconds
    cost = {name: statistics.median(times) / seconds for name, times in processors.items()}
    print(
        f"beat_tracker: {ratio:.1f} times faster than madmom; processor seconds a second of audio: "
        f"{cost['ours']:.4f} against {cost['madmom']:.4f}; "
        f"{len(songs)} clips of {arguments.seconds:g} s, "
        f"{arguments.turns} turns, {torch.get_num_threads()} threads; "
        f"activations differ by {difference:.0e}"
    )
    return 0 if difference <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
