"""Onsets of the bass in a recording without drums: spectral flux below 150 Hz.

The flux is that of `onsets.py`, on a few narrow bands, because two bass notes often differ in pitch
and not in level. The windows are longer than for drums: a low note takes a few periods to appear.
"""

import numpy as np
import scipy.ndimage
import scipy.signal

from jukedrummer.config import SAMPLE_RATE

HIGHEST = 150.0  # hertz: the drums' kick is not in the recording, so this is the bass
BASS_DECIMATION = 100  # to 441 samples a second
RATE = SAMPLE_RATE / BASS_DECIMATION
WINDOW_SAMPLES, HOP_SAMPLES, FFT_SIZE = 48, 2, 128  # of the decimated recording: 109 ms and 4.5 ms
LAG_FRAMES = 3  # to either side that the flux compares
BLUR_FRAMES = 1.5
GAIN = 30.0  # log(1 + this * magnitude), relative to the recording's largest magnitude
MEAN_SPAN = 0.3  # seconds: width of the moving mean that a peak must exceed
RISE = 0.25  # share of the largest flux: prominence of a peak; half of it above the mean
# Of the demo's bass notes, these settings find 95 %, and 97 % of what they find are notes (50 ms).
DELAY = 0.014  # seconds that the flux peaks too early (measured on the demo)
SHORTEST_GAP = 0.08  # seconds between onsets
QUIET_PEAK = 1e-3  # peak below which a low band is silent (-60 dBFS)


def bass_onsets(audio: np.ndarray) -> np.ndarray:
    """Detect the onsets of the bass.

    Args:
        audio: (N,) the recording without drums.

    Returns:
        (n,) seconds, ascending; empty if nothing sounds below 150 Hz.
    """
    filters = scipy.signal.butter(4, HIGHEST, fs=SAMPLE_RATE, output="sos")
    if len(audio) < BASS_DECIMATION * WINDOW_SAMPLES:
        return np.zeros(0)
    low = scipy.signal.sosfiltfilt(filters, audio)[::BASS_DECIMATION]
    if np.abs(low).max() < QUIET_PEAK:
        return np.zeros(0)
    flux, rate = _flux(low), RATE / HOP_SAMPLES
    rise = RISE * flux.max()
    mean = scipy.ndimage.uniform_filter1d(flux, round(MEAN_SPAN * rate))
    peaks, _ = scipy.signal.find_peaks(
        flux, height=mean + rise / 2, distance=round(SHORTEST_GAP * rate), prominence=rise
    )
    return np.asarray(peaks / rate + DELAY)


def _flux(low: np.ndarray) -> np.ndarray:
    # Positive flux of the bands, one value for each HOP_SAMPLES.
    _, _, spectrum = scipy.signal.stft(
        low,
        nperseg=WINDOW_SAMPLES,
        noverlap=WINDOW_SAMPLES - HOP_SAMPLES,
        nfft=FFT_SIZE,
        boundary="zeros",
        detrend=False,
    )
    magnitudes = np.abs(spectrum)
    level = np.log1p(GAIN * magnitudes / magnitudes.max())
    padded = np.pad(level, ((0, 0), (LAG_FRAMES, LAG_FRAMES)), mode="edge")
    flux = np.maximum(padded[:, 2 * LAG_FRAMES :] - padded[:, : -2 * LAG_FRAMES], 0).mean(axis=0)
    return np.asarray(scipy.ndimage.gaussian_filter1d(flux, BLUR_FRAMES))
