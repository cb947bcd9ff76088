"""The listed songs: ids, shards, rejected songs, sources without songs."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.config import CorpusConfig
from jukedrummer.corpus.listing import LONGEST_ID, list_songs, unique_id
from jukedrummer.corpus.manifest import Song, merged_songs
from jukedrummer.corpus.rejected import Rejected, read_rejected
from jukedrummer.corpus.sources.folder import FolderConfig
from jukedrummer.corpus.sources.mixes import MixesConfig
from jukedrummer.errors import UserError


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def listed(folder: Path, config: CorpusConfig) -> tuple[list[Song], list[Rejected]]:
    """The songs of all shards, and the rejected songs."""
    folder.mkdir()
    list_songs(config, folder, folder.parent / "making", workers=1)
    songs = merged_songs([folder / f"{shard}.tsv" for shard in range(config.shards)])
    return songs, read_rejected(folder / "rejected.tsv")


@given(st.lists(st.text(), max_size=12))
def test_ids_are_unique_and_safe(names: list[str]) -> None:
    taken: set[str] = set()
    ids = [unique_id(name, f"set/{name}{k}", taken) for k, name in enumerate(names)]
    assert all(re.fullmatch(rf"[A-Za-z0-9_-]{{1,{LONGEST_ID}}}", name) for name in ids)
    assert len({name.lower() for name in ids}) == len(names)
    assert taken == {name.lower() for name in ids}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("M.E.R.C. Music - Knockout", "M_E_R_C_Music_-_Knockout"),
        ("Söng, a/b", "Song_a_b"),
        ("../../etc/passwd", "etc_passwd"),
        ("Кино", "song"),
        ("🥁", "song"),
        ("", "song"),
        ("-rf", "rf"),
        ("b\udce4ss", "bss"),
    ],
)
def test_ids(name: str, expected: str) -> None:
    assert unique_id(name, name, set()) == expected


def test_long_names_stay_apart() -> None:
    names = [f"{'x' * 200}{number}" for number in range(3)]
    taken: set[str] = set()
    ids = [unique_id(name, name, taken) for name in names]
    assert [len(name) for name in ids] == [LONGEST_ID] * 3
    assert len(set(ids)) == 3
    # The id of a long name does not depend on the other songs.
    assert unique_id(names[2], names[2], set()) == ids[2]


def test_songs_of_one_name() -> None:
    taken: set[str] = set()
    ids = [unique_id("Intro", identity, taken) for identity in ("a/Intro", "b/Intro", "b/Intro")]
    ids.append(unique_id("INTRO", "c/INTRO", taken))
    assert ids[0] == "Intro"
    assert len({name.lower() for name in ids}) == 4
    assert all(re.fullmatch(r"(?i)intro_[0-9a-f]{8}", name) for name in ids[1:])


def test_songs_of_an_away_source_are_away_before_splits_are_drawn(tmp_path: Path) -> None:
    stems = ("train/a/drums.wav", "train/a/bass.wav", "test/b/drums.wav", "test/b/bass.wav")
    paths = [str(touch(tmp_path / name, *stems)) for name in ("mine", "far")]
    sources = (FolderConfig(path=paths[0], name="mine"),)
    sources += (FolderConfig(path=paths[1], name="far", split="away"),)
    songs, _ = listed(tmp_path / "corpus", CorpusConfig(sources=sources, shards=2))
    assert [(song.source, song.split, song.official) for song in songs] == [
        ("mine", "", "test"),
        ("mine", "", "train"),
        ("far", "away", "test"),
        ("far", "away", "train"),
    ]


def test_sources_are_listed_one_after_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    touch(tmp_path / "stems", "train/Band - One/drums.wav", "train/Band - One/bass.wav")
    touch(tmp_path / "stems", "test/two/drums.wav", "test/two/bass.wav", "test/bad/bass.wav")
    touch(tmp_path / "mixes", "Band - One.mp3", "deep/two.mp3", "deep/er/two.mp3")
    config = CorpusConfig(
        sources=(
            FolderConfig(path=str(tmp_path / "stems"), split="official"),
            MixesConfig(path=str(tmp_path / "mixes"), name="radio"),
        ),
        shards=3,
    )
    songs, rejected = listed(tmp_path / "corpus", config)
    assert [(song.source, song.artist, song.official) for song in songs] == [
        ("folder", "", "test"),
        ("folder", "Band", "train"),
        ("radio", "Band", ""),
        ("radio", "", ""),
        ("radio", "", ""),
    ]
    assert [song.identity for song in songs] == [
        "folder/test/two",
        "folder/train/Band - One",
        "radio/Band - One",
        "radio/deep/two",
        "radio/deep/er/two",
    ]
    assert len({song.song for song in songs}) == 5
    assert {song.split for song in songs} == {""}
    (row,) = rejected
    assert (row.song, row.source, row.rule, row.clip) == ("bad", "folder", "no drums", None)
    assert sorted(path.name for path in (tmp_path / "corpus").iterdir()) == [
        "0.tsv",
        "1.tsv",
        "2.tsv",
        "rejected.tsv",
    ]
    assert capsys.readouterr().out.splitlines() == [
        "corpus: folder: 2 songs (official split: 1 test, 1 train), 1 left out",
        "corpus: radio: 3 songs, 0 left out",
    ]


def test_a_name_with_a_line_break_is_rejected_in_one_line(tmp_path: Path) -> None:
    touch(tmp_path / "data", "a\nb/bass.wav", "good/drums.wav", "good/bass.wav")
    _, (row,) = listed(
        tmp_path / "corpus", CorpusConfig(sources=(FolderConfig(path=str(tmp_path / "data")),))
    )
    assert (row.song, row.rule) == ("a_b", "no drums")


def test_songs_that_are_left_out_have_ids_of_their_own(tmp_path: Path) -> None:
    touch(tmp_path / "a", "Ä song/bass.wav")
    touch(tmp_path / "b", "A song/bass.wav", "good/drums.wav", "good/bass.wav")
    touch(tmp_path / "c", "A song/drums.wav", "A song/bass.wav")
    sources = tuple(FolderConfig(path=str(tmp_path / name), name=name) for name in "abc")
    songs, rejected = listed(tmp_path / "corpus", CorpusConfig(sources=sources))
    assert {song.song for song in songs} == {"good", "A_song"}  # as without the others
    ids = [row.song for row in rejected]
    assert [row.source for row in rejected] == ["a", "b"]
    assert all(re.fullmatch(r"A_song_[0-9a-f]{8}", name) for name in ids)
    assert len(set(ids)) == 2


def test_no_song_is_left(tmp_path: Path) -> None:
    touch(tmp_path / "data", "one/bass.wav", "two/keys.wav")
    config = CorpusConfig(sources=(FolderConfig(path=str(tmp_path / "data")),))
    with pytest.raises(UserError, match=r"all 2 of the corpus are left out. The first: one: .*two"):
        listed(tmp_path / "corpus", config)
    assert list((tmp_path / "corpus").iterdir()) == []
