"""A click on every beat of a recording."""

import numpy as np

from jukedrummer.audio.io import peak_gain

CLICK_SECONDS = 0.03
DOWNBEAT_HERTZ = 2_000.0  # other beats: an octave lower
CLICK_LEVEL = 0.7  # of the recording's peak


def with_clicks(samples: np.ndarray, sample_rate: int, beats: np.ndarray) -> np.ndarray:
    """A recording with a click that starts on the sample of each beat.

    Clicks on downbeats are an octave higher than the others. Their level depends on the recording's
    peak.

    Args:
        samples: (N, channels) float32.
        sample_rate: samples a second.
        beats: (n, 2) seconds, bar position (1 = downbeat).

    Returns:
        (N, channels) float32, turned down if it would clip.
    """
    result = samples.copy()
    level = CLICK_LEVEL * float(np.abs(samples).max(initial=0.0))
    downbeat, other = (
        level * _click(hertz, sample_rate) for hertz in (DOWNBEAT_HERTZ, DOWNBEAT_HERTZ / 2)
    )
    for time, position in beats:
        start = round(time * sample_rate)
        place = result[start : start + len(other)]
        place += (downbeat if position == 1 else other)[: len(place), None]
    result *= peak_gain(result)
    return result


def _click(hertz: float, sample_rate: int) -> np.ndarray:
    """A decaying cosine, loudest on its first sample: (n,) float32."""
    seconds = np.arange(max(1, round(CLICK_SECONDS * sample_rate))) / sample_rate
    tone = np.cos(2 * np.pi * hertz * seconds) * np.exp(-seconds / (CLICK_SECONDS / 5))
    return tone.astype(np.float32)
