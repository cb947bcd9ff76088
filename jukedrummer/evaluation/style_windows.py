"""Windows of songs for the distances between sets of songs: features of drums, and of pairs.

Letters beyond the package's: W windows of a song.
"""

from collections.abc import Callable

import numpy as np
import scipy.ndimage
import torch

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig

SECOND_FRAMES = 100  # of a window of drums
FLUX_MEL = MelConfig(hop=441, bands=8)  # the transcriber's frame rate: 100 frames a second
LIFT = (
    200.0  # log10(1 + this * mel), relative to the largest value: 46 dB below, a part adds little
)
SMOOTH = 2.0  # frames: onsets that are 20 ms apart are nearly together
PAIR_FRAMES = 400  # of a window: 4 seconds
LEAST_NORM = 0.01  # a frame: bands without onsets in a window correlate with nothing


def drum_windows(drums: np.ndarray, embed: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The mean features of each second of drums: their kit, sound and strokes.

    Args:
        drums: (N,) at 44,100 Hz.
        embed: audio (N,) to features (T, D) at 100 frames a second.

    Returns:
        (W, D), W at least 1. A remainder of less than a second is left out.
    """
    features = embed(drums)
    starts = range(0, max(1, len(features) - SECOND_FRAMES + 1), SECOND_FRAMES)
    return np.stack([features[start : start + SECOND_FRAMES].mean(axis=0) for start in starts])


def pair_windows(drumless: np.ndarray, drums: np.ndarray) -> np.ndarray:
    """How the onsets of a recording and of its drums correlate, every 4 seconds.

    A feature is the correlation of one band's onsets in the recording with one band's onsets in the
    drums. Features of both beside each other would not do: the kernel distance of real and shuffled
    pairs is then 0 within its interval, on the demo's songs.

    Args:
        drumless: (N,) at 44,100 Hz.
        drums: (N',) at 44,100 Hz. Both are cut to the shorter one.

    Returns:
        (W, 64), W at least 1.
    """
    shorter = min(len(drumless), len(drums))
    first, second = band_flux(drumless[:shorter]), band_flux(drums[:shorter])
    starts = range(0, max(1, len(first) - PAIR_FRAMES + 1), PAIR_FRAMES)
    windows = [slice(start, start + PAIR_FRAMES) for start in starts]
    return np.stack([(_unit(first[own]).T @ _unit(second[own])).ravel() for own in windows])


def band_flux(audio: np.ndarray) -> np.ndarray:
    """Positive spectral flux of (N,) in 8 bands, (T, 8), 100 frames a second; smoothed."""
    padded = np.pad(audio, (0, max(0, FLUX_MEL.n_fft - len(audio))))
    mel = 10.0 ** log_mel(torch.from_numpy(padded[None].astype(np.float32)), FLUX_MEL)[0].numpy()
    level = np.log10(1 + LIFT * mel / mel.max()).T
    # Of the frames before and after, so that the peak is at the onset.
    around = np.pad(level, ((1, 1), (0, 0)), mode="edge")
    flux = np.maximum(around[2:] - around[:-2], 0)
    return np.asarray(scipy.ndimage.gaussian_filter1d(flux, SMOOTH, axis=0))


def _unit(flux: np.ndarray) -> np.ndarray:
    """(T, 8) without its mean, each band with length 1, or less if it has hardly any onset."""
    centred = flux - flux.mean(axis=0)
    return np.asarray(
        centred / (np.linalg.norm(centred, axis=0) + LEAST_NORM * np.sqrt(len(centred)))
    )
