"""Our onset detector compared with madmom's published detectors, on the demo's real drums.

Run it after `make demo`: it reads the held-out songs' drum stems and their annotated strokes below
`results/rendered/demo/test`. Strokes nearer than 30 ms to each other count as one. An onset is
right within 25 ms of a stroke.
"""

import sys
import time
from pathlib import Path
from statistics import fmean

import mir_eval
import numpy as np

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.madmom_shim import load_madmom
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.onsets import APART, detect_onsets

SONGS = Path("results/rendered/demo/test")
WINDOW = 0.025  # seconds
MOST_SONGS = 16


def strokes(path: Path) -> np.ndarray:
    """Seconds (n,) of a song's drum strokes. Simultaneous strokes count as one."""
    times = np.loadtxt(path, usecols=0, ndmin=1)
    return times[np.diff(times, prepend=-np.inf) > APART]


def detectors() -> dict[str, object]:
    """Name to a function from a waveform (N,) to seconds (n,)."""
    load_madmom()
    from madmom.audio.signal import Signal
    from madmom.features.onsets import (
        CNNOnsetProcessor,
        OnsetPeakPickingProcessor,
        RNNOnsetProcessor,
        SpectralOnsetProcessor,
    )

    def of(processor: object, fps: int, **picking: float) -> object:
        pick = OnsetPeakPickingProcessor(fps=fps, **picking)
        return lambda audio: pick(processor(Signal(audio, SAMPLE_RATE)))

    superflux = SpectralOnsetProcessor(
        "superflux",
        fps=200,
        num_bands=24,
        diff_max_bins=3,
        positive_diffs=True,
        sample_rate=SAMPLE_RATE,
    )
    # Peaks are picked with the settings of madmom's own programs.
    moving_mean = {"pre_avg": 0.15, "post_avg": 0.0, "pre_max": 0.01, "post_max": 0.05}
    neighbours = {"pre_max": 0.01, "post_max": 0.01}
    return {
        "ours (log-mel flux)": detect_onsets,
        "madmom SuperFlux": of(superflux, 200, threshold=1.1, combine=0.03, **moving_mean),
        "madmom RNN": of(RNNOnsetProcessor(), 100, threshold=0.35, smooth=0.07, **neighbours),
        "madmom CNN": of(CNNOnsetProcessor(), 100, threshold=0.54, smooth=0.05, **neighbours),
    }


def main() -> int:
    """Print a row for each detector: precision, recall, F1, error in time, seconds."""
    songs = sorted(SONGS.glob("*"))[:MOST_SONGS]
    if not songs:
        print(f"{SONGS}: no songs; run make demo first", file=sys.stderr)
        return 1
    audio = [read_audio(song / "drums.wav") for song in songs]
    truth = [strokes(song / "drums.tsv") for song in songs]
    print(f"{len(songs)} songs, {sum(map(len, truth))} strokes")
    print(f"{'detector':<22}{'precision':>10}{'recall':>8}{'F1':>7}{'error ms':>10}{'s/song':>8}")
    for name, detect in detectors().items():
        rows, start = [], time.monotonic()
        for waveform, times in zip(audio, truth, strict=True):
            found = np.asarray(detect(waveform))
            f1, precision, recall = mir_eval.onset.f_measure(times, found, window=WINDOW)
            pairs = mir_eval.util.match_events(times, found, WINDOW)
            error = np.median([abs(times[i] - found[j]) for i, j in pairs]) if pairs else np.nan
            rows.append((precision, recall, f1, 1_000 * error))
        seconds = (time.monotonic() - start) / len(songs)
        precision, recall, f1, error = (fmean(column) for column in zip(*rows, strict=True))
        print(f"{name:<22}{precision:>10.3f}{recall:>8.3f}{f1:>7.3f}{error:>10.1f}{seconds:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
