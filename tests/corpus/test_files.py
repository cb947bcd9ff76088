"""Files of a data set: what is hidden, links in circles, names, copies."""

import os
from pathlib import Path

import pytest

from jukedrummer.corpus.files import (
    artist_of,
    check_name,
    is_audio,
    is_stem_file,
    require_ffmpeg,
    song_name,
    subfolders,
    unusable,
    walk_files,
    without_copies,
)
from jukedrummer.corpus.song import Unfit, Unusable
from jukedrummer.errors import UserError

not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root can read every folder")


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def walk(root: Path, *suffixes: str) -> list[str]:
    files = walk_files(root, suffixes) if suffixes else walk_files(root)
    return [str(path.relative_to(root)) for path in files]


def test_audio_files_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.wav", "a.FLAC", "B/a.mp3", "a/z/x.ogg", "a/notes.txt", "a.mid")
    assert walk(tmp_path) == ["a.FLAC", "b.wav", "B/a.mp3", "a/z/x.ogg"]
    assert walk(tmp_path, ".mid", ".txt") == ["a.mid", "a/notes.txt"]


@pytest.mark.parametrize(
    "name", [".x.wav", "._x.wav", "@eaDir/x.wav", "__MACOSX/x.wav", ".git/x.wav", "#recycle/x.wav"]
)
def test_hidden_files(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name, "x.wav")
    assert walk(tmp_path) == ["x.wav"]
    assert subfolders(tmp_path) == []


def test_links_are_followed_once(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/a.wav")
    root = touch(tmp_path / "root", "b.wav")
    (root / "first").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (root / "second").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (root / "up").symlink_to(root, target_is_directory=True)
    (root / "self").symlink_to("self")
    (root / "dead.wav").symlink_to("gone.wav")
    assert walk(root) == ["b.wav", "first/a.wav"]


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="gone: cannot be read") as caught:
        list(walk_files(tmp_path / "gone"))
    row = unusable("song", caught.value)
    assert row == Unusable("song", "unreadable", str(caught.value))
    assert subfolders(tmp_path / "gone") == []


@not_root
def test_other_folders_are_read(tmp_path: Path) -> None:
    touch(tmp_path, "a/a.wav", "b/b.wav")
    (tmp_path / "a").chmod(0)
    errors: list[Unfit] = []
    try:
        assert [path.name for path in walk_files(tmp_path, on_error=errors.append)] == ["b.wav"]
    finally:
        (tmp_path / "a").chmod(0o755)
    assert [error.rule for error in errors] == ["unreadable"]


@pytest.mark.parametrize(
    ("name", "song", "artist"),
    [
        ("Band - Song.wav", "Band - Song", "Band"),
        ("M.E.R.C. Music - Knockout.stem.mp4", "M.E.R.C. Music - Knockout", "M.E.R.C. Music"),
        ("051 - AM Contra - Heart Peripheral", "051 - AM Contra - Heart Peripheral", "AM Contra"),
        ("01 - Song.mp3", "01 - Song", ""),
        ("A - B - C.ogg", "A - B - C", "A"),
        ("Song.With.Dots", "Song.With.Dots", ""),
        ("Twenty-One.flac", "Twenty-One", ""),
    ],
)
def test_names(name: str, song: str, artist: str) -> None:
    assert song_name(Path("x", name)) == song
    assert artist_of(song) == artist


def test_kinds_of_files() -> None:
    assert is_audio(Path("a.WAV"))
    assert not is_audio(Path("a.txt"))
    assert not is_audio(Path("._a.wav"))
    assert is_stem_file(Path("a.Stem.MP4"))
    assert not is_stem_file(Path("a.mp4"))


def test_names_for_tables(tmp_path: Path) -> None:
    check_name(tmp_path / "Söng 'n' \"x\"")
    for name in (b"a\tb", b"a\nb", b"b\xe4ss"):
        with pytest.raises(Unfit, match="rename it") as caught:
            check_name(tmp_path / os.fsdecode(name))
        assert caught.value.rule == "file name"
        str(caught.value).encode()  # a message can be printed


def test_copies() -> None:
    paths = [Path(name) for name in ("a.mp3", "a.wav", "b.ogg", "c/a.mp3", "a.b.wav", "a.b.flac")]
    kept = [str(path) for path in without_copies(paths)]
    assert kept == ["a.wav", "b.ogg", "c/a.mp3", "a.b.wav"]


def test_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="key: these files need ffmpeg, which is not installed"):
        require_ffmpeg("key", "these files")
    for program in ("ffmpeg", "ffprobe"):
        (tmp_path / program).write_text("")
        (tmp_path / program).chmod(0o755)
    require_ffmpeg("key", "these files")
