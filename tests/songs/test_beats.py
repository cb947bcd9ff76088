"""The command beats: clicks on the sample, files that belong together, and what is said."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from jukedrummer.beats.annotations import read_beats, regular_beats
from jukedrummer.beats.tracker import Tracked
from jukedrummer.errors import UserError
from jukedrummer.songs import beats as listen
from tests.conftest import pulses

SETTINGS = {"networks": 1}


def spectrum_peak(audio: np.ndarray, rate: int) -> float:
    magnitude = np.abs(np.fft.rfft(audio, 1 << 14))
    return float(magnitude.argmax() * rate / (1 << 14))


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_clicks_start_on_the_sample_of_the_beat_and_downbeats_are_higher(rate: int) -> None:
    song = np.full((2 * rate, 2), 1e-3, np.float32)
    song[0] = 0.5
    beats = np.array(
        [[0.3, 1], [0.90001, 2], [1.2345678, 1], [2.0, 2]]
    )  # the last: at the very end
    clicks = listen.with_clicks(song, rate, beats) - song
    for time, position in beats[:3]:
        start = round(time * rate)
        assert not clicks[start - 20 : start].any()
        assert (clicks[start] > 0.3).all()
        heard = spectrum_peak(clicks[start : start + rate // 40, 0], rate)
        assert heard == pytest.approx(2_000 if position == 1 else 1_000, rel=0.1)
    assert clicks.shape == song.shape
    assert song[round(0.3 * rate), 0] == np.float32(1e-3)  # the song itself is left alone


def test_weights_of_no_tracker_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(2.0, 8_000), 8_000)
    with pytest.raises(
        UserError, match=r"--weights are those of another tracker; name it: --tracker"
    ):
        listen.beats(tmp_path / "song.wav", tmp_path / "out", {"weights": "some/tracker"})


def test_a_loud_song_is_turned_down_with_its_clicks_and_a_quiet_one_is_not_drowned() -> None:
    beats = regular_beats(120, 4, 0.1, 2.0)
    loud = listen.with_clicks(np.ones((88_200, 1), np.float32), 44_100, beats)
    assert np.abs(loud).max() == pytest.approx(1, abs=1e-6)
    quiet = listen.with_clicks(np.full((88_200, 1), 0.01, np.float32), 44_100, beats)
    assert np.abs(quiet).max() == pytest.approx(0.017, abs=1e-3)


def test_it_writes_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    rate = 22_050
    soundfile.write(tmp_path / "song.wav", np.stack([pulses(6.0, rate)] * 3, axis=1), rate)
    said = listen.beats(tmp_path / "song.wav", tmp_path / "out", SETTINGS)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "beats.png",
        "beats.tsv",
        "clicks.wav",
    ]
    beats = read_beats(tmp_path / "out" / "beats.tsv", 6.0)
    assert said.startswith(f"{len(beats)} beats, ")
    assert float(said.split(", ")[1].removesuffix(" BPM")) == pytest.approx(120, abs=1)
    clicks = soundfile.info(tmp_path / "out" / "clicks.wav")
    assert (clicks.samplerate, clicks.channels, clicks.frames) == (rate, 3, 6 * rate)
    with Image.open(tmp_path / "out" / "beats.png") as picture:
        assert picture.width == 1_600
    assert "listening to 6 s with madmom" in capsys.readouterr().err


def test_silence_has_no_beats_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    soundfile.write(tmp_path / "song.wav", np.zeros(66_150), 44_100)
    assert listen.beats(tmp_path / "song.wav", tmp_path / "out", SETTINGS).startswith(
        "0 beats, confidence 0.00"
    )
    assert "song.wav: no beat was found" in capsys.readouterr().err
    assert (tmp_path / "out" / "beats.tsv").read_text() == ""


def test_less_than_a_second_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(0.9), 44_100)
    with pytest.raises(UserError, match=r"song.wav: lasts 0.90 s; at least 1 s"):
        listen.beats(tmp_path / "song.wav", tmp_path / "out", SETTINGS)


def test_where_one_file_fails_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(1.5), 44_100)

    def fail(path: Path, *_: object) -> None:
        raise UserError(f"{path}: cannot be written (No space left on device)")

    monkeypatch.setattr(listen, "write_audio", fail)
    with pytest.raises(UserError, match=r"clicks.wav: cannot be written"):
        listen.beats(tmp_path / "song.wav", tmp_path / "out", SETTINGS)
    assert not list((tmp_path / "out").iterdir())


def test_summary() -> None:
    waltz = regular_beats(100, 3, 0.0, 20)
    found = listen.summary(waltz)
    assert (found.beats, found.meter) == (len(waltz), 3)
    assert found.bpm == pytest.approx(100)
    one = Tracked(waltz[:1], None, None, 0.0, "madmom", "")
    assert listen.describe(one) == "1 beat, 1 beats a bar, confidence 0.00 (madmom)"
