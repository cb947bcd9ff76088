"""The instruments: pitch, length, strength."""

import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.score import InstrumentPart, Note
from jukedrummer.corpus.second_composer.synth.mix import loudness
from jukedrummer.corpus.second_composer.synth.tones import hertz_of
from jukedrummer.corpus.second_composer.synth.voices import BAND_VOICES, PROGRAMS, play_voice

BASSES = ("finger_bass", "pick_bass", "upright", "synth_bass", "sub_bass", "reese")


def played(name: str, pitch: int, velocity: int = 100, length: float = 0.6) -> np.ndarray:
    note = Note(0.25, length, pitch, velocity)
    part = InstrumentPart("harmony", name, PROGRAMS[name], 1.0, (note,))
    return play_voice(part, np.random.default_rng(0), 2 * SAMPLE_RATE)


def harmonic_share(wave: np.ndarray, hertz: float) -> float:
    """The share of the energy at multiples of half a frequency, as organs sound an octave lower."""
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    frequencies = np.fft.rfftfreq(len(wave), 1 / SAMPLE_RATE)
    number = frequencies / (hertz / 2)
    near = np.abs(number - np.rint(number)) * hertz / 2 < 0.035 * hertz
    return float(spectrum[near].sum() / spectrum.sum())


@pytest.mark.parametrize("name", BAND_VOICES)
def test_instruments_play_their_pitch_from_their_start_to_their_end(name: str) -> None:
    pitch = 40 if name in BASSES else 64
    wave = played(name, pitch)
    assert np.isfinite(wave).all()
    start, end = int(0.25 * SAMPLE_RATE), int(0.85 * SAMPLE_RATE)
    assert np.abs(wave[: start - 1]).max() == 0
    middle = wave[start + 6_000 : end]
    assert np.sqrt((middle**2).mean()) > 0.002
    assert np.abs(wave[end + int(0.5 * SAMPLE_RATE) :]).max() < 1e-3 * np.abs(wave).max()
    if name not in ("bell_keys", "marimba", "vibes"):  # their partials are no harmonics
        assert harmonic_share(middle, hertz_of(pitch)) > 0.7


@pytest.mark.parametrize("name", ["nylon", "electric_piano", "brass", "clav"])
def test_strong_notes_are_louder(name: str) -> None:
    assert loudness(played(name, 64, 120)) > 1.5 * loudness(played(name, 64, 50))


def test_instruments_have_spectra_of_their_own() -> None:
    centres = []
    for name in BAND_VOICES:
        spectrum = np.abs(np.fft.rfft(played(name, 52)))
        centres.append(spectrum @ np.arange(len(spectrum)) / spectrum.sum() / 2)
    assert max(centres) > 4 * min(centres)
    assert all(100 < centre < 9_000 for centre in centres)
