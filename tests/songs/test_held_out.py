"""Drums for held-out songs: the files, and that songs do not depend on each other."""

from pathlib import Path

import numpy as np

from jukedrummer.audio.io import read_audio, write_audio
from jukedrummer.beats.annotations import read_beats, regular_beats, write_beats
from jukedrummer.evaluation.rungs import TRUE_BEATS_FILE
from jukedrummer.songs.drummer import Drummer
from jukedrummer.songs.held_out import play_held_out
from jukedrummer.storage.files import read_json
from tests.conftest import pulses


def test_drums_on_annotated_beats_have_a_file_of_their_own(bundle: Path, tmp_path: Path) -> None:
    songs = [tmp_path / "pairs" / name for name in ("first", "second")]
    for song in songs:
        write_audio(song / "drumless.flac", pulses(2.0))
    write_beats(tmp_path / "beats.tsv", regular_beats(90, 3, 0.1, 2.0))
    drummer = Drummer.load(bundle)
    assert drummer.takes_beats
    play_held_out(drummer, songs, tmp_path / "out", {"second": tmp_path / "beats.tsv"})
    play_held_out(drummer, songs, tmp_path / "plain")
    assert not (tmp_path / "out" / "first" / TRUE_BEATS_FILE).exists()
    on_true = read_audio(tmp_path / "out" / "second" / TRUE_BEATS_FILE)
    tracked, plain = (
        read_audio(tmp_path / run / "second" / "drums.flac") for run in ("out", "plain")
    )
    np.testing.assert_array_equal(tracked, plain)
    assert on_true.shape == tracked.shape
    assert not np.array_equal(on_true, tracked)


def test_each_song_gets_drums_of_its_own(bundle: Path, tmp_path: Path) -> None:
    songs = [tmp_path / "pairs" / name for name in ("first", "second")]
    for song in songs:
        write_audio(song / "drumless.flac", pulses(2.0))
    drummer = Drummer.load(bundle)
    play_held_out(drummer, songs, tmp_path / "both")
    play_held_out(drummer, songs[1:], tmp_path / "alone")
    first, second, alone = (
        tmp_path / folder / song
        for folder, song in (("both", "first"), ("both", "second"), ("alone", "second"))
    )
    assert np.array_equal(read_audio(second / "drums.flac"), read_audio(alone / "drums.flac"))
    assert not np.array_equal(read_audio(second / "drums.flac"), read_audio(first / "drums.flac"))
    facts = [read_json(folder / "accompaniment.json") for folder in (first, second)]
    assert facts[0]["seed"] != facts[1]["seed"]
    codes = [np.load(folder / "codes.npy") for folder in (first, second, alone)]
    np.testing.assert_array_equal(codes[1], codes[2])
    assert codes[0].dtype == np.uint16
    assert facts[0]["beats"] == len(read_beats(first / "beats.tsv", 2.0))
