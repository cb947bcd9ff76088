"""Downloads: whole and checked or absent, continued where they broke off."""

import hashlib
import os
import socket
import threading
import time

import pytest

from jukedrummer.config import Archive
from jukedrummer.corpus.download import Retries, fetch
from jukedrummer.errors import UserError
from tests.corpus.download.archives import declared, noise
from tests.corpus.download.full_disk import file_size_limit
from tests.corpus.download.server import serve

DATA = noise(400_000)
OTHER = noise(400_000, seed=1)
FAST = Retries(attempts=3, wait=0.001, timeout=0.5)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "songs.archive"


def fails(url, target, retries):
    with pytest.raises(UserError):
        fetch(Archive(url), target, retries)


def names(target):
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_is_fetched_and_the_licence_is_printed_first(target, capsys):
    with serve(DATA) as server:
        archive = declared(server.url, DATA, title="Songs", licence="CC BY 4.0")
        assert fetch(archive, target, FAST) == archive.checksum
    assert target.read_bytes() == DATA
    assert server.requests == [""]
    assert capsys.readouterr().out.splitlines() == ["Songs, licence: CC BY 4.0"]


def test_without_a_checksum_the_sha256_is_returned(target, capsys):
    with serve(DATA) as server:
        found = fetch(Archive(server.url), target, FAST)
    assert found == "sha256:" + hashlib.sha256(DATA).hexdigest()
    assert "songs.zip, licence: not known" in capsys.readouterr().out


def test_md5_is_checked_too(target):
    with serve(DATA) as server:
        checksum = "md5:" + hashlib.md5(DATA).hexdigest().upper()
        fetch(Archive(server.url, checksum=checksum), target, FAST)
        with pytest.raises(UserError, match="declared as 'crc:1'"):
            fetch(Archive(server.url, checksum="crc:1"), target, FAST)


def test_a_broken_connection_continues_where_it_broke_off(target):
    with serve(DATA, breaks=[150_000, 100_000]) as server:
        fetch(declared(server.url, DATA), target, FAST)
    assert target.read_bytes() == DATA
    first, *starts = [int(wanted[6:-1] or 0) for wanted in server.requests]
    # What was in the last block is lost.
    assert first == 0
    assert 50_000 <= starts[0] <= 150_000
    assert starts[0] < starts[1] <= 250_000


def test_a_server_without_ranges_starts_anew(target):
    with serve(DATA, ranges=False, breaks=[150_000]) as server:
        fetch(declared(server.url, DATA), target, FAST)
    assert target.read_bytes() == DATA


def test_after_an_interruption_the_next_call_continues(target):
    with serve(DATA, breaks=[200_000, 0, 0]) as server:
        with pytest.raises(UserError, match=r"3 attempts failed.*broke off.*bytes are kept"):
            fetch(declared(server.url, DATA), target, FAST)
        assert names(target) == ["songs.archive.json", "songs.archive.part"]
        kept = (target.parent / "songs.archive.part").stat().st_size
        server.requests.clear()
        fetch(declared(server.url, DATA), target, FAST)
    assert server.requests == [f"bytes={kept}-"]
    assert kept >= 130_000
    assert target.read_bytes() == DATA


def test_another_link_to_the_same_file_continues(target):
    """Links that were sent by mail expire; the new link leads to the same file."""
    with serve(DATA, breaks=[200_000, 0, 0]) as server:
        with pytest.raises(UserError, match="attempts failed"):
            fetch(Archive(server.url + "?key=1"), target, FAST)
        server.requests.clear()
        fetch(Archive(server.url + "?key=2"), target, FAST)
    assert server.requests[0].startswith("bytes=")
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("if_range", [True, False])
def test_a_file_that_changed_meanwhile_starts_anew(target, if_range):
    with serve(DATA, breaks=[200_000, 0, 0], if_range=if_range) as server:
        with pytest.raises(UserError, match="attempts failed"):
            fetch(Archive(server.url), target, FAST)
        server.data, server.etag = OTHER, '"two"'
        fetch(Archive(server.url), target, FAST)
    assert target.read_bytes() == OTHER


@pytest.mark.parametrize("tags", [{"etag": ""}, {"etag": 'W/"weak"', "modified": "Mon"}])
def test_without_a_strong_tag_no_mixture_of_two_files_is_kept(target, tags):
    with serve(DATA, breaks=[200_000, 0, 0], **tags) as server:
        with pytest.raises(UserError, match="attempts failed"):
            fetch(Archive(server.url), target, FAST)
        server.data = OTHER
        server.modified = tags.get("modified", "") and "Tue"
        fetch(Archive(server.url), target, FAST)
    assert target.read_bytes() == OTHER


def test_without_tags_a_checksum_lets_it_continue(target):
    with serve(DATA, breaks=[200_000], etag="") as server:
        fetch(declared(server.url, DATA), target, FAST)
    assert server.requests[1].startswith("bytes=")
    assert target.read_bytes() == DATA


def test_a_length_that_is_too_long_is_an_error(target):
    with (
        serve(DATA, extra_length=1_000) as server,
        pytest.raises(UserError, match=r"3 attempts failed, the last with: (the|Chunked)"),
    ):
        fetch(Archive(server.url), target, FAST)
    assert not target.exists()
    assert len(server.requests) <= 8


def test_a_length_other_than_the_declared_one_is_an_error_at_once(target):
    with serve(DATA) as server:
        archive = declared(server.url, DATA, bytes=4_000_000)
        with pytest.raises(UserError, match=r"songs.zip: has 400,000 bytes, not 4,000,000"):
            fetch(archive, target, FAST)
    assert len(server.requests) == 1
    assert names(target) == []


def test_a_body_that_is_shorter_than_declared_is_removed(target):
    with serve(DATA, says_length=False) as server:
        archive = declared(server.url, DATA, bytes=500_000)
        with pytest.raises(UserError, match=r"400,000 bytes, not 500,000.*was removed"):
            fetch(archive, target, FAST)
    assert names(target) == []


def test_a_corrupt_byte_is_found_and_the_file_is_removed(target):
    corrupt = bytearray(DATA)
    corrupt[1_000] ^= 1
    with serve(bytes(corrupt)) as server:
        archive = declared(server.url, DATA)
        with pytest.raises(
            UserError, match=f"not {archive.checksum}: the file was damaged.*removed"
        ):
            fetch(archive, target, FAST)
        assert names(target) == []
        server.data = DATA
        fetch(archive, target, FAST)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "needs a login"), (403, "ask for a new one"), (404, "mistyped or has expired")],
)
def test_a_rejected_link_is_an_error_at_once(target, status, advice):
    with (
        serve(DATA, statuses=[status]) as server,
        pytest.raises(UserError, match=rf"songs.zip: .* {status} .*{advice}") as caught,
    ):
        fetch(Archive(server.url + "?secret=1"), target, FAST)
    assert "secret" not in str(caught.value)
    assert len(server.requests) == 1
    assert names(target) == []


def test_a_busy_server_is_asked_again(target, capsys):
    with serve(DATA, statuses=[503, 429]) as server:
        fetch(Archive(server.url), target, FAST)
    assert target.read_bytes() == DATA
    assert "status 503" in capsys.readouterr().out


def test_a_server_that_asks_to_wait_is_given_the_time(target):
    with serve(DATA, statuses=[503], headers={"Retry-After": "1"}) as server:
        start = time.monotonic()
        fetch(Archive(server.url), target, FAST)
    assert time.monotonic() - start >= 1


def test_a_server_that_stalls_runs_into_the_timeout(target):
    with (
        serve(DATA, stalls=True) as server,
        pytest.raises(UserError, match=r"2 attempts failed.*does not answer in time"),
    ):
        fetch(Archive(server.url), target, Retries(attempts=2, wait=0.001, timeout=0.1))
    assert not target.exists()


def test_a_web_page_is_not_an_archive(target):
    with (
        serve(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}) as server,
        pytest.raises(UserError, match="is a web page"),
    ):
        fetch(Archive(server.url), target, FAST)
    assert names(target) == []


def test_nobody_answers(target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(UserError, match=r"3 attempts failed.*refused.*no byte was received"):
        fetch(Archive(f"http://127.0.0.1:{port}/songs.zip?secret"), target, FAST)
    assert names(target) == []


def test_a_server_without_tls(target):
    with serve(DATA) as server, pytest.raises(UserError, match="no secure connection"):
        fetch(Archive(server.url.replace("http:", "https:")), target, FAST)


def test_a_full_disk_is_found_before_the_download(target):
    with serve(DATA) as server:
        archive = declared(server.url, DATA, unpacked_bytes=2_000_000_000, title="Songs")
        with pytest.raises(UserError, match=r"has 1\.0 GB free, but Songs .* needs 2\.0 GB"):
            fetch(archive, target, FAST, free=lambda path: 10**9)
        assert not target.exists()
        fetch(archive, target, FAST, free=lambda path: 3 * 10**9)


def test_a_disk_that_fills_up_keeps_the_part_and_the_next_call_continues(target):
    with serve(DATA) as server:
        with file_size_limit(150_000), pytest.raises(UserError, match="continue the download"):
            fetch(Archive(server.url), target, FAST)
        assert (target.parent / "songs.archive.part").stat().st_size == 150_000
        fetch(Archive(server.url), target, FAST)
    assert server.requests == ["", "bytes=150000-"]
    assert target.read_bytes() == DATA


def test_bytes_stay_as_they_are_where_the_server_calls_them_compressed(target):
    with serve(DATA, headers={"Content-Encoding": "gzip"}) as server:
        fetch(declared(server.url, DATA), target, FAST)
    assert target.read_bytes() == DATA


def test_a_fetched_file_is_not_fetched_again_but_one_of_another_link_is(target):
    with serve(DATA) as server:
        for _ in range(2):
            fetch(Archive(server.url), target, FAST)
        assert len(server.requests) == 1
        server.data, server.etag = OTHER, '"two"'
        fetch(Archive(server.url + "?other"), target, FAST)
    assert target.read_bytes() == OTHER


def test_a_complete_part_is_not_fetched_again(target):
    """A run that was killed between the last byte and the check."""
    with serve(DATA) as server:
        fetch(Archive(server.url), target, FAST)
        os.rename(target, target.with_name("songs.archive.part"))
        fetch(Archive(server.url), target, FAST)
        assert len(server.requests) == 1
    assert target.read_bytes() == DATA


def test_two_downloads_of_one_file_do_not_mix(target):
    with serve(DATA, stalls=True) as server:
        slow = Retries(attempts=1, wait=0.001, timeout=3)
        first = threading.Thread(target=fails, args=(server.url, target, slow))
        first.start()
        while not server.requests:
            time.sleep(0.01)
        with pytest.raises(UserError, match="another process is downloading it"):
            fetch(Archive(server.url), target, FAST)
        server.released.set()
        first.join()


@pytest.mark.parametrize("name", ["songs.archive", "songs.archive.part"])
def test_a_file_of_the_user_is_not_taken_for_the_download(target, name):
    place = target.with_name(name)
    place.write_bytes(b"mine")
    with serve(DATA) as server:
        message = rf"{name}: is in the place of the download.*set `download` to it"
        with pytest.raises(UserError, match=message):
            fetch(Archive(server.url), target, FAST)
        assert server.requests == []
    assert place.read_bytes() == b"mine"
    assert names(target) == [name]


@pytest.mark.parametrize(
    ("leads_to", "reason"),
    [
        ("", "leads from link to link without an end"),
        ("http://[::1", "is not a valid link, or leads to one that is not"),
        (f"http://{'a' * 300}.org/songs.zip", "is not a valid link, or leads to one that is not"),
    ],
)
def test_a_link_that_leads_nowhere_is_an_error_at_once(target, leads_to, reason):
    with serve(DATA, statuses=[302] * 40) as server:
        server.headers["Location"] = leads_to or server.url
        with pytest.raises(UserError, match=rf"songs\.zip: .*{reason}") as caught:
            fetch(Archive(server.url + "?secret=1"), target, FAST)
        assert len(server.requests) <= 31
    assert "secret" not in str(caught.value)
    assert names(target) == []
