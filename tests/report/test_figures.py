"""Pictures and sounds hold what they were given."""

import base64
import io
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from jukedrummer.audio.io import SAMPLE_RATE
from jukedrummer.config import MelConfig
from jukedrummer.errors import UserError
from jukedrummer.evaluation.metrics import detect_onsets
from jukedrummer.report import figures


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
    decoded, rate = soundfile.read(content(figures.mp3(audio), "audio/mpeg"), dtype="float32")
    assert rate == SAMPLE_RATE
    assert len(decoded) == pytest.approx(len(audio), abs=2_400)
    found = detect_onsets(decoded)
    nearest = np.abs(found[:, None] - times).min(axis=0)
    assert nearest.max() < 0.03
    # What lies above 18 kHz is left out: 18 % of white noise.
    assert np.square(decoded).mean() == pytest.approx(0.82 * np.square(audio).mean(), rel=0.1)


def test_mel_picture_shows_low_at_the_bottom_and_time_to_the_right() -> None:
    audio = np.zeros(SAMPLE_RATE, np.float32)
    half = SAMPLE_RATE // 2
    audio[half:] = 0.5 * np.sin(2 * np.pi * 100 * np.arange(SAMPLE_RATE - half) / SAMPLE_RATE)
    picture = Image.open(content(figures.mel_picture(audio, MelConfig()), "image/png"))
    assert picture.size == (SAMPLE_RATE // 256 // 2, 80)
    light = np.asarray(picture.convert("L"), dtype=float)
    row, column = np.unravel_index(light.argmax(), light.shape)
    assert row > 70
    assert column > picture.width // 2


def test_mel_picture_of_silence_is_dark() -> None:
    picture = Image.open(
        content(figures.mel_picture(np.zeros(SAMPLE_RATE), MelConfig()), "image/png")
    )
    assert np.asarray(picture.convert("L")).max() == 0


def test_history_keeps_empty_cells_apart(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("step,train_loss,valid_loss\n1,3,\n2,2,2.5\n")
    history = figures.read_history(path)
    assert history["step"].tolist() == [1, 2]
    assert math.isnan(history["valid_loss"][0])
    ((name, drawing),) = figures.learning_curves("VQ-VAE", history)
    assert name == "loss"
    assert "train from 3 to 2, valid from 2.5 to 2.5" in drawing


def test_curves_of_all_quantities_and_of_none_validated() -> None:
    history = {
        "step": np.arange(1.0, 4),
        "train_loss": np.array([90, 9, 1.0]),
        "valid_loss": np.full(3, math.nan),
    }
    history |= {"valid_distance_db": np.zeros(3), "seconds": np.ones(3)}
    assert [name for name, _ in figures.learning_curves("Vocoder", history)] == [
        "loss",
        "distance (dB)",
    ]


def test_what_griffin_lim_reaches_is_a_line_and_no_curve_of_its_own() -> None:
    history = {"step": np.arange(1.0, 4), "valid_distance_db": np.array([9.0, 8, 7])}
    history["valid_griffin_lim_distance_db"] = np.array([math.nan, 7.5, 7.5])
    ((name, drawing),) = figures.learning_curves("Vocoder", history)
    assert name == "distance (dB)"
    assert "valid from 9 to 7, Griffin-Lim 7.5" in drawing
    assert drawing.count("Griffin-Lim") == 2  # spoken, and in the legend


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "step\nx\n", "step,train_loss\n1\n"])
def test_a_broken_history_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(UserError, match=r"history\.csv"):
        figures.read_history(tmp_path / "history.csv")


def test_usage_and_perplexity() -> None:
    assert figures.perplexity([5, 5, 5, 5]) == pytest.approx(4)
    assert figures.perplexity([7, 0, 0]) == pytest.approx(1)
    assert "2 of 3 codes are used, the most frequent 75.0 %" in figures.usage_chart("VQ", [3, 0, 1])


def test_charts_repeat_and_escape() -> None:
    value = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 3}
    draw = lambda: figures.ladder_chart('A & "B"', {"x": value}, highlight="x", share=True)  # noqa: E731
    assert draw() == draw()
    assert 'aria-label="A &amp; &quot;B&quot;: x 0.5"' in draw()
