"""The instruments of the band: their tones, effects, and General MIDI programs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.score import InstrumentPart, Note
from jukedrummer.corpus.second_composer.synth.signals import band, sample_times, saturated
from jukedrummer.corpus.second_composer.synth.tones import Held, Plucked, Struck, Tone

Effect = Callable[[np.ndarray], np.ndarray]


def _fuzz(wave: np.ndarray) -> np.ndarray:
    """A loud amplifier: all notes of a chord are bent together."""
    return band(saturated(band(wave, 110.0), 14.0), 90.0, 4_800.0, 3)


def _crunch(wave: np.ndarray) -> np.ndarray:
    return band(saturated(band(wave, 120.0), 4.0), 100.0, 5_500.0)


def _warm(wave: np.ndarray) -> np.ndarray:
    return saturated(wave, 1.6)


def _turning(wave: np.ndarray) -> np.ndarray:
    """A turning loudspeaker."""
    t = sample_times(len(wave))
    return wave * (1 + 0.22 * np.sin(2 * np.pi * 6.3 * t))


def _clean(wave: np.ndarray) -> np.ndarray:
    return wave


@dataclass(frozen=True)
class VoiceSound:
    """An instrument: its tone, its General MIDI program, and what its signal goes through."""

    tone: Tone
    program: int
    effect: Effect = _clean


ORGAN = (0.9, 0.7, 0.0, 0.5, 0.0, 0.3, 0.0, 0.4, 0.0, 0.0, 0.0, 0.12)
BAND_VOICES: dict[str, VoiceSound] = {
    "finger_bass": VoiceSound(Plucked(0.22, 0.7, 2.2, 0.5, 0.2, 2_200), 33),
    "pick_bass": VoiceSound(Plucked(0.1, 1.2, 1.6, 0.25, 0.4, 4_500), 34, _warm),
    "upright": VoiceSound(Plucked(0.3, 0.45, 0.9, 0.9, 0.35, 1_600), 32),
    "synth_bass": VoiceSound(
        Held(slope=1.0, odd=0.3, attack=0.006, cutoff=1_900, opening=0.7), 38, _warm
    ),
    "sub_bass": VoiceSound(Held((1.0, 0.12, 0.05), attack=0.008, release=0.08), 39, _warm),
    "reese": VoiceSound(Held(detune=17, attack=0.02, cutoff=900, opening=0.4), 39, _warm),
    "chop_guitar": VoiceSound(Plucked(0.09, 1.15, 0.5, 0.25, 0.15, 7_000), 27),
    "steel_guitar": VoiceSound(Plucked(0.13, 1.1, 1.9, 0.12, 0.12, 9_000), 25),
    "nylon": VoiceSound(Plucked(0.27, 0.75, 1.1, 0.3, 0.2, 5_000), 24),
    "crunch_guitar": VoiceSound(Plucked(0.12, 1.1, 2.6, 0.1, 0.1, 6_000), 29, _crunch),
    "fuzz_guitar": VoiceSound(Plucked(0.12, 1.1, 3.5, 0.08, 0.15, 5_000), 30, _fuzz),
    "house_piano": VoiceSound(Plucked(0.12, 0.95, 1.8, 0.16, 0.25, 8_000), 1),
    "clav": VoiceSound(Plucked(0.05, 1.35, 0.7, 0.1, 0.2, 7_500), 7, _warm),
    "pluck_synth": VoiceSound(
        Held(odd=0.15, attack=0.004, release=0.12, cutoff=5_500, opening=0.88), 15
    ),
    "electric_piano": VoiceSound(
        Struck((1.0, 2.0, 14.1), (1.0, 0.1, 0.16), 2.6, bark=1.1, tremolo=0.15), 4
    ),
    "vibes": VoiceSound(Struck((1.0, 3.98, 10.7), (1.0, 0.3, 0.08), 2.8, tremolo=0.3), 11),
    "marimba": VoiceSound(Struck((1.0, 3.93, 9.5), (1.0, 0.35, 0.12), 0.55), 12),
    "bell_keys": VoiceSound(
        Struck((1.0, 2.01, 2.76, 5.4, 8.1), (1.0, 0.3, 0.35, 0.25, 0.12), 1.9), 10
    ),
    "organ": VoiceSound(Held(ORGAN, attack=0.008, release=0.03, octave=-1), 16, _turning),
    "accordion": VoiceSound(Held(odd=0.6, attack=0.03, detune=11, cutoff=4_200, release=0.06), 21),
    "strings": VoiceSound(Held(attack=0.16, release=0.2, detune=9, vibrato=9, cutoff=5_000), 48),
    "choir": VoiceSound(
        Held((1.0, 0.6, 0.35, 0.3, 0.12, 0.05), attack=0.2, release=0.25, detune=8, vibrato=14), 52
    ),
    "warm_pad": VoiceSound(Held(slope=1.3, attack=0.3, release=0.3, detune=13, cutoff=1_800), 89),
    "brass": VoiceSound(
        Held(slope=0.85, attack=0.035, detune=6, vibrato=7, cutoff=5_200, opening=0.35), 61
    ),
    "reed": VoiceSound(
        Held(slope=1.1, odd=0.45, attack=0.03, vibrato=22, breath=0.02, cutoff=3_800), 66
    ),
    "flute": VoiceSound(Held((1.0, 0.35, 0.18, 0.06), attack=0.045, vibrato=18, breath=0.05), 73),
    "saw_lead": VoiceSound(
        Held(attack=0.01, detune=6, vibrato=14, cutoff=4_500, opening=0.3, release=0.1), 81
    ),
}
PROGRAMS = {name: voice.program for name, voice in BAND_VOICES.items()}
TONE_LAYERS = 4
"""Degrees of strength of a tone."""


def play_voice(part: InstrumentPart, random: np.random.Generator, samples: int) -> np.ndarray:
    """The part of one instrument, (samples,).

    Args:
        part: its name is a key of `BAND_VOICES`.
        random: decides the noise and the phases of its tones.
        samples: length of the song.
    """
    voice = BAND_VOICES[part.name]
    wave = np.zeros(samples)
    tones: dict[tuple[int, int, int], np.ndarray] = {}
    for note in part.notes:
        key = _key(note)
        if key not in tones:
            pitch, lasting, layer = key
            tones[key] = voice.tone.tone(random, pitch, lasting / 50, layer / TONE_LAYERS)
        start = round(note.start * SAMPLE_RATE)
        sound = tones[key][: max(0, samples - start)]
        wave[start : start + len(sound)] += sound * (note.velocity / 100) ** 1.5
    return voice.effect(wave)


def _key(note: Note) -> tuple[int, int, int]:
    """Pitch, length in fiftieths of a second, and degree of strength of a note."""
    layer = min(TONE_LAYERS, 1 + int(note.velocity * TONE_LAYERS / 128))
    return note.pitch, max(2, round(note.length * 50)), layer
