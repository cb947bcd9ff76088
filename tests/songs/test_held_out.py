"""Drums for held-out songs: the files, and that songs do not depend on each other."""

from pathlib import Path

import numpy as np

from jukedrummer.audio.io import read_audio, write_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.songs.drummer import Drummer
from jukedrummer.songs.held_out import play_held_out
from jukedrummer.storage.files import read_json
from tests.conftest import pulses


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
    assert facts[0]["beats"] == len(read_beats(first / "beats.tsv", 2.0))
