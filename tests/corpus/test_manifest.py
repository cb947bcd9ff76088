"""The manifest: written songs are read back, and every fault is reported with its place."""

from dataclasses import fields
from pathlib import Path

import pytest

from jukedrummer.corpus.manifest import (
    Song,
    merged_songs,
    read_songs,
    shard_table,
    stems_text,
    write_manifest,
)
from jukedrummer.corpus.song import Stem
from jukedrummer.errors import UserError

COLUMNS = tuple(field.name for field in fields(Song))
STEMS = '[["drums", "/data/drums.wav", null], ["other", "/data/x.mp4", 2]]'


@pytest.fixture
def songs(tmp_path: Path) -> list[Song]:
    """Five songs; every second one has beats."""
    stems = stems_text(
        [Stem("drums", tmp_path / 'Söng "1"\t.wav'), Stem("other", Path("a.mp4"), 3)]
    )
    return [
        Song(
            f"s{index}",
            "folder",
            ("train", "valid", "test")[index % 3],
            stems,
            identity=f"folder/Song {index}",
            artist="Band",
            official="train" if index else "",
            beats=tmp_path / "beats.tsv" if index % 2 else None,
            bpm=120.5 if index else None,
            licence="MIT",
        )
        for index in range(5)
    ]


def written(folder: Path, **changes: str) -> Path:
    """A table of one song with some cells replaced."""
    cells = {"song": "a", "source": "folder", "split": "train", "stems": STEMS, "check_beats": "no"}
    cells |= changes
    path = folder / "0.tsv"
    path.write_text("\t".join(COLUMNS) + "\n" + "\t".join(cells.get(c, "") for c in COLUMNS) + "\n")
    return path


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_round_trip(tmp_path: Path, songs: list[Song], shards: int) -> None:
    write_manifest(tmp_path / "corpus", songs, shards)
    tables = [shard_table(tmp_path / "corpus", shard) for shard in range(shards)]
    assert sorted((tmp_path / "corpus").iterdir()) == sorted(tables)
    for shard, table in enumerate(tables):
        assert read_songs(table) == songs[shard::shards]
    assert merged_songs(tables) == songs


def test_stems_are_kept(tmp_path: Path, songs: list[Song], monkeypatch: pytest.MonkeyPatch) -> None:
    parts = songs[0].parts
    assert [(part.role, part.stream) for part in parts] == [("drums", None), ("other", 3)]
    assert parts[0].path == tmp_path / 'Söng "1"\t.wav'
    assert parts[1].path == Path("a.mp4").absolute()
    monkeypatch.chdir(tmp_path)  # the path is the one at the time of writing
    assert songs[0].parts == parts


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / b"b\xe4ss.wav".decode("utf-8", "surrogateescape")
    song = Song("a", "folder", "", stems_text([Stem("drums", path)]))
    write_manifest(tmp_path / "corpus", [song], 1)
    (read,) = read_songs(tmp_path / "corpus" / "0.tsv")
    assert read.parts[0].path == path


def test_optional_cells_may_be_empty(tmp_path: Path) -> None:
    (song,) = read_songs(written(tmp_path, split=""))
    assert (song.split, song.bpm, song.beats, song.score, song.style) == ("", None, None, None, "")
    assert song.parts[1] == Stem("other", Path("/data/x.mp4"), 2)  # which need not exist


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"song": "a b"}, r"row 2: song is 'a b'; use letters"),
        ({"song": ""}, r"row 2: song is ''"),
        ({"song": "../up"}, r"row 2: song is '../up'"),
        ({"split": "dev"}, r"row 2: split is 'dev'; choose from .*train, valid, test"),
        ({"official": "dev"}, r"row 2: official is 'dev'"),
        ({"check_beats": "true"}, r"row 2: check_beats is 'true'; choose from no, yes"),
        ({"stems": ""}, r"row 2: stems is ''; expected a JSON list"),
        ({"stems": "[]"}, r"row 2: stems is '\[\]'; expected a JSON list"),
        ({"stems": "a.wav"}, r"row 2: stems is 'a.wav'; expected a JSON list"),
        ({"stems": '[["bass", "/a.wav", null]]'}, r"the roles are drums, other, mixture"),
        ({"stems": '[["drums", "/a.wav", "1"]]'}, r"row 2: stems is"),
        ({"stems": '[["drums", 3, null]]'}, r"row 2: stems is"),
        ({"bpm": "fast"}, r"row 2: bpm is 'fast'; expected a number above 0"),
        ({"bpm": "-3"}, r"row 2: bpm is '-3'"),
        ({"bpm": "nan"}, r"row 2: bpm is 'nan'"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, changes: dict, message: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(UserError, match=message) as caught:
        read_songs(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_song_listed_twice(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text() + path.read_text().splitlines()[1] + "\n")
    with pytest.raises(UserError, match="row 3: song 'a' is also in row 2; was the file edited"):
        read_songs(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("song\tsplit\n", "row 1: lacks the columns source, stems"),
        ("\t".join((*COLUMNS, "mood")) + "\n", "row 1: columns are .*mood"),
        (
            "\t".join(COLUMNS) + "\na\tfolder\n",
            "row 2: has 2 cells, the header 15; is a tab missing",
        ),
        (",".join(COLUMNS) + "\n", "are they split by tabs"),
    ],
)
def test_a_file_of_the_wrong_shape_is_rejected(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "0.tsv"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_songs(path)


def test_a_shard_may_be_empty(tmp_path: Path, songs: list[Song]) -> None:
    write_manifest(tmp_path, songs[:1], 2)
    assert read_songs(tmp_path / "1.tsv") == []
    assert merged_songs([tmp_path / "0.tsv", tmp_path / "1.tsv"]) == songs[:1]


def test_a_missing_file_and_one_that_is_not_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did the stage corpus run"):
        read_songs(tmp_path / "0.tsv")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8"):
        read_songs(tmp_path / "binary")


def test_a_tab_in_a_cell_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"row 2: style .* holds a tab"):
        write_manifest(tmp_path, [Song("x", "folder", "train", STEMS, style="a\tb")], 1)
    assert not (tmp_path / "0.tsv").exists()
