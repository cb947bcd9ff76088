"""Style distance and prompt adherence of drums whose order is known.

Run it after `make demo`: it reads the songs' pairs and the transcriber below `results/`. The drums
of the held-out songs are played late, or replaced by those of other songs for a share of the songs.
It exits with 1 if a later or less fitting version is not worse.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from jukedrummer.audio.io import read_audio
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.pairs import Pair, all_pairs, held_out
from jukedrummer.evaluation.kernel_distance import fit_kernel, kernel_distance, prompt_adherence
from jukedrummer.evaluation.rungs import half_way_round
from jukedrummer.evaluation.statistics import Interval
from jukedrummer.evaluation.stroke_reader import load_stroke_reader
from jukedrummer.evaluation.style import style_features

DELAYS = (0, 10, 20, 30, 50, 100)  # milliseconds
SHARES = (0, 0.25, 0.5, 0.75, 1)  # of the songs
OTHER_STYLE = "ballad"
RESAMPLES = 2_000
Songs = Sequence[tuple[Pair, Path]]
Windows = Callable[[np.ndarray, np.ndarray], np.ndarray]


def drums_of(folder: Path) -> np.ndarray:
    """The real drums of a pair, (N,)."""
    return read_audio(folder / "drums.flac")


def late(drums: np.ndarray, seconds: float) -> np.ndarray:
    """The drums (N,) after some silence, with the same length."""
    return np.pad(drums, (round(seconds * SAMPLE_RATE), 0))[: len(drums)]


def adherence_rows(songs: Songs, windows: Windows) -> dict[str, Interval]:
    """The adherence of late drums, and of a share of drums of other songs."""
    folders = [folder for _, folder in songs]
    recordings = [read_audio(folder / "drumless.flac") for folder in folders]
    drums = [drums_of(folder) for folder in folders]

    def pairs(own: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [windows(*pair) for pair in zip(recordings, own, strict=True)]

    real = pairs(drums)
    shuffled = pairs([drums[half_way_round(i, len(drums))] for i in range(len(drums))])
    kernel = fit_kernel([*real, *shuffled])
    played = {
        f"{delay} ms late": pairs([late(own, delay / 1_000) for own in drums]) for delay in DELAYS
    }
    # Not the other songs of the definition.
    strange = pairs([drums[(i + 1) % len(drums)] for i in range(len(drums))])
    for share in SHARES:
        count = round(share * len(drums))
        played[f"{share:.0%} of other songs"] = strange[:count] + real[count:]
    return {
        name: prompt_adherence(own, real, shuffled, kernel, RESAMPLES)
        for name, own in played.items()
    }


def distance_rows(songs: Songs, training: Songs, windows: Windows) -> dict[str, Interval]:
    """The style distance of other songs of the same styles, and of a share of another style."""
    recording = np.zeros(0)  # a distance has no use for it
    real = [windows(recording, drums_of(folder)) for _, folder in songs]
    same = [
        next(folder for other, folder in training if other.style == pair.style) for pair, _ in songs
    ]
    strange = [folder for pair, folder in training if pair.style == OTHER_STYLE]
    foreign = [windows(recording, drums_of(folder)) for folder in strange]
    played = {"training songs of the same styles": [windows(recording, drums_of(f)) for f in same]}
    for share in SHARES:
        count = round(share * len(real))
        other = [foreign[place % len(foreign)] for place in range(count)]
        played[f"{share:.0%} of songs with {OTHER_STYLE} drums"] = other + real[count:]
    kernel = fit_kernel(real)
    return {name: kernel_distance(own, real, kernel, RESAMPLES) for name, own in played.items()}


def is_ordered(values: Sequence[float]) -> bool:
    """Whether no value is above the one before by more than 0.02."""
    return all(after <= before + 0.02 for before, after in pairwise(values))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results"))
    results = parser.parse_args().results
    shards = sorted((results / "pairs").iterdir())
    songs = held_out(shards)
    training = [item for item in all_pairs(shards) if item[0].split == "train"]
    features = style_features(load_stroke_reader(results / "transcriber"), None)
    adherence = adherence_rows(songs, features["adherence"].windows)
    distance = distance_rows(songs, training, features["style_distance"].windows)
    for title, rows in (("prompt adherence", adherence), ("style distance", distance)):
        print(title)
        for name, value in rows.items():
            print(f"  {name:40} {value.mean:6.3f} ({value.low:.3f} to {value.high:.3f})")
    by_delay = [value.mean for value in adherence.values()][: len(DELAYS)]
    by_share = [value.mean for value in adherence.values()][len(DELAYS) :]
    by_style = [-value.mean for value in distance.values()][1:]
    return 0 if all(map(is_ordered, (by_delay, by_share, by_style))) else 1


if __name__ == "__main__":
    sys.exit(main())
