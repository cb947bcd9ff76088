"""A drum machine that plays on tracked beats. Its sounds are synthetic, its strokes known."""

from functools import cache

import numpy as np
import scipy.signal

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES

HIT_SECONDS = 0.4
FADE_TAIL = 0.02  # seconds: fade at the end of a sound
# Velocities. The kick on the downbeat is accented, so that a tracker can find the bars. The hi-hats
# between the beats are soft.
LOUD, MEDIUM, SOFT = 1.0, 0.7, 0.6


def machine_strokes(beats: np.ndarray, samples: int) -> Strokes:
    """What the drum machine plays: the baseline with a tracker and without a model.

    Kick on odd positions of the bar, snare on even ones, closed hi-hat on eighths.

    Args:
        beats: (n, 2) seconds, bar position.
        samples: length of the song. Strokes after its end are left out.
    """
    times, positions = beats[:, 0], beats[:, 1]
    between = (times[:-1] + times[1:]) / 2
    parts = (
        ("kick", times[positions == 1], LOUD),
        ("kick", times[(positions % 2 == 1) & (positions > 1)], MEDIUM),
        ("snare", times[positions % 2 == 0], LOUD),
        ("closed_hat", times, LOUD),
        ("closed_hat", between, SOFT),
    )
    strokes = Strokes.sorted(
        np.concatenate([own for _, own, _ in parts]),
        np.concatenate([np.full(len(own), PIECES.index(piece)) for piece, own, _ in parts]),
        np.concatenate([np.full(len(own), velocity) for _, own, velocity in parts]),
    )
    inside = strokes.times < samples / SAMPLE_RATE
    return Strokes(strokes.times[inside], strokes.pieces[inside], strokes.velocities[inside])


def click_kit(beats: np.ndarray, samples: int) -> np.ndarray:
    """The sound of `machine_strokes`.

    Returns:
        (samples,) float32 at 44,100 Hz, silent in parts without beats.
    """
    strokes = machine_strokes(beats, samples)
    audio = np.zeros(samples + round(HIT_SECONDS * SAMPLE_RATE), np.float32)
    for time, piece, velocity in zip(
        strokes.times, strokes.pieces, strokes.velocities, strict=True
    ):
        sound = _kit()[PIECES[piece]]
        audio[round(time * SAMPLE_RATE) :][: len(sound)] += velocity * sound
    return audio[:samples]


@cache
def _kit() -> dict[str, np.ndarray]:
    """The sound of each piece that it plays, (n,) float32."""
    time = np.arange(round(HIT_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(0).standard_normal(len(time))

    def filtered(band: float | tuple[float, float], kind: str) -> np.ndarray:
        filters = scipy.signal.butter(2, band, kind, fs=SAMPLE_RATE, output="sos")
        return np.asarray(scipy.signal.sosfilt(filters, noise))

    def falling(start: float, end: float, seconds: float) -> np.ndarray:
        """A sine whose frequency falls from `start` to `end` hertz."""
        turns = end * time + (start - end) * seconds * (1 - np.exp(-time / seconds))
        return np.asarray(np.sin(2 * np.pi * turns))

    def decay(seconds: float) -> np.ndarray:
        return np.asarray(np.exp(-time / seconds))

    body = np.tanh(1.5 * falling(220, 48, 0.02) * decay(0.12))
    kick = 0.65 * body + 0.15 * filtered((1_500, 6_000), "bandpass") * decay(0.004)
    skin = 0.3 * falling(260, 185, 0.01) * decay(0.06)
    skin += 0.15 * falling(400, 330, 0.01) * decay(0.03)
    snare = skin + 0.16 * filtered(1_500, "highpass") * decay(0.07)
    hat = 0.09 * filtered(7_000, "highpass") * decay(0.025)
    fade = np.minimum(1, (time[-1] - time) / FADE_TAIL)
    sounds = {"kick": kick, "snare": snare, "closed_hat": hat}
    return {piece: (fade * sound).astype(np.float32) for piece, sound in sounds.items()}
