"""MoisesDB: roles from stem and track names, files by their ids, damaged metadata."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.audio.io import read_audio
from jukedrummer.corpus.sources.moisesdb import MoisesConfig
from jukedrummer.errors import UserError
from tests.corpus.running import read_source, run_stages
from tests.layouts import moisesdb

FIRST = "Nobody 0 - Made Up 0"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A copy of the data set."""
    root: Path = tmp_path_factory.mktemp("moises")
    moisesdb.make(root, seconds=2.0)
    return root


@pytest.fixture
def song(data, tmp_path) -> Path:
    """The folder of the first song, beside one other, to be damaged."""
    numbers = (0, 1)
    for number in numbers:
        moisesdb.make_song(tmp_path / "data", number, 1.0)
    return next(
        path for path in (tmp_path / "data").iterdir() if "Up 0" in (path / "data.json").read_text()
    )


def read(root: Path, folder: Path, **keys):
    return read_source(MoisesConfig(path=str(root), **keys), folder)


def edit(song: Path, change) -> None:
    path = song / "data.json"
    about = json.loads(path.read_text())
    change(about)
    path.write_text(json.dumps(about))


def roles(song) -> Counter:
    return Counter((stem.path.parent.name, stem.role) for stem in song.stems)


def test_songs(data, tmp_path):
    songs, unusable = read(data, tmp_path, bleed="keep")
    assert not unusable
    assert sorted((name, song.artist) for name, song in songs.items()) == [
        (FIRST, "Nobody 0"),
        ("Nobody 0 - Made Up 3", "Nobody 0"),
        ("Nobody 1 - Made Up 1", "Nobody 1"),
        ("Nobody 2 - Made Up 2", "Nobody 2"),
    ]
    assert {(song.licence, song.split) for song in songs.values()} == {("CC BY-NC-SA 4.0", "")}
    assert all(song.style and len(song.identity) == 36 for song in songs.values())
    # The stem drums occurs twice; there is no mixture; the click track is left out.
    assert roles(songs[FIRST]) == {
        ("drums", "drums"): 2,
        ("bass", "other"): 1,
        ("guitar", "other"): 1,
        ("percussion", "other"): 2,
        ("vocals", "other"): 1,
    }
    assert read(data / "moisesdb_v0.1", tmp_path, bleed="keep")[0] == songs


def test_percussion_as_drums(data, tmp_path):
    songs, _ = read(data, tmp_path, percussion="drums")
    assert roles(songs[FIRST])["percussion", "drums"] == 1  # pitched percussion is not
    assert roles(songs[FIRST])["percussion", "other"] == 1


def test_drums_in_a_stem_of_another_name(song, tmp_path):
    def change(about):
        about["stems"][1]["tracks"][0]["trackType"] = "drum_machine"

    edit(song, change)
    songs, _ = read(song.parent, tmp_path)
    assert roles(songs[FIRST])["bass", "drums"] == 1


def test_songs_with_bleed(data, tmp_path):
    songs, unusable = read(data, tmp_path)
    assert len(songs) == 3  # null, as in the second song, means not marked
    assert unusable["Nobody 2 - Made Up 2"].rule == "bleed"
    assert "bleed: keep" in unusable["Nobody 2 - Made Up 2"].reason


def test_a_pair_of_files_of_different_length_and_channels(data, tmp_path):
    songs, _ = read(data, tmp_path)
    outcome = run_stages(tmp_path / "out", [MoisesConfig(path=str(data), bleed="keep")])
    assert {row.source for row, _ in outcome.pairs.values()} == {"moisesdb"}
    assert not outcome.rejected
    row, folder = outcome.pairs["Nobody_1_-_Made_Up_1"]
    assert row.seconds == 2.0  # although one file is shorter
    stems = songs["Nobody 1 - Made Up 1"].stems
    parts = [read_audio(stem.path) for stem in stems if stem.role == "drums"]
    np.testing.assert_allclose(read_audio(folder / "drums.flac"), sum(parts), atol=2**-14)
    split = {song.song: song.split for song in outcome.songs}
    assert split["Nobody_0_-_Made_Up_0"] == split["Nobody_0_-_Made_Up_3"]  # one artist


def change_track(**changes):
    def change(about):
        about["stems"][0]["tracks"][0].update(changes)

    return lambda song: edit(song, change)


def change_stem(**changes):
    return lambda song: edit(song, lambda about: about["stems"][0].update(changes))


def remove_drums(song):
    def change(about):
        about["stems"] = [stem for stem in about["stems"] if stem["stemName"] != "drums"]

    edit(song, change)


@pytest.mark.parametrize(
    ("damage", "rule", "reason"),
    [
        (lambda song: (song / "data.json").write_text('{"song": '), "metadata", "not valid JSON"),
        (lambda song: (song / "data.json").write_text("[" * 9_999), "metadata", "data.json: max"),
        (lambda song: (song / "data.json").write_text("[]"), "metadata", "expected stems"),
        (lambda song: (song / "data.json").unlink(), "metadata", "cannot be read"),
        (lambda song: edit(song, lambda about: about.pop("stems")), "metadata", "expected stems"),
        (change_stem(tracks=None), "metadata", "expected stems"),
        (change_stem(stemName="../drums"), "metadata", "a stemName '../drums'"),
        (change_track(id="../../secret"), "metadata", "the id '../../secret'"),
        (change_track(id=".."), "metadata", "the id '..'"),
        (change_track(id=7), "metadata", "the id 7"),
        (change_track(id="gone"), "missing stem", "no audio file of this name"),
        (remove_drums, "no drums", "no track in data.json is drums"),
        (lambda song: shutil.rmtree(song / "bass"), "missing stem", "no audio file"),
    ],
)
def test_a_damaged_song_is_left_out_alone(song, tmp_path, damage, rule, reason):
    damage(song)
    songs, unusable = read(song.parent, tmp_path)
    assert list(songs) == ["Nobody 1 - Made Up 1"]
    (row,) = unusable.values()
    assert row.rule == rule
    assert reason in row.reason
    assert str(song) in row.reason


def test_links_in_circles_and_hidden_folders(song, tmp_path):
    (song.parent / "loop").symlink_to(song.parent / "loop")
    (song.parent / ".cache").mkdir()
    songs, unusable = read(song.parent, tmp_path)
    assert len(songs) == 2
    assert {name: row.rule for name, row in unusable.items()} == {"loop": "unreadable"}


def test_a_wrong_folder(song, tmp_path):
    with pytest.raises(UserError, match=r"path of the source moisesdb is .*: no such folder"):
        read(tmp_path / "missing", tmp_path)
    with pytest.raises(UserError, match=r"expected moisesdb_v0\.1/.* found neither"):
        read(song / "drums", tmp_path)
    with pytest.raises(UserError, match=r"found data\.json; use the folder"):
        read(song, tmp_path)
