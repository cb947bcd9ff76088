"""Changes of drum mels in the transcriber's training: other rooms, equalisers, kits and codecs.

Mels are (F, T) float32, log10 of magnitudes.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import scipy.cluster.vq
import scipy.ndimage
import scipy.signal

from jukedrummer.model.transcriber import TRANSCRIBER_MEL

LOUDER = 0.5  # log10: 10 dB louder or quieter at most
EQUALISER = 0.4  # log10: largest gain of an equaliser at one of its points
EQUALISER_POINTS = 5
BAND_SHIFT = 4.0  # bands: pieces of other kits are higher or lower
STEEPNESS = (0.8, 1.3)  # factor of log levels below the loudest: longer or shorter decays
CODEC_SHARE = (0.4, 1.0)  # of the quantised mel, if the mel is quantised
NOISE = (-5.0, -2.0)  # log10: level of background noise
REVERBERATION = (0.80, 0.97)  # decay of the power in a frame: 0.6 to 4.5 s to -60 dB
WETNESS = (-2.5, -0.7)  # log10: power of the reverberation
PATCH_FRAMES = 2  # frames of a code: 20 ms, as in the codec
BLUR_FRAMES, BLUR_BANDS = 1.2, 1.2  # standard deviation of the widest blur


def changed_drums(
    mel: np.ndarray, random: np.random.Generator, codebooks: Sequence[np.ndarray] = ()
) -> np.ndarray:
    """The mel of the same strokes, recorded in another way. Each change is made in some examples.

    Args:
        mel: (F, T).
        random: the example's generator.
        codebooks: see `patch_codebook`; one of them is drawn.
    """
    chances = random.uniform(size=7)
    if codebooks and chances[5] < 0.4:
        codebook = codebooks[int(random.integers(len(codebooks)))]
        share = np.float32(random.uniform(*CODEC_SHARE))
        quantised = quantised_drums(mel, codebook, int(random.integers(PATCH_FRAMES)))
        mel = share * quantised + (1 - share) * mel
    if chances[6] < 0.3:
        loudest = mel.max(axis=1, keepdims=True)
        mel = loudest + np.float32(random.uniform(*STEEPNESS)) * (mel - loudest)
    if chances[0] < 0.5:
        mel = shifted_bands(mel, random.uniform(-BAND_SHIFT, BAND_SHIFT))
    if chances[1] < 0.3:
        mel = reverberated(mel, random.uniform(*REVERBERATION), 10 ** random.uniform(*WETNESS))
    if chances[2] < 0.5:
        sigma = random.uniform(0, BLUR_BANDS), random.uniform(0, BLUR_FRAMES)
        mel = scipy.ndimage.gaussian_filter(mel, sigma, mode="nearest", truncate=3)
    if chances[3] < 0.7:
        mel = mel + equaliser(len(mel), random)
    mel = mel + np.float32(random.uniform(-LOUDER, LOUDER))
    if chances[4] < 0.5:
        level = 10 ** random.uniform(*NOISE)
        # The magnitudes of noise have Rayleigh's distribution.
        mel = np.log10(10**mel + level * random.rayleigh(size=mel.shape))
    result: np.ndarray = np.maximum(mel, np.log10(TRANSCRIBER_MEL.floor))
    return result.astype(np.float32)


def patch_codebook(patches: np.ndarray, size: int, seed: int) -> np.ndarray:
    """The centres of clusters of patches of mels, like the codes of a codec.

    Args:
        patches: (n, `PATCH_FRAMES` * F).
        size: number of centres; fewer if there are fewer patches.
        seed: the same seed gives the same centres.

    Returns:
        (size, `PATCH_FRAMES` * F) float32.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of clusters that become empty, which do no harm
        centres, _ = scipy.cluster.vq.kmeans2(
            patches.astype(np.float64), min(size, len(patches)), iter=8, minit="points", seed=seed
        )
    result: np.ndarray = centres.astype(np.float32)
    return result


def quantised_drums(mel: np.ndarray, codebook: np.ndarray, first: int) -> np.ndarray:
    """The mel with each patch replaced by the nearest in a codebook.

    Args:
        mel: (F, T).
        codebook: see `patch_codebook`.
        first: frames before the first patch, below `PATCH_FRAMES`.
    """
    bands, frames = mel.shape
    rows = np.pad(mel.T, ((first, -(frames + first) % PATCH_FRAMES), (0, 0)), mode="edge")
    nearest, _ = scipy.cluster.vq.vq(rows.reshape(-1, PATCH_FRAMES * bands), codebook)
    quantised: np.ndarray = codebook[nearest].reshape(-1, bands)[first : first + frames].T
    return quantised


def shifted_bands(mel: np.ndarray, bands: float) -> np.ndarray:
    """The mel, moved up by a number of bands. Bands that are missing repeat the last."""
    shifted: np.ndarray = scipy.ndimage.shift(mel, (bands, 0), order=1, mode="nearest")
    return shifted


def reverberated(mel: np.ndarray, decay: float, power: float) -> np.ndarray:
    """The mel with an exponential tail after each sound.

    Args:
        mel: (F, T).
        decay: factor of the tail's power from frame to frame.
        power: power of the tail at its start, relative to the sound.
    """
    dry = 10 ** (2 * mel.astype(np.float64))
    tail = scipy.signal.lfilter([0, power], [1, -decay], dry, axis=1)
    result: np.ndarray = 0.5 * np.log10(dry + tail)
    return result


def equaliser(bands: int, random: np.random.Generator) -> np.ndarray:
    """A smooth gain over the bands: (F, 1) float32, log10."""
    gains = random.uniform(-EQUALISER, EQUALISER, EQUALISER_POINTS)
    curve = np.interp(np.linspace(0, EQUALISER_POINTS - 1, bands), range(EQUALISER_POINTS), gains)
    return curve[:, None].astype(np.float32)
