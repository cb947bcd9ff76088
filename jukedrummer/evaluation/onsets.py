"""Onset detection in drums: positive spectral flux of log-compressed mel bands.

Source: Böck, Krebs and Schedl, ISMIR 2012.
"""

import numpy as np
import scipy.ndimage
import scipy.signal
import torch

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import SAMPLE_RATE, MelConfig

MEL = MelConfig(
    n_fft=512, hop=64, bands=24
)  # short windows: times are accurate to 1 or 2 milliseconds
LAG = 4  # frames to either side that the flux compares, so that the two windows do not overlap
BLUR = 1.5  # frames: smooths noise between strokes
COMPRESSION = 200.0  # log10(1 + this * mel): parts 46 dB below the loudest add little
MEAN_SECONDS = 0.1  # seconds: width of the moving mean that a peak must exceed
# Share of the track's largest flux by which a peak must exceed that mean. On the demo's real drums,
# 0.06 has a recall of 98 % and a precision of 99.8 %. 0.1 has a recall of 93 %.
HEIGHT = 0.06
EARLY = 0.003  # seconds: the flux of a decaying sound peaks this much too early (measured)
APART = 0.03  # seconds: nearer onsets count as one (flams, two drums struck together)
SILENT_PEAK = 1e-3  # peak below which a track is silent (-60 dBFS)


def onset_strength(audio: np.ndarray) -> np.ndarray:
    """Positive spectral flux of (N,): (N // 64,), one value every 1.45 ms.

    The flux of a frame compares the window that starts there with the window that ends there. Its
    peak is at the onset. The flux between neighbouring frames would have its peak when the onset
    enters the window.
    """
    mel = 10.0 ** log_mel(torch.from_numpy(audio[None].astype(np.float32)), MEL)[0].numpy()
    level = np.log10(1 + COMPRESSION * mel / mel.max())
    padded = np.pad(level, ((0, 0), (LAG, LAG)), mode="edge")
    flux = np.maximum(padded[:, 2 * LAG :] - padded[:, : -2 * LAG], 0).mean(axis=0)
    return np.asarray(scipy.ndimage.gaussian_filter1d(flux, BLUR))


def detect_onsets(audio: np.ndarray) -> np.ndarray:
    """Detect the onsets of drums.

    Args:
        audio: (N,) drums.

    Returns:
        (n,) seconds, ascending, at least 30 ms apart; empty for silence (peak below -60 dBFS).
    """
    if np.abs(audio).max(initial=0.0) < SILENT_PEAK or len(audio) < MEL.n_fft:
        return np.zeros(0)
    # Silence before the start makes a stroke on the first sample detectable. Silence after the end
    # would make a click.
    lead = MEL.n_fft
    flux = onset_strength(np.pad(audio, (lead, 0)))
    rate = SAMPLE_RATE / MEL.hop
    mean = scipy.ndimage.uniform_filter1d(flux, round(MEAN_SECONDS * rate))
    rise = HEIGHT * flux.max()
    peaks, _ = scipy.signal.find_peaks(
        flux, height=mean + rise, distance=round(APART * rate), prominence=rise
    )
    # Frame m is centred on the samples [m * hop, (m + 1) * hop).
    times = ((peaks + 0.5) * MEL.hop - lead) / SAMPLE_RATE + EARLY
    return np.asarray(np.maximum(times, 0.0))
