"""The manifest: written songs are read back, and every fault is reported with its place."""

from dataclasses import fields
from pathlib import Path

import pytest

from jukedrummer.corpus.manifest import Song, read_manifest, songs_of_shard, write_manifest
from jukedrummer.errors import UserError

COLUMNS = tuple(field.name for field in fields(Song))


@pytest.fixture
def songs(tmp_path: Path) -> list[Song]:
    """Three songs whose files exist."""
    result = []
    for index, split in enumerate(("train", "valid", "test")):
        folder = tmp_path / "songs" / f"s{index}"
        folder.mkdir(parents=True)
        (folder / "beats.tsv").write_text("0.5\t1\n")
        beats = folder / "beats.tsv" if index else None
        result.append(
            Song(f"s{index}", split, "stems", folder, beats, "rock", "room", 120.5, "MIT")
        )
    return result


def written(folder: Path, **changes: str) -> Path:
    """A manifest of one song with some cells replaced."""
    (folder / "stems").mkdir()
    cells = {
        "song": "a",
        "split": "train",
        "kind": "stems",
        "path": "stems",
        "bpm": "90",
        **changes,
    }
    path = folder / "manifest.tsv"
    path.write_text("\t".join(COLUMNS) + "\n" + "\t".join(cells.get(c, "") for c in COLUMNS) + "\n")
    return path


def test_round_trip(tmp_path: Path, songs: list[Song]) -> None:
    path = tmp_path / "manifest.tsv"
    write_manifest(path, songs)
    assert read_manifest(path) == songs


def test_paths_below_the_manifest_are_relative_and_others_absolute(
    tmp_path: Path, songs: list[Song]
) -> None:
    write_manifest(tmp_path / "manifest.tsv", songs)
    assert "\tsongs/s0\t" in (tmp_path / "manifest.tsv").read_text()
    elsewhere = tmp_path / "other" / "manifest.tsv"
    write_manifest(elsewhere, songs)
    assert f"\t{tmp_path}/songs/s0\t" in elsewhere.read_text()
    assert read_manifest(elsewhere) == songs


def test_optional_cells_may_be_empty(tmp_path: Path) -> None:
    (song,) = read_manifest(written(tmp_path, bpm=""))
    assert (song.bpm, song.beats, song.style) == (None, None, "")


def test_a_song_may_be_missing(tmp_path: Path) -> None:
    (song,) = read_manifest(written(tmp_path, path="gone"))
    assert song.path == tmp_path / "gone"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"song": "a b"}, r"row 2: song is 'a b'; use letters"),
        ({"song": ""}, r"row 2: song is ''"),
        ({"song": "../up"}, r"row 2: song is '../up'"),
        ({"split": "dev"}, r"row 2: split is 'dev'; choose from train, valid, test"),
        ({"kind": "wav"}, r"row 2: kind is 'wav'; choose from stems, mix"),
        ({"path": ""}, r"row 2: path is empty"),
        ({"beats": "gone.tsv"}, r"row 2: beats .*gone.tsv does not exist"),
        ({"bpm": "fast"}, r"row 2: bpm is 'fast'; expected a number above 0"),
        ({"bpm": "-3"}, r"row 2: bpm is '-3'"),
        ({"bpm": "nan"}, r"row 2: bpm is 'nan'"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, changes: dict, message: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(UserError, match=message) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_song_listed_twice_is_rejected_by_reader_and_writer(
    tmp_path: Path, songs: list[Song]
) -> None:
    with pytest.raises(UserError, match=r"row 5: song 's0' is also in row 2"):
        write_manifest(tmp_path / "manifest.tsv", [*songs, songs[0]])
    assert not (tmp_path / "manifest.tsv").exists()
    path = written(tmp_path)
    path.write_text(path.read_text() + path.read_text().splitlines()[1] + "\n")
    with pytest.raises(
        UserError, match="row 3: song 'a' is also in row 2; was a data set listed twice"
    ):
        read_manifest(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("song\tsplit\n", "row 1: lacks the columns kind, path"),
        ("\t".join(COLUMNS) + "\n", "no songs"),
        ("\t".join((*COLUMNS, "mood")) + "\n", "row 1: columns are .*mood"),
        ("\t".join(COLUMNS) + "\na\ttrain\n", "row 2: has 2 cells, the header 9; is a tab missing"),
        (",".join(COLUMNS) + "\n", "are they split by tabs"),
    ],
)
def test_a_file_of_the_wrong_shape_is_rejected(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "manifest.tsv"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_manifest(path)


def test_a_missing_file_and_one_that_is_not_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did the corpus stage run"):
        read_manifest(tmp_path / "manifest.tsv")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8"):
        read_manifest(tmp_path / "binary")


def test_a_tab_in_a_cell_cannot_be_written(tmp_path: Path, songs: list[Song]) -> None:
    bad = Song("x", "train", "stems", songs[0].path, style="a\tb")
    with pytest.raises(UserError, match=r"row 2: style .* holds a tab"):
        write_manifest(tmp_path / "manifest.tsv", [bad])


def test_every_row_is_in_one_shard(songs: list[Song]) -> None:
    shards = [songs_of_shard(songs, shard, 2) for shard in range(2)]
    assert [[song.song for song in shard] for shard in shards] == [["s0", "s2"], ["s1"]]
    with pytest.raises(UserError, match=r"shard is 2; with corpus.shards 2"):
        songs_of_shard(songs, 2, 2)
