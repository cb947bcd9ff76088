"""What a user's recording lacks gives a warning, and opposite channels do not become silence."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.errors import UserError
from jukedrummer.songs.accompany import accompany
from jukedrummer.songs.beats import beats
from jukedrummer.songs.drummer import Drummer
from jukedrummer.songs.reading import read_song
from tests.conftest import pulses

RATE = 8_000


def test_a_song_that_is_cut_off_gives_a_warning(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    song = tmp_path / "song.wav"
    soundfile.write(song, pulses(6.0, RATE), RATE)
    song.write_bytes(song.read_bytes()[: 44 + 2 * 4 * RATE])
    accompany(song, bundle, tmp_path / "out", device="cpu")
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "header" in line]
    assert "song.wav: its header states 6.00 s, but only 4.00 s can be read" in line
    assert line.endswith("(what can be read is used)")
    assert len(read_song(song)[0]) == 4 * RATE


def test_opposite_channels_are_heard_and_noted(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audio = pulses(4.0, RATE)
    soundfile.write(tmp_path / "song.wav", np.stack([audio, -audio], axis=1), RATE)
    note = r"song.wav: the mean of the channels loses"
    accompany(tmp_path / "song.wav", bundle, tmp_path / "out", device="cpu")
    assert capsys.readouterr().err.count(note) == 1
    beats(tmp_path / "song.wav", tmp_path / "beats", bundle, device="cpu")
    assert capsys.readouterr().err.count(note) == 1
    drummer = Drummer.load(bundle)
    first, second = (
        drummer.accompany(channels, RATE) for channels in (audio, np.stack([audio, -audio], axis=1))
    )
    assert np.array_equal(first.codes, second.codes)
    assert (first.note, second.note.endswith("half their difference is used")) == ("", True)


def test_three_channels_that_cancel_each_other_are_an_error(bundle: Path) -> None:
    audio = pulses(2.0, RATE)
    three = np.stack([audio, -audio / 2, -audio / 2], axis=1)
    with pytest.raises(UserError, match=r"its channels cancel each other"):
        Drummer.load(bundle).accompany(three, RATE)


def test_a_rate_that_is_too_low_is_an_error(bundle: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(4.0, 2_000), 2_000)
    for command in (accompany, beats):
        with pytest.raises(UserError, match=r"song\.wav: has 2000 samples a second, fewer than"):
            command(tmp_path / "song.wav", output=tmp_path / "out", device="cpu")
    with pytest.raises(UserError, match=r"the sample rate is 2000; the limits are 4000 to"):
        Drummer.load(bundle).accompany(pulses(4.0, 2_000), 2_000)
