"""Made-up music for fingerprints."""

import numpy as np

from jukedrummer.config import SAMPLE_RATE

CHORDS = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))  # semitones above C
BEAT = 0.4  # seconds


def tune(seed: int, seconds: float) -> np.ndarray:
    """A random melody over four chords that all tunes share, at one tempo: (N,) float32."""
    random = np.random.default_rng(seed)
    audio = np.zeros(round(seconds * SAMPLE_RATE))
    step = round(BEAT * SAMPLE_RATE / 2)
    times = np.arange(2 * step) / SAMPLE_RATE
    for number, start in enumerate(range(0, len(audio), step)):
        chord = CHORDS[number // 8 % 4]
        notes = [48 + chord[number % 3], 72 + random.integers(0, 24), 60 + random.integers(0, 12)]
        hertz = 440 * 2 ** ((np.array(notes)[:, None] - 69) / 12)
        sound = (np.sin(2 * np.pi * hertz * times) * np.exp(-4 * times)).sum(0)
        room = audio[start : start + len(sound)]
        room += 0.1 * sound[: len(room)]
    return audio.astype(np.float32)
