import os
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
    check_outputs,
    output_files,
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


HOLD = """
import sys, time; from jukedrummer.storage.files import atomic_folder
with atomic_folder(sys.argv[1]) as folder:
    (folder / "x").touch(); print("ready", flush=True); time.sleep(60)
"""


def test_the_folder_of_a_killed_process_is_removed_by_the_next_and_no_other(tmp_path):
    others = (
        ".set.1234abcd.part.old",
        ".set.v1.12345678.part",
        ".set.1234abcd",
        "set.1234abcd.part",
    )
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / ".set.aaaaaaaa.part").symlink_to("mine")
    (tmp_path / "mine" / "a").touch()
    command = [sys.executable, "-c", HOLD, tmp_path / "set"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    running = set(tmp_path.iterdir())
    with atomic_folder(tmp_path / "set"):  # the other process still writes
        assert running <= set(tmp_path.iterdir())
    (tmp_path / "set").rmdir()
    process.kill()
    process.wait(timeout=20)
    process.stdout.close()
    with atomic_folder(tmp_path / "set") as folder:
        (folder / "y").touch()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*others, "mine", "set", ".set.aaaaaaaa.part"}
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["a"]


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


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


NAMES = ("a.txt", "deep/b.txt", "facts.txt")


def write_with(folder, write, **options):
    with output_files(folder, NAMES, **options) as made:
        write(made)


def write_all(folder, text, *names, **options):
    def write(made):
        (made / "deep").mkdir()
        for name in names:
            (made / name).write_text(text)

    write_with(folder, write, **options)


def test_files_appear_together_beside_others(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "other").write_text("other")
    with output_files(tmp_path / "out", NAMES) as made:
        (made / "a.txt").write_text("a")
        assert contents(tmp_path / "out").keys() == {"other", f"{made.name}/a.txt"}
    assert contents(tmp_path / "out") == {"other": "other", "a.txt": "a"}
    assert sorted(os.listdir(tmp_path / "out")) == ["a.txt", "other"]


def test_a_failure_leaves_the_files_of_before(tmp_path):
    write_all(tmp_path, "old", *NAMES)

    def fail(made):
        (made / "facts.txt").write_text("new")
        raise UserError(f"{made}/a.txt: is full")

    with pytest.raises(UserError, match=rf"^{tmp_path}/a.txt: is full$"):
        write_with(tmp_path, fail, force=True)
    assert contents(tmp_path) == dict.fromkeys(NAMES, "old")


def test_with_force_no_old_file_is_left_beside_new_ones(tmp_path):
    write_all(tmp_path, "old", *NAMES)
    write_all(tmp_path, "new", "a.txt", force=True)
    assert contents(tmp_path) == {"a.txt": "new"}


def test_without_force_nothing_is_replaced_even_if_it_appears_late(tmp_path):
    write_all(tmp_path, "old", "deep/b.txt")
    with pytest.raises(UserError, match=r"has deep/b\.txt already; choose another --output, or"):
        write_all(tmp_path, "new", *NAMES)
    (tmp_path / "deep" / "b.txt").unlink()

    def write_late(made):
        (made / "facts.txt").write_text("new")
        (tmp_path / "a.txt").write_text("of another run")

    with pytest.raises(UserError, match=r"has a\.txt already"):
        write_with(tmp_path, write_late)
    assert contents(tmp_path) == {"a.txt": "of another run"}


@pytest.mark.parametrize("link", [os.link, os.symlink, None])
def test_an_input_is_never_replaced_whatever_its_name(tmp_path, link):
    source = tmp_path / "out" / "a.txt"
    source.parent.mkdir()
    source.write_text("mine")
    if link:
        link(source, tmp_path / "song")
        source = tmp_path / "song"
    for force in (False, True):
        with pytest.raises(UserError, match=rf"a\.txt: is the input {source}, which would be"):
            write_all(tmp_path / "out", "new", *NAMES, inputs=[source], force=force)
    assert contents(tmp_path / "out") == {"a.txt": "mine"}


def test_a_folder_in_the_place_of_a_file(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(UserError, match=r"a\.txt: is a folder, in the place of a file"):
        check_outputs(tmp_path, NAMES, force=True)
    (tmp_path / "a.txt").rmdir()
    (tmp_path / "deep").write_text("in the way")
    with pytest.raises(UserError, match=r"deep: is a file, in the place of a folder"):
        write_all(tmp_path, "new", *NAMES)
    assert contents(tmp_path) == {"deep": "in the way"}
