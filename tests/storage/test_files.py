import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.audio.io import write_audio
from jukedrummer.errors import UserError
from jukedrummer.storage.files import (
    atomic_folder,
    atomic_path,
    read_json,
    sha256,
    write_json,
    write_text,
)


@pytest.fixture
def full_disk():
    """Limit files to 100 kB. As on a full disk, a write fails in the middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with atomic_path(path) as temporary:
        assert temporary.suffix == path.suffix
        temporary.write_text("x")
        assert not path.exists()
    assert path.read_text() == "x"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, UserError])
def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, UserError])
def test_after_an_error_the_empty_folder_is_there_and_nothing_else(tmp_path, error):
    folder = tmp_path / "folder"
    folder.mkdir()

    def fail():
        with atomic_folder(folder) as temporary:
            (temporary / "half").touch()
            raise error

    with pytest.raises(error):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert not list(folder.iterdir())


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_appears_whole_and_over_an_empty_one(tmp_path, there):
    folder = tmp_path / "a" / "folder"
    if there:
        folder.mkdir(parents=True)
    with atomic_folder(folder) as temporary:
        (temporary / "new").touch()
        assert not folder.exists() or not list(folder.iterdir())
    assert list((tmp_path / "a").iterdir()) == [folder]
    assert list(folder.iterdir()) == [folder / "new"]


def test_no_folder_or_file_is_written_over(tmp_path, monkeypatch):
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.tex").touch()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(full)
    monkeypatch.chdir(full)
    for place in (full, Path("."), Path(".."), Path("/"), tmp_path / "link"):
        with (
            pytest.raises(UserError, match=r"exists and is not empty|is a file or a link"),
            atomic_folder(place),
        ):
            pass
    with (
        pytest.raises(UserError, match=r"file: is a file or a link"),
        atomic_folder(tmp_path / "file"),
    ):
        pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "file",
        "full",
        "link",
        "thesis.tex",
    ]
    assert (tmp_path / "file").read_text() == "mine"


def test_an_unwritable_place_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/a\.txt: cannot be written"):
        write_text(tmp_path / "file" / "a.txt", "x")
    with pytest.raises(UserError, match=r"file/a\.wav: cannot be written"):
        write_audio(tmp_path / "file" / "a.wav", np.zeros(10))
    with (
        pytest.raises(UserError, match="file/folder: cannot be written"),
        atomic_folder(tmp_path / "file" / "folder"),
    ):
        pass


def test_an_error_of_another_file_is_not_taken_for_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a.txt"):
        Path("/no/such/input").read_text()
    with pytest.raises(FileNotFoundError), atomic_folder(tmp_path / "folder"):
        Path("/no/such/input").read_text()


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(UserError, match=r"a\.txt: cannot be written \(File too large\)"):
        write_text(tmp_path / "a.txt", "x" * 200_000)
    noise = np.random.default_rng(0).uniform(-1, 1, 100_000)
    for name in ("a.wav", "a.flac"):
        with pytest.raises(UserError, match=f"{name}: cannot be written .* is the disk full"):
            write_audio(tmp_path / name, noise)
    with (
        pytest.raises(UserError, match="folder: cannot be written"),
        atomic_folder(tmp_path / "folder") as new,
    ):
        (new / "a").write_bytes(bytes(200_000))
    assert not list(tmp_path.iterdir())


def test_ctrl_c_leaves_no_temporary_file(tmp_path):
    code = (
        "import sys, time; from jukedrummer.storage.files import atomic_folder, atomic_path\n"
        "root = sys.argv[1]\n"
        "with atomic_folder(root + '/folder') as folder, atomic_path(root + '/a.txt') as file:\n"
        "    (folder / 'x').touch(); file.touch(); print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout.readline() == b"ready\n"
    assert len(list(tmp_path.iterdir())) == 2
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
    process.stdout.close()
    assert process.returncode != 0
    assert not list(tmp_path.iterdir())


def test_json_round_trip_and_errors(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": [1, 2.5, None]})
    assert read_json(path) == {"a": [1, 2.5, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert read_json(path) == {"a": [1, 2.5, None]}
    path.write_text('{"a": [1')
    with pytest.raises(UserError, match="is not valid JSON"):
        read_json(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not valid JSON"):
        read_json(path)
    with pytest.raises(UserError, match="No such file"):
        read_json(tmp_path / "missing.json")


def test_sha256_is_of_all_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"hello ")
    (tmp_path / "b").write_bytes(b"world")
    (tmp_path / "c").write_bytes(b"hello world")
    assert sha256(tmp_path / "a", tmp_path / "b") == sha256(tmp_path / "c")
    assert sha256(tmp_path / "c").startswith("b94d27b9934d3e08")
