"""The command beats: exact clicks, its files, and the line that it prints."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from jukedrummer.beats.annotations import read_beats, regular_beats
from jukedrummer.beats.tracker import Tracked
from jukedrummer.config import BeatsConfig
from jukedrummer.errors import UserError
from jukedrummer.songs.beats import beats
from jukedrummer.songs.clicks import with_clicks
from jukedrummer.songs.summary import summary, summary_line
from tests.conftest import pulses
from tests.songs.helpers import bounds, spectrum_peak


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_clicks_start_on_the_sample_of_the_beat_and_downbeats_are_higher(rate: int) -> None:
    song = np.full((2 * rate, 2), 1e-3, np.float32)
    song[0] = 0.5
    # The last beat is at the very end.
    rows = np.array([[0.3, 1], [0.90001, 2], [1.2345678, 1], [2.0, 2]])
    clicks = with_clicks(song, rate, rows) - song
    for time, position in rows[:3]:
        start = round(time * rate)
        assert not clicks[start - 20 : start].any()
        assert (clicks[start] > 0.3).all()
        frequency = spectrum_peak(clicks[start : start + rate // 40, 0], rate)
        assert frequency == pytest.approx(2_000 if position == 1 else 1_000, rel=0.1)
    assert clicks.shape == song.shape
    assert song[round(0.3 * rate), 0] == np.float32(1e-3)  # the song itself does not change


def test_weights_of_another_tracker_are_rejected(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(2.0, 8_000), 8_000)
    with pytest.raises(
        UserError, match=r"--weights needs a tracker that loads weights; name it: --tracker"
    ):
        beats(tmp_path / "song.wav", tmp_path / "out", weights="some/tracker")


def test_a_loud_song_is_turned_down_with_its_clicks_and_a_quiet_one_is_not_drowned() -> None:
    rows = regular_beats(120, 4, 0.1, 2.0)
    loud = with_clicks(np.ones((88_200, 1), np.float32), 44_100, rows)
    assert np.abs(loud).max() == pytest.approx(1, abs=1e-6)
    quiet = with_clicks(np.full((88_200, 1), 0.01, np.float32), 44_100, rows)
    assert np.abs(quiet).max() == pytest.approx(0.017, abs=1e-3)


def test_it_writes_the_files_that_it_names(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    rate = 22_050
    soundfile.write(tmp_path / "song.wav", np.stack([pulses(6.0, rate)] * 3, axis=1), rate)
    line = beats(tmp_path / "song.wav", tmp_path / "out", bundle)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "beats.png",
        "beats.tsv",
        "clicks.wav",
    ]
    rows = read_beats(tmp_path / "out" / "beats.tsv", 6.0)
    assert line.startswith(f"{len(rows)} beats, ")
    assert float(line.split(", ")[1].removesuffix(" BPM")) == pytest.approx(120, abs=1)
    clicks = soundfile.info(tmp_path / "out" / "clicks.wav")
    assert (clicks.samplerate, clicks.channels, clicks.frames) == (rate, 3, 6 * rate)
    with Image.open(tmp_path / "out" / "beats.png") as picture:
        assert picture.width == 1_600
    assert "analysing 6 s with madmom" in capsys.readouterr().err


def test_edited_beats_and_the_song_are_not_overwritten(bundle: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "clicks.wav", pulses(2.0, 8_000), 8_000)
    content = (tmp_path / "clicks.wav").read_bytes()
    with pytest.raises(
        UserError, match=r"clicks\.wav: is the input .*, which would be overwritten"
    ):
        beats(tmp_path / "clicks.wav", tmp_path, bundle, force=True)
    assert (tmp_path / "clicks.wav").read_bytes() == content
    beats(tmp_path / "clicks.wav", tmp_path / "out", bundle)
    (tmp_path / "out" / "beats.tsv").write_text("0.5\t1\n")
    with pytest.raises(UserError, match=r"out: has beats\.png, clicks\.wav, beats\.tsv already"):
        beats(tmp_path / "clicks.wav", tmp_path / "out", bundle)
    assert (tmp_path / "out" / "beats.tsv").read_text() == "0.5\t1\n"
    beats(tmp_path / "clicks.wav", tmp_path / "out", bundle, force=True)
    assert (tmp_path / "out" / "beats.tsv").read_text() != "0.5\t1\n"


def test_silence_has_no_beats(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    soundfile.write(tmp_path / "song.wav", np.zeros(66_150), 44_100)
    line = beats(tmp_path / "song.wav", tmp_path / "out", bundle)
    assert line.startswith("0 beats, confidence 0.00")
    assert "song.wav: no beat was found" in capsys.readouterr().err
    assert (tmp_path / "out" / "beats.tsv").read_text() == ""


def test_less_than_a_second_is_rejected(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(0.9), 44_100)
    with pytest.raises(UserError, match=r"song.wav: lasts 0.90 s; at least 1 s"):
        beats(tmp_path / "song.wav", tmp_path / "out")


def test_if_one_file_fails_none_is_written(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(1.5), 44_100)

    def fail(path: Path, *_: object) -> None:
        raise UserError(f"{path}: cannot be written (No space left on device)")

    monkeypatch.setattr("jukedrummer.songs.beats.write_audio", fail)
    with pytest.raises(UserError, match=r"clicks.wav: cannot be written"):
        beats(tmp_path / "song.wav", tmp_path / "out", bundle)
    assert not list((tmp_path / "out").iterdir())


def test_summary() -> None:
    waltz = regular_beats(100, 3, 0.0, 20)
    numbers = summary(waltz)
    assert (numbers.beats, numbers.meter) == (len(waltz), 3)
    assert numbers.bpm == pytest.approx(100)
    one = Tracked(waltz[:1], None, None, 0.0, "madmom", "")
    assert summary_line(one) == "1 beat, 1 beats a bar, confidence 0.00 (madmom)"


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ({"min_bpm": 10.0}, "--min-bpm is 10.0; the limits are 20 to 300"),
        ({"min_bpm": 250.0}, "--min-bpm is 250.0, not below --max-bpm 200"),
        ({"beats_per_bar": [1]}, r"--beats-per-bar is \[1\]: name meters from 2 to 12"),
        ({"tracker": "metronome"}, "--tracker is 'metronome'; choose from madmom, drum_aware"),
        ({"device": "gpu"}, "--device is 'gpu'; choose cpu or cuda"),
    ],
)
def test_errors_name_the_options_as_they_are_typed(
    tmp_path: Path, option: dict, reason: str
) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(2.0, 8_000), 8_000)
    with pytest.raises(UserError, match=reason):
        beats(tmp_path / "song.wav", tmp_path / "out", **{"device": "cpu"} | option)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["min_bpm", "max_bpm"])
def test_the_help_states_the_limits_and_the_default_of_the_config(option: str) -> None:
    low, high = bounds(BeatsConfig, option)
    default = BeatsConfig.model_fields[option].default
    expected = f"{low:g} to {high:g} beats a minute; default: {default:g}, or the bundle's."
    assert expected in beats.__doc__
