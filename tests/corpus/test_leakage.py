"""Leakage: both measures grow with the drums in the drumless recording."""

import numpy as np
import pytest
import scipy.signal

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.leakage import LeakageMeter
from tests.corpus.helpers import noise

HIGH_PASS = scipy.signal.butter(4, 4_000, "highpass", fs=SAMPLE_RATE, output="sos")


def notes(starts, seconds, seed):
    """Decaying noise at these samples, each time another one: (N, 1)."""
    audio = np.zeros(int(seconds * SAMPLE_RATE) + SAMPLE_RATE, dtype=np.float32)
    decay, random = np.exp(-np.arange(SAMPLE_RATE) / 3_000), np.random.default_rng(seed)
    for start in starts:
        audio[start : start + SAMPLE_RATE] += random.uniform(-0.5, 0.5, SAMPLE_RATE) * decay
    return audio[: int(seconds * SAMPLE_RATE), None].astype(np.float32)


@pytest.fixture(scope="module")
def song():
    """Drums, and music of which every second note is on a stroke."""
    seconds, random = 20.0, np.random.default_rng(0)
    strokes = np.sort(random.integers(0, int(seconds * SAMPLE_RATE), 60))
    others = random.integers(0, int(seconds * SAMPLE_RATE), 30)
    music = notes([*strokes[::2], *others], seconds, 8) + noise(4, seconds, 1e-3, channels=1)
    return notes(strokes, seconds, 9), music.astype(np.float32)


def leakage(drums, drumless, chunk=1 << 16):
    meter = LeakageMeter()
    for start in range(0, len(drums), chunk):
        meter.add(drums[start : start + chunk], drumless[start : start + chunk])
    return meter.finish()


def test_both_measures_grow_with_the_leak(song):
    drums, music = song
    leak = scipy.signal.sosfilt(HIGH_PASS, drums, axis=0).astype(np.float32)
    true, *leaking = (
        leakage(drums, music + gain * leak) for gain in np.float32([0, 0.02, 0.06, 0.3])
    )
    assert true.coherence < 0.03
    # Notes on the strokes make the onsets predictable without any leak, but not the phases.
    assert 0.05 < true.onsets < 0.5
    values = [true, *leaking]
    assert sorted(value.coherence for value in values) == [value.coherence for value in values]
    assert leaking[0].coherence > 5 * true.coherence
    assert leaking[2].onsets > true.onsets + 0.2


def test_a_short_song_has_no_measure(song):
    drums, music = song
    assert leakage(drums[: 9 * SAMPLE_RATE], music[: 9 * SAMPLE_RATE]) is None
    assert LeakageMeter().finish() is None


def test_equal_recordings_and_silence(song):
    drums, _ = song
    same = leakage(drums, drums)
    assert same.coherence == pytest.approx(1, abs=1e-3)
    assert same.onsets > 0.9
    assert leakage(drums, np.zeros_like(drums)) == pytest.approx((0, 0), abs=1e-6)
