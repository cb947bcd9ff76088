"""A drum machine that plays on tracked beats."""

import numpy as np

from jukedrummer.config import SAMPLE_RATE

HIT_SECONDS = 0.25


def click_kit(beats: np.ndarray, samples: int) -> np.ndarray:
    """Drums that depend on the beats alone: the baseline with a tracker and without a model.

    Kick on odd positions of the bar, snare on even ones, closed hi-hat on eighths.

    Args:
        beats: (n, 2) seconds, bar position.
        samples: length of the song.

    Returns:
        (samples,) float32 at 44,100 Hz, silent in parts without beats.
    """
    kick, snare, hat = _kit()
    audio = np.zeros(samples + len(kick), np.float32)
    for time, position in beats:
        _strike(audio, time, kick if position % 2 else snare)
    between = (beats[:-1, 0] + beats[1:, 0]) / 2
    for time in np.concatenate([beats[:, 0], between]):
        _strike(audio, time, hat)
    return audio[:samples]


def _kit() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kick, snare and closed hi-hat, synthesised: (n,) float32 each."""
    time = np.arange(round(HIT_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(0).standard_normal(len(time))
    kick = (
        0.6
        * np.sin(2 * np.pi * (50 * time + 3 * (1 - np.exp(-time / 0.03))))
        * np.exp(-time / 0.08)
    )
    snare = (0.15 * noise + 0.25 * np.sin(2 * np.pi * 190 * time)) * np.exp(-time / 0.05)
    hat = 0.05 * np.diff(noise, prepend=0) * np.exp(-time / 0.02)
    return kick.astype(np.float32), snare.astype(np.float32), hat.astype(np.float32)


def _strike(audio: np.ndarray, time: float, sound: np.ndarray) -> None:
    place = audio[round(time * SAMPLE_RATE) :][: len(sound)]
    place += sound[: len(place)]
