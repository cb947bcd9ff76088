"""A data set's folder: filled once, whole or absent, and never one of the user's changed."""

import json
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from jukedrummer.config import Archive, FilesConfig, SourceConfig
from jukedrummer.corpus.download import (
    RECORD,
    Limits,
    Origin,
    Retries,
    find_origin,
    obtain,
    obtain_source,
)
from jukedrummer.errors import UserError
from tests.corpus.download.archives import FILES, declared, noise, tarred, tree, zipped
from tests.corpus.download.full_disk import file_size_limit
from tests.corpus.download.server import serve

DATA = zipped(FILES)
FAST = Retries(attempts=2, wait=0.001, timeout=0.5)
KNOWN = {"hq": Archive("https://example.org/records/1/songs%20hq.zip", bytes=5, licence="CC BY")}


class Songs(FilesConfig):
    kind: Literal["songs"] = "songs"
    ARCHIVES: ClassVar[dict[str, Archive]] = KNOWN


class Made(SourceConfig):
    kind: Literal["made"] = "made"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "songs"


def record(folder):
    return json.loads((folder / RECORD).read_text())


def test_a_folder_is_filled_once_and_the_archive_is_deleted(folder, capsys):
    with serve(DATA) as server:
        archive = declared(server.url, DATA, title="Songs", licence="CC BY 4.0")
        first = obtain(Origin(archive), folder, retries=FAST)
        assert obtain(Origin(archive), folder, retries=FAST) == first
        assert len(server.requests) == 1
    assert tree(folder) == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["songs"]
    assert record(folder) == {
        "title": "Songs",
        "url": server.url,
        "link": record(folder)["link"],
        "bytes": len(DATA),
        "checksum": archive.checksum,
        "licence": "CC BY 4.0",
    }
    assert "has the files of" in capsys.readouterr().out


def test_the_record_shows_no_secret(folder):
    with serve(DATA) as server:
        link = server.url.replace("//", "//user:password@") + "?signature=abc"
        obtain(Origin(Archive(link)), folder, retries=FAST)
    text = (folder / RECORD).read_text()
    assert "password" not in text
    assert "abc" not in record(folder)["url"]
    assert record(folder)["url"] == server.url


def test_another_archive_does_not_replace_the_files(folder):
    with serve(DATA) as server:
        obtain(Origin(Archive(server.url + "?id=1")), folder, retries=FAST)
        with pytest.raises(UserError, match=r"has the files of .*choose another `path`"):
            obtain(Origin(Archive(server.url + "?id=2")), folder, retries=FAST)
        # With the same checksum it is the same archive.
        same = declared(server.url + "?id=2", DATA)
        assert obtain(Origin(same), folder, retries=FAST) is not None
        assert len(server.requests) == 1


def test_a_folder_of_the_user_is_used_and_not_changed(folder, capsys):
    folder.mkdir(parents=True)
    (folder / "my.wav").write_bytes(b"mine")
    assert obtain(Origin(Archive("https://nowhere.invalid/a.zip")), folder, retries=FAST) is None
    assert tree(folder) == {"my.wav": b"mine"}
    assert "is used without a change" in capsys.readouterr().out


def test_a_link_to_an_empty_folder_is_filled(folder, tmp_path):
    large = tmp_path / "large_disk"
    large.mkdir()
    folder.parent.mkdir()
    folder.symlink_to(large)
    with serve(DATA) as server:
        obtain(Origin(Archive(server.url)), folder, retries=FAST)
    assert folder.is_symlink()
    assert tree(large) == FILES


def test_a_file_in_the_place_of_the_folder_is_an_error(folder):
    folder.parent.mkdir()
    folder.write_text("")
    with pytest.raises(UserError, match="is a file"):
        obtain(Origin(Archive("https://nowhere.invalid/a.zip")), folder, retries=FAST)


def test_an_archive_file_is_used_in_place(folder, tmp_path):
    file = tmp_path / "songs.tar.gz"
    file.write_bytes(tarred(FILES))
    origin = find_origin(str(file), {})
    obtain(origin, folder)
    assert tree(folder) == FILES
    assert file.exists()
    assert (record(folder)["url"], record(folder)["link"]) == ("songs.tar.gz", "")
    file.unlink()
    assert obtain(origin, folder) is not None


def test_an_archive_file_is_checked_if_its_name_is_known(folder, tmp_path):
    file = tmp_path / "songs hq.zip"
    file.write_bytes(DATA)
    with pytest.raises(UserError, match=f"songs hq.zip: has {len(DATA)} bytes, not 5"):
        obtain(find_origin(str(file), KNOWN), folder)
    assert file.read_bytes() == DATA
    assert not folder.exists()


def test_a_bad_archive_leaves_nothing(folder):
    with (
        serve(zipped({"a.wav": b"1", "../evil.wav": b"2"})) as server,
        pytest.raises(UserError, match=r"outside the folder.*from http.*was removed"),
    ):
        obtain(Origin(Archive(server.url)), folder, retries=FAST)
    assert list(folder.parent.iterdir()) == []


def test_a_bomb_leaves_nothing(folder):
    with serve(DATA) as server, pytest.raises(UserError, match="the limit is 1 times"):
        obtain(Origin(Archive(server.url)), folder, retries=FAST, limits=Limits(ratio=1))
    assert list(folder.parent.iterdir()) == []


def test_if_the_disk_is_too_small_the_archive_stays_and_the_next_call_unpacks_it(folder):
    data = zipped({"a.wav": noise(1_000) * 20})
    with serve(data) as server:
        origin = Origin(Archive(server.url))
        with pytest.raises(UserError, match="free some space"):
            obtain(origin, folder, retries=FAST, free=lambda path: 10_000)
        assert not folder.exists()
        obtain(origin, folder, retries=FAST)
        assert len(server.requests) == 1
    assert list(tree(folder)) == ["a.wav"]
    assert [path.name for path in folder.parent.iterdir()] == ["songs"]


def test_a_disk_that_fills_up_while_unpacking_leaves_no_folder(folder, tmp_path):
    file = tmp_path / "songs.zip"
    file.write_bytes(zipped({"a.wav": bytes(1_000), "b.wav": noise(3_000_000)}))
    with file_size_limit(2_000_000), pytest.raises(UserError, match="songs: cannot be written"):
        obtain(find_origin(str(file), {}), folder)
    assert list(folder.parent.iterdir()) == []


def test_an_interrupted_download_leaves_no_folder_and_continues(folder):
    data = zipped({"a.wav": noise(300_000)})
    with serve(data, breaks=[200_000, 0]) as server:
        with pytest.raises(UserError, match="run again to continue"):
            obtain(Origin(Archive(server.url)), folder, retries=FAST)
        assert not folder.exists()
        server.requests.clear()
        obtain(Origin(Archive(server.url)), folder, retries=FAST)
    assert server.requests[0].startswith("bytes=")
    assert list(tree(folder)) == ["a.wav"]


def test_a_damaged_record_is_an_error(folder):
    folder.mkdir(parents=True)
    (folder / RECORD).write_text('{"url": "x"}')
    with pytest.raises(UserError, match="is not the record of a download"):
        obtain(Origin(Archive("https://nowhere.invalid/a.zip")), folder)


def test_download_names_an_archive_a_link_or_a_file():
    assert find_origin("hq", KNOWN) == Origin(KNOWN["hq"])
    link = find_origin("https://mirror.org/songs%20hq.zip?key=1", KNOWN)
    assert link.archive.url == "https://mirror.org/songs%20hq.zip?key=1"
    assert (link.archive.bytes, link.archive.licence, link.file) == (5, "CC BY", None)
    assert find_origin("https://mirror.org/other.zip", KNOWN).archive.bytes is None
    file = find_origin("down/songs hq.zip", KNOWN)
    assert (file.file, file.archive.bytes) == (Path("down/songs hq.zip"), 5)


@pytest.mark.parametrize(
    ("download", "reason"),
    [
        ("lq", r"neither an archive of the source \(hq\)"),
        ("file:///etc/passwd", "write a link with https://"),
        ("ftp://example.org/a.zip", "write a link with https://"),
        ("https:///a.zip", "and a host"),
        ("http://[::1", "download is a link that cannot be read"),
        ("http://example.org:99999/a.zip", "download is a link that cannot be read"),
    ],
)
def test_other_values_of_download_are_errors(download, reason):
    with pytest.raises(UserError, match=reason):
        find_origin(download, KNOWN)


def test_an_archive_file_that_is_missing_is_an_error(folder):
    with pytest.raises(UserError, match=r"missing\.zip: cannot be read"):
        obtain(find_origin("down/missing.zip", KNOWN), folder)


def test_a_source_is_obtained_by_its_config(folder, tmp_path):
    file = tmp_path / "songs.zip"
    file.write_bytes(DATA)
    config = Songs(name="mine", path=str(folder), download=str(file))
    assert obtain_source(config) == {
        "source": "mine",
        "folder": str(folder),
        "archive": record(folder),
    }
    (folder / RECORD).unlink()
    assert obtain_source(config)["archive"] is None


def test_errors_name_the_source(folder):
    config = Songs(path=str(folder), download="ftp://example.org/songs.zip")
    with pytest.raises(UserError, match="source songs: download is ftp:"):
        obtain_source(config)
    for config in (Songs(path=str(folder)), Made()):
        with pytest.raises(UserError, match=f"source {config.kind} has no key `download`"):
            obtain_source(config)


def test_what_a_killed_process_unpacked_is_removed_by_the_next(folder, tmp_path):
    file = tmp_path / "songs.zip"
    file.write_bytes(DATA)
    half = folder.with_name(f".{folder.name}.0123abcd.part")
    (half / "deep").mkdir(parents=True)
    (half / "deep" / "a.wav").touch()
    obtain(find_origin(str(file), {}), folder)
    assert list(folder.parent.iterdir()) == [folder]
    assert tree(folder) == FILES
