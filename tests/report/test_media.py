"""Mel pictures and sounds contain their input."""

import base64
import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from jukedrummer.config import SAMPLE_RATE, MelConfig
from jukedrummer.evaluation.onsets import detect_onsets
from jukedrummer.report.media import mel_picture, mp3


def content(address: str, kind: str) -> io.BytesIO:
    head, _, body = address.partition(",")
    assert head == f"data:{kind};base64"
    return io.BytesIO(base64.b64decode(body))


def test_mp3_is_in_time_and_loud_as_before() -> None:
    times = np.arange(0.1, 3, 0.3)
    audio = np.zeros(3 * SAMPLE_RATE, np.float32)
    random = np.random.default_rng(0)
    for time in times:
        start = round(time * SAMPLE_RATE)
        audio[start : start + 4_000] += (
            0.3 * random.standard_normal(4_000) * np.exp(-np.arange(4_000) / 800)
        )
    decoded, rate = soundfile.read(content(mp3(audio), "audio/mpeg"), dtype="float32")
    assert rate == SAMPLE_RATE
    assert len(decoded) == pytest.approx(len(audio), abs=2_400)
    onsets = detect_onsets(decoded)
    nearest = np.abs(onsets[:, None] - times).min(axis=0)
    assert nearest.max() < 0.03
    # Frequencies above 18 kHz are removed: 18 % of white noise.
    assert np.square(decoded).mean() == pytest.approx(0.82 * np.square(audio).mean(), rel=0.1)


def test_mel_picture_shows_low_at_the_bottom_and_time_to_the_right() -> None:
    audio = np.zeros(SAMPLE_RATE, np.float32)
    half = SAMPLE_RATE // 2
    audio[half:] = 0.5 * np.sin(2 * np.pi * 100 * np.arange(SAMPLE_RATE - half) / SAMPLE_RATE)
    picture = Image.open(content(mel_picture(audio, MelConfig()), "image/png"))
    assert picture.size == (SAMPLE_RATE // 256 // 2, 80)
    light = np.asarray(picture.convert("L"), dtype=float)
    row, column = np.unravel_index(light.argmax(), light.shape)
    assert row > 70
    assert column > picture.width // 2


def test_mel_picture_of_silence_is_dark() -> None:
    picture = Image.open(content(mel_picture(np.zeros(SAMPLE_RATE), MelConfig()), "image/png"))
    assert np.asarray(picture.convert("L")).max() == 0
