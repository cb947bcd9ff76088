"""The measures of leakage on songs with a known leak of the drums.

Run it after `make demo`: it reads the songs' stems below `results/rendered/demo`. A row is a kind
of drumless recording: the true one; the true one with the drums added at some level, filtered by a
high-pass at 4 kHz or by random noise of 6 ms; and the drumless recording of a simulated separation
of both, a ratio mask with errors of about 6 dB. The columns are the medians of both measures, and
the share of pairs of songs in which the true recording has the smaller value (0.5: the measure
shows nothing; 1: it always shows the leak).

It exits with 1 if the coherence does not separate every row from the true recordings.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.signal

from jukedrummer.audio.io import read_audio
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.leakage import Leakage, LeakageMeter

LEVELS = (-20, -30, -40, -50)  # decibel relative to the drums
HIGH_PASS = scipy.signal.butter(4, 4_000, "highpass", fs=SAMPLE_RATE, output="sos")
Pair = tuple[np.ndarray, np.ndarray]


def read_song(folder: Path) -> Pair:
    """Drums and drumless recording (N,) of a demo song."""
    stems = {path.stem: read_audio(path) for path in folder.glob("*.wav")}
    others = (audio for name, audio in stems.items() if name not in ("drums", "mixture"))
    return stems["drums"], np.sum(list(others), axis=0)


def high_passed(drums: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The drums above 4 kHz."""
    return scipy.signal.sosfilt(HIGH_PASS, drums)


def filtered(drums: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The drums through a random filter that keeps the power of white noise."""
    response = random.normal(size=256) * np.exp(-np.arange(256) / 60)
    response /= np.sqrt(np.square(response).sum())
    return scipy.signal.fftconvolve(drums, response)[: len(drums)]


def leaking(pair: Pair, level: float, filter_: Callable[..., np.ndarray]) -> Pair:
    """The pair with a leak of this level."""
    drums, drumless = pair
    leak = 10 ** (level / 20) * filter_(drums, np.random.default_rng(0))
    return drums, drumless + leak.astype(np.float32)


def separated(pair: Pair) -> Pair:
    """Both parts from their sum, by a ratio mask with errors."""
    random = np.random.default_rng(0)
    transform = scipy.signal.ShortTimeFFT.from_window(
        "hann", SAMPLE_RATE, nperseg=1_024, noverlap=768
    )
    spectra = [transform.stft(part) for part in pair]
    powers = []
    for spectrum in spectra:
        errors = scipy.signal.convolve2d(
            random.normal(size=spectrum.shape), np.full((5, 5), 6 / 5), mode="same"
        )
        powers.append(np.square(np.abs(spectrum)) * 10 ** (errors / 10))
    mask = powers[0] / (sum(powers) + 1e-12)
    parts = (transform.istft(sum(spectra) * part, k1=len(pair[0])) for part in (mask, 1 - mask))
    drums, drumless = (part.astype(np.float32) for part in parts)
    return drums, drumless


def measured(pair: Pair) -> Leakage:
    """The measures of a pair."""
    meter = LeakageMeter()
    meter.add(*(part[:, None] for part in pair))
    leakage = meter.finish()
    assert leakage is not None, "demo songs are longer than ten seconds"
    return leakage


def rows() -> dict[str, Callable[[Pair], Pair]]:
    """Name to a function that makes a pair with a leak."""
    leaks: dict[str, Callable[[Pair], Pair]] = {"true stems": lambda pair: pair}
    for level in LEVELS:
        leaks[f"high-passed, {level} dB"] = lambda pair, level=level: leaking(
            pair, level, high_passed
        )
        leaks[f"filtered, {level} dB"] = lambda pair, level=level: leaking(pair, level, filtered)
    return leaks | {"ratio mask": separated}


def main() -> int:
    """Print a row for each kind of leak. Return 0 if the coherence shows all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=Path("results/rendered/demo"))
    parser.add_argument("--songs", type=int, default=24, help="number of songs (default: 24)")
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in arguments.corpus.glob("*/*/drums.wav"))
    if not folders:
        print(f"{arguments.corpus}: no songs; run make demo first", file=sys.stderr)
        return 1
    songs = [read_song(folder) for folder in folders[:: max(1, len(folders) // arguments.songs)]]
    songs = songs[: arguments.songs]
    print(f"{len(songs)} songs")
    print(f"{'drumless recording':<24}{'onsets':>8}{'shown':>8}{'coherence':>11}{'shown':>8}")
    true, always = np.zeros((len(songs), 2)), True
    for number, (name, leak) in enumerate(rows().items()):
        values = np.array([measured(leak(song)) for song in songs])
        true = true if number else values
        above = (values[:, None] > true) + 0.5 * (values[:, None] == true)
        onsets, coherence = np.median(values, axis=0)
        shown = above.mean((0, 1))
        print(f"{name:<24}{onsets:>8.3f}{shown[0]:>8.2f}{coherence:>11.3f}{shown[1]:>8.2f}")
        always = always and (not number or shown[1] == 1)
    return 0 if always else 1


if __name__ == "__main__":
    sys.exit(main())
