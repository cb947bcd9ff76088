"""Plain recordings: every audio file in a folder and its subfolders is a song."""

from pathlib import Path

import pytest

from jukedrummer.config import PairsConfig
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.corpus.song import SourceSong
from jukedrummer.corpus.sources.mixes import MixesConfig, songs
from jukedrummer.errors import UserError
from tests.audio.helpers import without_programs, write_tiny_demucs
from tests.corpus.helpers import list_source, reasons, work_in, write_pairs
from tests.layouts.mixes import SONGS, make


def scan(root: Path, **options: str) -> list[SourceSong]:
    found = list(songs(MixesConfig(path=str(root), **options), work_in(root)))
    assert all(isinstance(song, SourceSong) for song in found), found
    return [song for song in found if isinstance(song, SourceSong)]


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_songs_and_artists(tmp_path: Path) -> None:
    touch(tmp_path, *SONGS, "cover.jpg", "._four.wav", "@eaDir/four.wav")
    found = scan(tmp_path)
    assert [(song.name, song.artist) for song in found] == [
        ("Nobody - One", "Nobody"),
        ("four", ""),
        ("01 - Somebody - Two", "Somebody"),
        ("02 - Three", ""),
    ]
    assert [[(stem.role, stem.stream) for stem in song.stems] for song in found] == (
        [[("mixture", None)]] * 4
    )
    by_folder = scan(tmp_path, artist="folder")
    assert [song.artist for song in by_folder] == ["", "", "Somebody", "Somebody"]


def test_names_in_two_folders_are_two_songs(tmp_path: Path) -> None:
    touch(tmp_path, "a/song.wav", "b/song.wav", "b/song.mp3")
    first, second = scan(tmp_path)
    assert (first.name, second.name) == ("song", "song")
    assert (first.identity, second.identity) == ("a/song", "b/song")
    listed = list_source(tmp_path / "lists", MixesConfig(path=str(tmp_path)))
    assert len({song.song for song in listed}) == 2


def test_links_in_circles_and_no_audio(tmp_path: Path) -> None:
    touch(tmp_path, "a/notes.txt")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(UserError, match="no audio files found in the folder and its subfolders"):
        scan(tmp_path)
    touch(tmp_path, "a/song.ogg")
    assert [song.name for song in scan(tmp_path)] == ["song"]


def test_they_are_separated(tmp_path: Path) -> None:
    list_source(tmp_path, MixesConfig(path=str(make(tmp_path / "data", seconds=1.1))))
    config = PairsConfig(
        separator="tiny", separator_repository=str(write_tiny_demucs(tmp_path)), min_drums_share=0
    )
    write_pairs(tmp_path / "corpus" / "0.tsv", tmp_path / "pairs", config)
    assert reasons(tmp_path / "pairs") == {}
    assert [row.kind for row in read_pairs(tmp_path / "pairs")] == ["separated"] * 2


def test_the_dry_run_asks_for_the_folder_and_the_separator(tmp_path: Path) -> None:
    assert MixesConfig.gives_mixes
    with pytest.raises(UserError, match=r"sources\[1\].path is .*gone: no such folder"):
        MixesConfig(path=str(tmp_path / "gone")).check_machine("corpus.sources[1]")


def test_the_dry_run_asks_for_ffmpeg_if_a_recording_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a/one.mp3", "a/b/two.flac")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    config = MixesConfig(path=str(tmp_path))
    without_programs(monkeypatch)
    config.check_machine("corpus.sources[0]")
    touch(tmp_path, "a/b/three.m4a")
    with pytest.raises(UserError, match=r"sources\[0\]: files such as .*three\.m4a need ffmpeg"):
        config.check_machine("corpus.sources[0]")


def test_the_search_for_files_that_need_ffmpeg_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jukedrummer.corpus.files.MOST_SEARCHED", 5)
    without_programs(monkeypatch)
    touch(tmp_path, *(f"{number}.mp3" for number in range(5)), "later/one.m4a")
    MixesConfig(path=str(tmp_path)).check_machine("corpus.sources[0]")


def test_a_container_and_a_file_of_one_name_are_two_recordings(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "a.stem.mp4", "a.mp3")
    assert sorted((song.name, song.identity) for song in scan(tmp_path)) == [
        ("a", "a"),
        ("a", "a.stem"),
    ]
