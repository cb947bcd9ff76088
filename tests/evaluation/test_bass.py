"""Onsets of the bass: notes of a synthetic bass under chords, against their times."""

import mir_eval
import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.bass import bass_onsets

SECONDS = 8.0


def bass_line(starts: np.ndarray, hertz: list[float]) -> np.ndarray:
    """Notes that last until the next one: three harmonics, a short attack, a slow decay."""
    audio = np.zeros(round(SECONDS * SAMPLE_RATE))
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else SECONDS
        time = np.arange(round((end - start) * SAMPLE_RATE)) / SAMPLE_RATE
        pitch = hertz[index % len(hertz)]
        note = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in (1, 2, 3))
        note *= np.minimum(time / 0.008, 1) * np.exp(-time / 0.8)
        note[-400:] *= np.linspace(1, 0, 400)
        place = round(start * SAMPLE_RATE)
        audio[place : place + len(note)] += 0.2 * note
    return audio


@pytest.mark.parametrize("hertz", [[41.2], [55.0, 82.4], [61.7, 46.2, 73.4]])
def test_notes_are_found_under_chords(hertz: list[float]) -> None:
    starts = np.arange(0.3, SECONDS - 0.3, 0.4)
    time = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(0.05 * np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330))
    bursts = 0.2 * np.sin(2 * np.pi * 900 * time) * (np.mod(time, 0.31) < 0.05)
    found = bass_onsets(bass_line(starts, hertz) + chord + bursts)
    hits = len(mir_eval.util.match_events(starts, found, 0.05))
    assert hits >= 0.9 * len(starts)
    assert hits >= 0.9 * len(found)


def test_silence_and_high_notes_have_no_bass() -> None:
    time = np.arange(round(2 * SAMPLE_RATE)) / SAMPLE_RATE
    assert len(bass_onsets(np.zeros(2 * SAMPLE_RATE))) == 0
    whistle = 0.3 * np.sin(2 * np.pi * 2_000 * time) * np.sin(np.pi * time / 2) ** 2
    assert len(bass_onsets(whistle)) == 0
    assert len(bass_onsets(np.zeros(10))) == 0
