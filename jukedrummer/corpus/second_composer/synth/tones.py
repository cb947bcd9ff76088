"""Tones with a pitch: plucked, struck and held."""

from dataclasses import dataclass

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.second_composer.synth.signals import (
    TOP_EDGE,
    band,
    burst,
    decay,
    resonances,
    sample_times,
    swell,
)

CYCLE = 2_048
"""Samples of a single cycle."""
RELEASE = 0.06
"""Seconds that a tone of strings or bars sounds after its end."""


def hertz_of(pitch: float) -> float:
    """The frequency of a MIDI pitch."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def cycles(spectra: np.ndarray, hertz: float, samples: int) -> np.ndarray:
    """A tone from the spectra of its cycles, one after the other.

    Args:
        spectra: (n, H) complex, the harmonics from the first of n successive cycles.
        hertz: frequency of the tone.
        samples: length; the last cycle is repeated.

    Returns:
        (samples,).
    """
    points = 2 * (int(np.ceil(SAMPLE_RATE / hertz)) + 1)
    kept = min(spectra.shape[1], points // 2 - 1)
    bins = np.zeros((len(spectra), points // 2 + 1), complex)
    bins[:, 1 : kept + 1] = spectra[:, :kept]
    wave = np.fft.irfft(bins, points).ravel() * points / 2
    places = np.arange(samples) * (hertz * points / SAMPLE_RATE)
    tone: np.ndarray = np.interp(places, np.arange(len(wave)), wave)
    return tone


@dataclass(frozen=True)
class Plucked:
    """A string that is plucked or hit.

    Attributes:
        point: where it is plucked, as a share of its length.
        bright: how slowly the harmonics fall; 1 is a bright string.
        t60: decay of the first harmonic at middle C, seconds.
        damping: how much faster high harmonics decay.
        knock: level of the body's knock.
        high: highest frequency, hertz.
    """

    point: float
    bright: float
    t60: float
    damping: float
    knock: float = 0.1
    high: float = 12_000.0

    def tone(
        self, random: np.random.Generator, pitch: float, seconds: float, strength: float
    ) -> np.ndarray:
        """A note: (samples,). The sound ends soon after `seconds`."""
        hertz = hertz_of(pitch)
        samples = int((seconds + RELEASE) * SAMPLE_RATE)
        count = max(1, int(min(self.high, TOP_EDGE) / hertz))
        number = np.arange(1, count + 1)
        level = np.abs(np.sin(np.pi * number * self.point)) * number ** -(2 - self.bright)
        level *= np.exp(-number * hertz / (3_000 + 9_000 * strength * self.bright))
        level *= 1 / (1 + (2 * number * hertz / self.high) ** 4)
        level *= random.uniform(0.7, 1.3, count)
        fall = 6.9078 / self.t60 * (hertz / 262) ** 0.5 * (1 + self.damping * (number - 1))
        frames = int(np.ceil(samples * hertz / SAMPLE_RATE)) + 2
        spectra = level * np.exp(1j * random.uniform(-1, 1, count) - np.pi / 2 * 1j)
        times = np.arange(frames)[:, None] / hertz
        wave = cycles(spectra * np.exp(-fall * times), hertz, samples)
        knock = burst(random, samples, (90, 2_200), 0.03)
        return _ended(wave / np.abs(wave).max() + self.knock * strength * knock, seconds)


@dataclass(frozen=True)
class Struck:
    """A bar, bell or tine that is struck.

    Attributes:
        ratios: frequencies of its partials, relative to the pitch.
        levels: their levels.
        t60: decay of the first at middle C, seconds.
        bark: level of the modulation by hard strokes, as in electric pianos.
        tremolo: depth of the tremolo.
    """

    ratios: tuple[float, ...]
    levels: tuple[float, ...]
    t60: float
    bark: float = 0.0
    tremolo: float = 0.0

    def tone(
        self, random: np.random.Generator, pitch: float, seconds: float, strength: float
    ) -> np.ndarray:
        """A note: (samples,). The sound ends soon after `seconds`."""
        hertz = hertz_of(pitch)
        samples = int((seconds + RELEASE) * SAMPLE_RATE)
        ratios = np.array([ratio for ratio in self.ratios if ratio * hertz < 16_000])
        levels = np.array(self.levels[: len(ratios)]) * strength ** (ratios > 1.5)
        lengths = self.t60 * (262 / hertz) ** 0.4 / ratios**0.7
        wave = resonances(samples, hertz * ratios, levels, lengths)
        if self.bark:
            t = sample_times(samples)
            index = self.bark * strength * decay(samples, 0.7)
            carrier = np.sin(2 * np.pi * hertz * t + index * np.sin(2 * np.pi * hertz * t))
            wave = 0.5 * wave + carrier * decay(samples, self.t60 * (262 / hertz) ** 0.4)
        if self.tremolo:
            wave *= 1 + self.tremolo * np.sin(2 * np.pi * 5.2 * sample_times(samples))
        tap = burst(random, samples, (700, 5_000), 0.012)
        return _ended(wave + 0.12 * strength * tap, seconds)


@dataclass(frozen=True)
class Held:
    """A tone that lasts: wind, bow, pipe, oscillator.

    Attributes:
        levels: levels of the first harmonics. Empty: those of a saw.
        slope: exponent with which further harmonics fall.
        odd: level of the even harmonics of a saw, 0 to 1.
        attack: seconds.
        release: seconds.
        detune: distance of three oscillators, cents; 0 for one.
        vibrato: depth, cents.
        breath: level of noise.
        cutoff: highest frequency at full strength, hertz.
        opening: how far the cutoff falls in the first third of a second, 0 to 1.
        octave: lower octave of all, e.g. -1.
    """

    levels: tuple[float, ...] = ()
    slope: float = 1.0
    odd: float = 1.0
    attack: float = 0.02
    release: float = 0.05
    detune: float = 0.0
    vibrato: float = 0.0
    breath: float = 0.0
    cutoff: float = 8_000.0
    opening: float = 0.0
    octave: int = 0

    def tone(
        self, random: np.random.Generator, pitch: float, seconds: float, strength: float
    ) -> np.ndarray:
        """A note: (samples,). The sound ends soon after `seconds`."""
        hertz = hertz_of(pitch + 12 * self.octave)
        samples = int((seconds + self.release) * SAMPLE_RATE)
        t = sample_times(samples)
        table = self._cycle(hertz)
        bend = self.vibrato * np.clip(4 * t - 0.6, 0, 1) * np.sin(2 * np.pi * 5.4 * t)
        cents = (-self.detune, 0.0, self.detune) if self.detune else (0.0,)
        wave = np.zeros(samples)
        for offset in cents:
            start = random.random()
            if self.vibrato:
                phase = start + np.cumsum(hertz * 2 ** ((offset + bend) / 1_200)) / SAMPLE_RATE
            else:
                phase = start + hertz * 2 ** (offset / 1_200) * t
            wave += _read(table, phase)
        wave /= len(cents) ** 0.5
        if self.breath:
            wave += self.breath * band(random.standard_normal(samples), hertz, 6_000)
        wave = self._filtered(wave, strength)
        wave *= swell(samples, self.attack, self.release)
        return wave

    def _cycle(self, hertz: float) -> np.ndarray:
        """One cycle, (CYCLE,)."""
        count = max(1, min(int(14_000 / hertz), CYCLE // 8))
        number = np.arange(1, count + 1)
        level = np.where(number % 2 == 0, self.odd, 1.0) / number**self.slope
        if self.levels:
            level = np.zeros(count)
            level[: len(self.levels)] = self.levels[:count]
        spectrum = np.zeros(CYCLE // 2 + 1, complex)
        spectrum[1 : count + 1] = -1j * level
        wave: np.ndarray = np.fft.irfft(spectrum, CYCLE)
        wave /= np.abs(wave).max()
        return wave

    def _filtered(self, wave: np.ndarray, strength: float) -> np.ndarray:
        cutoff = self.cutoff * (0.4 + 0.6 * strength)
        if not self.opening:
            return band(wave, 0.0, cutoff)
        bright = decay(len(wave), 0.33)
        closed = band(wave, 0.0, cutoff * (1 - self.opening))
        mixed: np.ndarray = bright * band(wave, 0.0, cutoff) + (1 - bright) * closed
        return mixed


Tone = Plucked | Struck | Held


def _read(table: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """The values of a cycle at phases, which are counted in cycles; between samples, a line."""
    place = phase % 1 * CYCLE
    before = place.astype(np.int64)
    first = table[before]
    values: np.ndarray = first + (place - before) * (table[(before + 1) % CYCLE] - first)
    return values


def _ended(wave: np.ndarray, seconds: float) -> np.ndarray:
    """A wave that fades out in `RELEASE` after `seconds`."""
    left = seconds + RELEASE - sample_times(len(wave))
    ended: np.ndarray = wave * np.clip(left / RELEASE, 0, 1)
    return ended
