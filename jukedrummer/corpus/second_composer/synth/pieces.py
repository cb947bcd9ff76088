"""The pieces of a drum kit, synthesised."""

from collections.abc import Callable

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.second_composer.synth.designs import KitDesign
from jukedrummer.corpus.second_composer.synth.signals import (
    band,
    burst,
    decay,
    falling_sine,
    resonances,
    sample_times,
)

Maker = Callable[[KitDesign, np.random.Generator, float], np.ndarray]
"""A design, a random generator and the hardness of a stroke (0 to 1) to a sound (samples,)."""


def _kick(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
    pitch, t60, ratio = kit.kick
    samples = int(1.1 * t60 * SAMPLE_RATE)
    body = falling_sine(samples, pitch * (1 + (ratio - 1) * hard), pitch, 0.028)
    shell = resonances(
        samples, np.array([2.9, 4.3]) * pitch, np.array([0.25, 0.12]), np.full(2, 0.07)
    )
    click = burst(random, samples, (900, 5_500), 0.018)
    thump = burst(random, samples, (60, 300), 0.05)
    sound: np.ndarray = body * decay(samples, t60) + shell + kit.beater * hard * click
    return sound + 0.3 * thump


def _snare(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
    (pitch, t60), (level, wires) = kit.snare, kit.wires
    samples = int(1.1 * max(t60, wires) * SAMPLE_RATE)
    ratios = np.array([1.0, 1.58, 2.24, 2.92, 3.6])
    shell = resonances(
        samples, pitch * ratios, np.array([1.0, 0.65, 0.3, 0.22, 0.12]), t60 / ratios**0.6
    )
    rattle = burst(random, samples, (1_100, 5_000 + 7_000 * hard), wires)
    crack = burst(random, samples, (800, 9_000), 0.02)
    sound: np.ndarray = shell + 1.2 * level * rattle + 0.9 * hard * crack
    return sound


def _rim(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
    samples = int(0.12 * SAMPLE_RATE)
    wood = kit.snare[0] * np.array([2.3, 4.1, 8.3, 11.7])
    tone = resonances(
        samples, wood, np.array([0.5, 1.0, 0.7, 0.4]) * [1, 1, hard, hard], np.full(4, 0.05)
    )
    sound: np.ndarray = tone + 0.25 * burst(random, samples, (1_500, 7_000), 0.02)
    return sound


def _clap(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
    samples = int((0.2 + kit.room[0] / 4) * SAMPLE_RATE)
    t = sample_times(samples)
    hands = 0.35 * decay(samples, 0.25)
    for late in (0.0, 0.009, 0.019, 0.027):
        hands += np.where(t >= late, np.exp(-(t - late) / 0.004), 0.0)
    return band(random.standard_normal(samples), 900, 2_500 + 3_500 * hard) * hands


def _tom(ratio: float) -> Maker:
    def make(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
        pitch, t60 = kit.toms[0] * ratio, kit.toms[1] / ratio**0.5
        samples = int(1.1 * t60 * SAMPLE_RATE)
        body = falling_sine(samples, pitch * (1 + 0.35 * hard), pitch, 0.05) * decay(samples, t60)
        over = resonances(
            samples, pitch * np.array([1.6, 2.3]), np.array([0.3, 0.15]), np.full(2, 0.15)
        )
        stick = burst(random, samples, (500, 4_500), 0.025)
        sound: np.ndarray = body + over + 0.3 * hard * stick
        return sound

    return make


def _metal(
    kit: KitDesign,
    samples: int,
    partials: int,
    limits: tuple[float, float],
    t60: float,
) -> np.ndarray:
    """Partials without harmony between two frequencies; the high ones decay faster."""
    low, high = limits
    random = np.random.default_rng([kit.metal, partials])
    hertz = np.exp(random.uniform(np.log(low), np.log(high), partials))
    levels = random.uniform(0.2, 1.0, partials) * (hertz / low) ** 0.2
    lengths = t60 * np.clip((1_500 / hertz) ** 0.35, 0.4, 1.4) * random.uniform(0.7, 1.3, partials)
    wave = resonances(samples, hertz, levels, lengths)
    level: float = np.sqrt((wave[:2_205] ** 2).mean())
    wave /= level
    return wave


def _squares(kit: KitDesign, samples: int) -> np.ndarray:
    """Six square waves, as in drum machines."""
    t = sample_times(samples)
    ratios = (1.0, 1.483, 1.932, 2.546, 2.63, 3.897)
    waves = [np.sign(np.sin(2 * np.pi * kit.cymbals[0] * ratio * t)) for ratio in ratios]
    total: np.ndarray = np.sum(waves, axis=0) / 2.2
    return total


def _cymbal(
    t60: float, limits: tuple[float, float], partials: int, wash: float, rise: float = 0.0
) -> Maker:
    """A hi-hat or cymbal: `wash` is the level of the noise, `rise` its attack in seconds."""

    def make(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
        length = kit.hat * t60 / 0.08 if t60 < 0.2 else kit.cymbals[1] * t60
        samples = int(1.1 * length * SAMPLE_RATE)
        low, high = limits
        lowest = low * kit.cymbals[0] / 320
        tone = _metal(kit, samples, partials, (lowest, high), length)
        if kit.squares:
            machine = band(_squares(kit, samples), low * 2, 19_000, 3) * decay(samples, length)
            tone = (1 - kit.squares) * tone + kit.squares * machine
        noise = band(random.standard_normal(samples), max(lowest, 2_500), 10_000 + 8_000 * hard)
        noise /= noise.std()
        onset = 1 - np.exp(-sample_times(samples) / max(rise, 1e-4))
        stick = burst(random, samples, (3_000, 9_000), 0.012)
        sound = tone + wash * noise * decay(samples, 0.8 * length) * onset + 0.6 * hard * stick
        return band(sound, 250.0, 7_000 + 12_000 * hard, 1)

    return make


def _bell(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
    samples = int(0.9 * kit.cymbals[1] * SAMPLE_RATE)
    hertz = 2.4 * kit.cymbals[0] * np.array([1.0, 1.48, 2.13, 2.9, 4.05, 5.6])
    levels = np.array([0.7, 0.9, 1.0, 0.7, 0.5, 0.3])
    tone = resonances(samples, hertz, levels, 0.9 * kit.cymbals[1] * (hertz[0] / hertz) ** 0.4)
    wash = burst(random, samples, (3_000, 9_000), 0.4)
    sound: np.ndarray = tone + 0.06 * wash + 0.2 * hard * wash * decay(samples, 0.03)
    return sound


def _tambourine(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
    samples = int(0.24 * SAMPLE_RATE)
    t = sample_times(samples)
    jingles = decay(samples, 0.14) + 0.6 * np.where(t > 0.022, decay(samples, 0.2), 0.0)
    tone = _metal(kit, samples, 10, (4_500, 11_000), 0.12)
    return 0.4 * tone + band(random.standard_normal(samples), 5_000, 13_000) * jingles


def _shaker(kit: KitDesign, random: np.random.Generator, hard: float) -> np.ndarray:
    samples = int(0.1 * SAMPLE_RATE)
    grains = 1 - np.exp(-sample_times(samples) / (0.012 - 0.008 * hard))
    sound: np.ndarray = (
        band(random.standard_normal(samples), 3_800, 10_000) * grains * decay(samples, 0.09)
    )
    return sound


MAKERS: dict[str, Maker] = {
    "kick": _kick,
    "snare": _snare,
    "rim": _rim,
    "clap": _clap,
    "tom_low": _tom(1.0),
    "tom_mid": _tom(1.42),
    "tom_high": _tom(1.9),
    "hat": _cymbal(0.08, (3_200, 15_000), 24, 1.2),
    "pedal": _cymbal(0.06, (2_800, 9_000), 20, 0.8),
    "open": _cymbal(0.75, (2_600, 14_000), 36, 1.0),
    "crash": _cymbal(1.9, (420, 13_000), 70, 1.3, 0.006),
    "ride": _cymbal(1.3, (1_100, 9_500), 44, 1.6),
    "bell": _bell,
    "tambourine": _tambourine,
    "shaker": _shaker,
}
"""What makes the sound of each piece."""
