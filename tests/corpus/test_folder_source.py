"""Your own songs: layouts of the folder, splits by hash, ids that are safe as file names."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jukedrummer.config import parse
from jukedrummer.corpus.manifest import Song, read_manifest, write_manifest
from jukedrummer.corpus.sources.folder import FolderConfig, draw_splits, safe_id, songs
from jukedrummer.errors import UserError


def scan(root: Path | str, **options: float) -> list[Song]:
    """The songs of a folder; nothing is written."""
    return songs(Path("unused"), FolderConfig(path=str(root), **options), workers=1)


def make_song(folder, *names):
    folder.mkdir(parents=True)
    for name in names or ("bass.wav", "drums.wav", "mixture.wav"):
        (folder / name).touch()


def test_musdb_layout(tmp_path):
    for number in range(20):
        make_song(tmp_path / "train" / f"Band - Song {number}")
    for number in range(5):
        make_song(tmp_path / "test" / f"Other - Song {number}")
    songs = scan(tmp_path, valid_share=0.1, test_share=0.5)
    assert Counter(song.split for song in songs) == {"train": 18, "valid": 2, "test": 5}
    assert {song.song for song in songs if song.split == "test"} == {
        f"Other_-_Song_{n}" for n in range(5)
    }
    assert all(song.kind == "stems" and song.path.is_dir() for song in songs)


def test_musdb_layout_without_a_test_folder_draws_one(tmp_path):
    for number in range(10):
        make_song(tmp_path / "train" / f"{number}")
    assert Counter(song.split for song in scan(tmp_path)) == {
        "train": 8,
        "valid": 1,
        "test": 1,
    }


def test_flat_layout_with_mixes_and_compressed_stems(tmp_path):
    make_song(tmp_path / "Söng, a/b".replace("/", "-"))
    make_song(tmp_path / "annotated", "drums.wav", "other.flac", "beats.tsv")
    make_song(tmp_path / "notes", "readme.txt")
    make_song(tmp_path / ".hidden")
    for name in ("mix one.MP3", "stems.stem.mp4", "cover.png", "._mix one.mp3"):
        (tmp_path / name).touch()
    songs = {song.song: song for song in scan(tmp_path)}
    assert {name: song.kind for name, song in songs.items()} == {
        "Song_a-b": "stems",
        "annotated": "stems",
        "mix_one": "mix",
        "stems": "stems",
    }
    assert songs["annotated"].beats == tmp_path / "annotated" / "beats.tsv"
    assert songs["mix_one"].beats is None


def test_the_manifest_reads_back(tmp_path):
    for number in range(5):
        make_song(tmp_path / "data" / f"Song #{number}")
    write_manifest(tmp_path / "out" / "manifest.tsv", scan(tmp_path / "data"))
    songs = read_manifest(tmp_path / "out" / "manifest.tsv")
    assert songs == scan(tmp_path / "data")


def test_a_relative_root(tmp_path, monkeypatch):
    make_song(tmp_path / "data" / "song")
    monkeypatch.chdir(tmp_path)
    assert scan("data")[0].path == tmp_path / "data" / "song"


@pytest.mark.parametrize(
    ("songs", "splits"),
    [
        (1, {"train": 1}),
        (2, {"train": 1, "valid": 1}),
        (3, {"train": 1, "valid": 1, "test": 1}),
        (100, {"train": 81, "valid": 8, "test": 11}),
    ],
)
def test_shares_of_the_splits(tmp_path, songs, splits):
    for number in range(songs):
        make_song(tmp_path / f"song {number}")
    assert Counter(song.split for song in scan(tmp_path)) == splits


def test_a_share_of_nothing_draws_nothing(tmp_path):
    for number in range(10):
        make_song(tmp_path / str(number))
    songs = scan(tmp_path, valid_share=0.0, test_share=0.0)
    assert {song.split for song in songs} == {"train"}


@given(st.sets(st.text("abcdefgh", min_size=1), min_size=1), st.floats(0, 0.5), st.floats(0, 0.5))
@example(names={"a", "aa", "b"}, valid=0.5, test=0.5)
def test_the_draw_depends_on_names_only_and_leaves_training_a_song(
    tmp_path_factory, names, valid, test
):
    root = tmp_path_factory.getbasetemp()
    shares = {"valid": valid, "test": test}
    paths = [root / name for name in sorted(names)]
    split = dict(draw_splits(paths, shares))
    assert split == dict(draw_splits(paths[::-1], shares))
    assert {path.name: s for path, s in split.items()} == {
        path.name: s
        for path, s in draw_splits([root / "elsewhere" / path.name for path in paths], shares)
    }
    counts = Counter(split.values())
    assert counts["train"] >= 1
    assert len(names) < 3 or all(counts[name] >= 1 for name, share in shares.items() if share > 0)


@given(st.lists(st.text(), max_size=20))
def test_ids_are_safe_and_unique(names):
    taken = set()
    ids = [safe_id(name, taken) for name in names]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in ids)
    assert len({name.lower() for name in ids}) == len(names)


def test_ids_of_similar_names_differ():
    taken = set()
    assert [safe_id(name, taken) for name in ("Ä b", "A/b", "a_b", "日本", "...")] == [
        "A_b",
        "A_b_2",
        "a_b_3",
        "song",
        "song_2",
    ]


def test_bad_roots_are_errors(tmp_path):
    with pytest.raises(UserError, match=r"corpus\.path is not set"):
        parse(FolderConfig, {"kind": "folder"}, "corpus")
    with pytest.raises(UserError, match="no such folder"):
        scan(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is not a folder"):
        scan(tmp_path / "file")
    (tmp_path / "train").mkdir()
    with pytest.raises(UserError, match=r"no songs found .*; expected train/<song>/\*\.wav"):
        scan(tmp_path)
