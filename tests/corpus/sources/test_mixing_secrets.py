"""Mixing Secrets: roles from names, excerpts, zip files, songs without a kit."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.io import read_audio
from jukedrummer.corpus.song import SourceSong, Unusable
from jukedrummer.corpus.sources.mixing_secrets import MixingSecretsConfig, artist_and_title
from jukedrummer.corpus.sources.mixing_secrets import songs as songs_of
from jukedrummer.errors import UserError
from tests.corpus.helpers import work_in
from tests.corpus.running import read_source, run_stages
from tests.layouts import mixing_secrets, music

FIRST, SECOND, THIRD = "MadeUps - FirstSong", "MadeUps - SecondSong", "OtherBand - MR0001"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A copy of the library."""
    root: Path = tmp_path_factory.mktemp("mixing_secrets") / "data"
    mixing_secrets.make(root, seconds=2.0)
    return root


@pytest.fixture
def song(tmp_path) -> Path:
    """The folder of a song, beside another one, with files that are empty."""
    for name in ("01_Kick.wav", "02_Bass.wav"):
        for folder in ("Band_Damaged_Full", "Band_Whole_Full"):
            (tmp_path / "data" / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / "data" / folder / name).touch()
    return tmp_path / "data" / "Band_Damaged_Full"


def read(root: Path, folder: Path, **keys) -> tuple[dict[str, SourceSong], dict[str, Unusable]]:
    return read_source(MixingSecretsConfig(path=str(root), **keys), folder)


def roles(song: SourceSong) -> dict[str, str]:
    return {stem.path.stem.removeprefix(song.identity): stem.role for stem in song.stems}


def test_songs(data, tmp_path):
    songs, unusable = read(data, tmp_path)
    assert {name: song.artist for name, song in songs.items()} == {
        FIRST: "MadeUps",
        SECOND: "MadeUps",
        THIRD: "OtherBand",
    }
    assert {song.split for song in songs.values()} == {""}
    assert roles(songs[FIRST]) == {
        "01_KickIn": "drums",
        "02_SnareSample": "drums",
        "03_Overheads": "drums",
        "04_Room": "drums",
        "05_Shaker": "other",
        # The click is left out.
        "07_BassDI": "other",
        "08_ElecGtr1DT": "other",
        "09_LeadVoxRoom": "other",
        "_Full_Preview": "mixture",
    }
    assert {name: row.rule for name, row in unusable.items()} == {"Duo_Quiet_Full": "no drums"}
    assert "only percussion: 01_Tambourine.wav" in unusable["Duo_Quiet_Full"].reason
    assert read(data.parent, tmp_path)[0] == songs  # a level above


def test_own_rules(data, tmp_path):
    songs, unusable = read(data, tmp_path, percussion="drums", other=["Room", "drum loop"])
    assert roles(songs[FIRST])["05_Shaker"] == "drums"
    assert roles(songs[FIRST])["04_Room"] == "other"
    assert {name: row.rule for name, row in unusable.items()} == {
        "Duo_Quiet_Full": "no drums",
        "MadeUps_SecondSong": "no drums",
    }
    songs, _ = read(data, tmp_path, drums=["drum loop"], other=["loop"])
    assert roles(songs[SECOND])["01_DrumLoop 1"] == "drums"  # the phrase with more words
    songs, _ = read(data, tmp_path, drums=["tambourine"])
    assert roles(songs["Duo - Quiet"])["01_Tambourine"] == "drums"
    with pytest.raises(UserError, match=r"has '12', which has no letters"):
        MixingSecretsConfig(path="x", drums=["12"])
    with pytest.raises(UserError, match=r"'my loop' is in both drums and other"):
        MixingSecretsConfig(path="x", drums=["MyLoop"], other=["my loops"])


def test_a_pair_of_mono_and_stereo_files(data, tmp_path):
    outcome = run_stages(tmp_path / "out", [MixingSecretsConfig(path=str(data))])
    assert len(outcome.pairs) == 3
    assert Counter(row.rule for row in outcome.rejected) == {"no drums": 1}
    row, folder = outcome.pairs["MadeUps_-_FirstSong"]
    stems = music.stems(mixing_secrets.FIRST_SEED, 2.0)
    mono = {name: audio.mean(axis=1) for name, audio in stems.items()}
    np.testing.assert_allclose(
        read_audio(folder / "drums.flac"), row.gain * mono["drums"], atol=1e-4
    )
    others = 0.05 * mono["drums"] + 0.9 * mono["bass"] + 0.6 * mono["other"] + 0.8 * mono["vocals"]
    np.testing.assert_allclose(read_audio(folder / "drumless.flac"), row.gain * others, atol=1e-4)
    split = {song.song: song.split for song in outcome.songs}
    assert split["MadeUps_-_FirstSong"] == split["MadeUps_-_SecondSong"]


def test_an_excerpt_beside_the_whole_song(song, tmp_path):
    shutil.copytree(song, song.parent / "Band_Damaged")
    songs, unusable = read(song.parent, tmp_path)
    assert songs["Band - Damaged"].stems[0].path.parent == song
    assert unusable["Band_Damaged"].rule == "excerpt"


def test_zip_files(song, tmp_path):
    for name in ("Band_Damaged_Full", "Band_Packed_Full"):
        (song.parent / f"{name}.zip").touch()
    songs, unusable = read(song.parent, tmp_path)
    assert len(songs) == 2
    assert {name: row.rule for name, row in unusable.items()} == {"Band_Packed_Full": "packed"}
    for folder in ("Band_Damaged_Full", "Band_Whole_Full"):
        shutil.rmtree(song.parent / folder)
    with pytest.raises(UserError, match=r"found 2 zip files that are not unpacked.*unzip -n"):
        read(song.parent, tmp_path)


def test_zip_files_that_have_a_folder_inside(song, tmp_path):
    song.rename(song.parent / "x")
    song.mkdir()
    (song.parent / "x").rename(song / song.name)
    assert "Band - Damaged" in read(song.parent, tmp_path)[0]


@pytest.mark.parametrize("inside", ["Audio", "Audio_Files", "Audio Files/24 bit"])
def test_tracks_in_a_folder_of_their_own_have_the_name_of_the_song(song, tmp_path, inside):
    for folder in ("Band_Damaged_Full", "Band_Whole_Full"):
        (song.parent / folder).rename(song.parent / "x")
        (song.parent / folder / inside).parent.mkdir(parents=True)
        (song.parent / "x").rename(song.parent / folder / inside)
    songs, unusable = read(song.parent, tmp_path)
    assert not unusable
    assert {name: (item.artist, item.identity) for name, item in songs.items()} == {
        "Band - Damaged": ("Band", "Band_Damaged"),
        "Band - Whole": ("Band", "Band_Whole"),
    }


def test_a_song_that_is_in_two_folders_is_used_once(song, tmp_path):
    shutil.copytree(song.parent / "Band_Whole_Full", song.parent / "more" / "Band_Whole_Full")
    items = list(songs_of(MixingSecretsConfig(path=str(song.parent)), work_in(tmp_path)))
    assert sorted(item.name for item in items if isinstance(item, SourceSong)) == [
        "Band - Damaged",
        "Band - Whole",
    ]
    (copy,) = [item for item in items if isinstance(item, Unusable)]
    assert (copy.name, copy.rule, copy.on_purpose) == ("Band_Whole_Full", "copy", True)
    assert "a song of this name is also in" in copy.reason


def rename(old: str, new: str):
    return lambda song: (song / old).rename(song / new)


def test_percussion_alone_is_not_another_part(song, tmp_path):
    rename("02_Bass.wav", "02_Shaker.wav")(song)
    assert "Band - Damaged" in read(song.parent, tmp_path)[0]
    _, unusable = read(song.parent, tmp_path, percussion="drums")
    assert unusable[song.name].rule == "only drums"


@pytest.mark.parametrize(
    ("damage", "rule", "reason"),
    [
        (rename("01_Kick.wav", "01_Bottom.wav"), "no drums", "(see the key drums)"),
        (rename("02_Bass.wav", "02_Snare.wav"), "only drums", "all tracks are drums"),
        (rename("02_Bass.wav", "08-130624_1035.wav"), "track name", "08-130624_1035.wav: the name"),
        (rename("02_Bass.wav", "02_B\udce4ss.wav"), "file name", "not UTF-8"),
        (rename("02_Bass.wav", "02_Bass\n.wav"), "file name", "line break"),
    ],
)
def test_a_damaged_song_is_left_out_alone(song, tmp_path, damage, rule, reason):
    damage(song)
    songs, unusable = read(song.parent, tmp_path)
    assert list(songs) == ["Band - Whole"]
    assert unusable[song.name].rule == rule
    assert reason in unusable[song.name].reason


def test_files_that_are_not_tracks(song, tmp_path):
    for name in ("._01_Kick.wav", "readme.txt", "02_Bass.mp3", "Full Mix.wav", "Preview.mp3"):
        (song / name).touch()
    (song.parent / "loop").symlink_to(song.parent)
    (song / "Alternative takes").mkdir()
    (song / "Alternative takes" / "01_Kick.wav").touch()
    songs, unusable = read(song.parent, tmp_path)
    assert not unusable
    assert roles(songs["Band - Damaged"]) == {
        "01_Kick": "drums",
        "02_Bass": "other",
        "Full Mix": "mixture",  # and the preview is not used
    }


def test_an_empty_file_is_found_when_the_pair_is_made(song, data, tmp_path):
    shutil.copytree(data / "MadeUps_SecondSong", song.parent / "MadeUps_SecondSong")
    audio, rate = soundfile.read(song.parent / "MadeUps_SecondSong" / "02_BassDI.wav")
    for name in ("01_Kick.wav", "02_Bass.wav"):
        soundfile.write(song.parent / "Band_Whole_Full" / name, audio, rate)
    outcome = run_stages(tmp_path / "out", [MixingSecretsConfig(path=str(song.parent))])
    assert set(outcome.pairs) == {"Band_-_Whole", "MadeUps_-_SecondSong"}
    assert "01_Kick.wav" in outcome.rejected[0].reason


def test_a_wrong_folder(song, tmp_path):
    with pytest.raises(UserError, match=r"path of the source mixing_secrets is .*: no such folder"):
        read(tmp_path / "missing", tmp_path)
    with pytest.raises(UserError, match=r"found tracks in it; use the folder above"):
        read(song, tmp_path)
    (tmp_path / "else" / "notes").mkdir(parents=True)
    with pytest.raises(UserError, match=r"expected a folder for each song.*; found notes"):
        read(tmp_path / "else", tmp_path)


def test_artists():
    assert artist_and_title("AlexanderRoss_GoodbyeBolero") == ("AlexanderRoss", "GoodbyeBolero")
    assert artist_and_title("Band_Title_2") == ("Band", "Title_2")
    assert artist_and_title("MR0903_Moosmusic") == ("Moosmusic", "MR0903")
    assert artist_and_title("Untitled") == ("", "Untitled")
