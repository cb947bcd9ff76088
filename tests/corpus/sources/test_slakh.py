"""Slakh2100 and BabySlakh: stems by their files, splits, songs of one MIDI file, beats."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from jukedrummer.audio.io import read_audio
from jukedrummer.corpus.song import SourceSong
from jukedrummer.corpus.sources.slakh import SlakhConfig
from jukedrummer.errors import UserError
from tests.corpus.midi_files import band, drums, write_midi
from tests.corpus.running import list_and_split, read_source, run_stages
from tests.layouts import music, slakh


@pytest.fixture(scope="module")
def redux(tmp_path_factory) -> Path:
    """A copy of Slakh2100-redux with a song for each folder."""
    root: Path = tmp_path_factory.mktemp("redux")
    slakh.make(root)
    return root


@pytest.fixture
def tracks(redux, tmp_path) -> Path:
    """The first three songs of the copy, to be damaged."""
    shutil.copytree(redux / "slakh2100_flac_redux" / "train", tmp_path / "tracks")
    return tmp_path / "tracks"


def read(root: Path, folder: Path, **keys):
    return read_source(SlakhConfig(path=str(root), **keys), folder)


def roles(song: SourceSong) -> dict[str, str]:
    return {stem.path.name: stem.role for stem in song.stems}


def edit(track: Path, change) -> None:
    path = track / "metadata.yaml"
    metadata = yaml.safe_load(path.read_text())
    change(metadata)
    path.write_text(yaml.safe_dump(metadata))


def test_songs_of_redux(redux, tmp_path):
    songs, unusable = read(redux, tmp_path)
    assert not unusable
    assert {name: song.split for name, song in songs.items()} == {
        "Track00001": "train",
        "Track00002": "train",
        "Track00003": "train",
        "Track00004": "valid",
        "Track00005": "test",
        "Track00006": "test",
    }
    # S02 is in the metadata, but was not rendered; audio_rendered is false for S00 to S04 too.
    assert roles(songs["Track00001"]) == {
        "S00.flac": "other",
        "S01.flac": "drums",
        "S03.flac": "other",
        "S04.flac": "other",
        "mix.flac": "mixture",
    }
    assert {(song.kit, song.licence, song.artist) for song in songs.values()} == {
        ("session_kit_full", "CC BY 4.0", "")
    }
    assert len({song.identity for song in songs.values()}) == 6
    within = read(redux / "slakh2100_flac_redux", tmp_path)[0]
    assert within == songs
    train = read(redux / "slakh2100_flac_redux" / "train", tmp_path)[0]
    assert {song.split for song in train.values()} == {"train"}


def test_beats_are_those_of_the_music(redux, tmp_path):
    songs, _ = read(redux, tmp_path)
    song = songs["Track00002"]
    assert song.check_beats
    assert song.bar_lines == "unclear"  # two bars do not show where a bar begins
    times, positions = np.loadtxt(song.beats).T
    played = [(at + slakh.PAUSE_SECONDS, place) for at, place in music.beats(201, 7.6)]
    expected = np.array(played[: len(times)])
    assert len(times) > 6
    np.testing.assert_allclose(times, expected[:, 0], atol=1e-3)
    assert positions.tolist() == expected[:, 1].tolist()
    before = song.beats.stat().st_mtime_ns
    assert read(redux, tmp_path)[0] == songs
    assert song.beats.stat().st_mtime_ns == before  # not made again


def test_beats_are_made_again_after_a_change_of_the_code(tracks, tmp_path, monkeypatch):
    path = read(tracks, tmp_path)[0]["Track00001"].beats
    path.write_text("0.0\t1\n")  # as an earlier version made them
    assert read(tracks, tmp_path)[0]["Track00001"].beats == path
    monkeypatch.setattr("jukedrummer.corpus.midi.beats.MIDI_VERSION", 1_000)
    again = read(tracks, tmp_path)[0]["Track00001"].beats
    assert again != path
    assert len(again.read_text().splitlines()) > 2


def test_beats_begin_with_the_file_and_end_with_its_last_onset(tracks, tmp_path):
    tempi = ((0, 500_000), (32, 400_000))
    write_midi(tracks / "Track00001" / "all_src.mid", drums(64), band(64), tempi=tempi)
    song = read(tracks, tmp_path)[0]["Track00001"]
    assert song.bar_lines == "clear"
    times, positions = np.loadtxt(song.beats).T
    expected = [*np.arange(32) * 0.5, *(16 + np.arange(32) * 0.4)]
    np.testing.assert_allclose(times, expected, atol=1e-6)
    assert positions.tolist() == [1, 2, 3, 4] * 16


def test_the_score_moves_bar_lines_and_the_song_has_this(tracks, tmp_path):
    write_midi(tracks / "Track00001" / "all_src.mid", drums(65, 4, 1), band(65, 4, 1))
    song = read(tracks, tmp_path)[0]["Track00001"]
    assert song.bar_lines == "moved"
    assert np.loadtxt(song.beats)[:5, 1].tolist() == [4, 1, 2, 3, 4]


def test_a_midi_file_without_beats_or_no_midi_file(tracks, tmp_path, capsys):
    (tracks / "Track00001" / "all_src.mid").write_bytes(b"MThd, cut off")
    (tracks / "Track00002" / "all_src.mid").unlink()
    songs, unusable = read(tracks, tmp_path)
    assert [(song.beats is None, song.check_beats) for song in songs.values()] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert not unusable
    assert "2 of 3 MIDI files have no usable beats" in capsys.readouterr().out


def test_songs_of_one_midi_file_fall_on_one_side(redux, tmp_path):
    omitted, _ = read(redux, tmp_path, omitted=True)
    assert omitted["Track00007"].identity == omitted["Track00001"].identity
    assert omitted["Track00007"].split == "train"
    # In the first release, the official splits divide such songs.
    root = tmp_path / "orig"
    shutil.copytree(redux / "slakh2100_flac_redux", root)
    (root / "omitted" / "Track00007").rename(root / "test" / "Track00007")
    songs, _ = read(root, tmp_path)
    assert (songs["Track00001"].split, songs["Track00007"].split) == ("test", "test")
    assert songs["Track00002"].split == "train"


def test_a_draw_keeps_songs_of_one_midi_file_together(redux, tmp_path):
    splits = set()
    for seed in range(4):
        config = SlakhConfig(path=str(redux), omitted=True, split="artist")
        _, songs = list_and_split(tmp_path / str(seed), [config], seed=seed, test_share=0.5)
        split = {song.song: song.split for song in songs}
        assert split["Track00001"] == split["Track00007"]
        splits.add(split["Track00001"])
    assert len(splits) > 1


def test_babyslakh(redux, tmp_path):
    slakh.make_baby(tmp_path / "data", songs=2)
    songs, unusable = read(tmp_path / "data", tmp_path)
    assert not unusable
    assert [song.split for song in songs.values()] == ["", ""]
    assert roles(songs["Track00002"])["S01.wav"] == "drums"
    assert read(tmp_path / "data" / "babyslakh_16k", tmp_path)[0] == songs
    for name in ("a", "b"):
        shutil.copytree(tmp_path / "data" / "babyslakh_16k", tmp_path / "two" / name)
    with pytest.raises(UserError, match="found a, b; use the folder"):
        read(tmp_path / "two", tmp_path)


def test_a_pair(tracks, tmp_path):
    for track in ("Track00002", "Track00003"):
        shutil.rmtree(tracks / track)
    outcome = run_stages(tmp_path / "out", [SlakhConfig(path=str(tracks))])
    ((row, folder),) = outcome.pairs.values()
    assert (row.kind, row.song, row.source) == ("true", "Track00001", "slakh")
    drums = read_audio(folder / "drums.flac")
    np.testing.assert_allclose(
        drums, read_audio(tracks / "Track00001" / "stems" / "S01.flac"), atol=2**-15
    )
    others = [read_audio(tracks / "Track00001" / "stems" / f"S0{n}.flac") for n in (0, 3, 4)]
    np.testing.assert_allclose(read_audio(folder / "drumless.flac"), sum(others), atol=2**-14)


def test_several_drum_stems_and_wav_beside_flac(tracks, tmp_path):
    track = tracks / "Track00001"
    edit(track, lambda about: about["stems"]["S04"].update(is_drum=True))
    music.write(track / "stems" / "S03.wav", music.stems(200)["bass"])
    song = read(tracks, tmp_path)[0]["Track00001"]
    assert roles(song) == {
        "S00.flac": "other",
        "S01.flac": "drums",
        "S03.wav": "other",
        "S04.flac": "drums",
        "mix.flac": "mixture",
    }


@pytest.mark.parametrize(
    ("damage", "rule", "reason"),
    [
        (lambda t: (t / "metadata.yaml").unlink(), "metadata", "metadata.yaml"),
        (lambda t: (t / "metadata.yaml").write_text("{"), "metadata", "is not YAML"),
        (lambda t: (t / "metadata.yaml").write_text("UUID: x"), "metadata", "expected stems"),
        (lambda t: edit(t, lambda m: m["stems"].update(S09=1)), "metadata", "expected stems"),
        (lambda t: edit(t, lambda m: m["stems"].pop("S01")), "no drums", "no stem has is_drum"),
        (lambda t: (t / "stems" / "S01.flac").unlink(), "missing stem", "no file of the drums S01"),
        (lambda t: shutil.rmtree(t / "stems"), "unreadable", "stems: cannot be read"),
    ],
)
def test_a_damaged_song_is_left_out_alone(tracks, tmp_path, damage, rule, reason):
    damage(tracks / "Track00002")
    songs, unusable = read(tracks, tmp_path)
    assert list(songs) == ["Track00001", "Track00003"]
    assert unusable["Track00002"].rule == rule
    assert reason in unusable["Track00002"].reason
    assert str(tracks / "Track00002") in unusable["Track00002"].reason


def test_metadata_cannot_name_files_elsewhere(tracks, tmp_path):
    track = tracks / "Track00002"
    shutil.copy(track / "stems" / "S01.flac", tmp_path / "secret.flac")
    for name in ("../../../secret", "/etc/x"):
        edit(track, lambda about, name=name: about["stems"].update({name: {"is_drum": False}}))
    song = read(tracks, tmp_path)[0]["Track00002"]
    assert {stem.path.parent for stem in song.stems} == {track, track / "stems"}


def test_hidden_files_links_in_circles_and_other_folders(tracks, tmp_path):
    (tracks / "Track00009").symlink_to(tracks / "Track00009")
    (tracks / "._Track00008").mkdir()
    (tracks / "notes").mkdir()
    (tracks / "Track00001" / "stems" / "._S03.flac").write_bytes(b"left by a file manager")
    songs, unusable = read(tracks, tmp_path)
    assert len(songs) == 3
    assert len(songs["Track00001"].stems) == 5
    assert {name: row.rule for name, row in unusable.items()} == {"Track00009": "unreadable"}


def test_a_wrong_folder(redux, tmp_path):
    with pytest.raises(UserError, match=r"path of the source slakh is .*: no such folder"):
        read(tmp_path / "missing", tmp_path)
    for root in (tmp_path, redux / "slakh2100_flac_redux" / "train" / "Track00001"):
        with pytest.raises(UserError, match=r"expected train/Track00001/metadata\.yaml .* neither"):
            read(root, tmp_path)
