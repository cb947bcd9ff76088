"""Runs of the program: failures, programs that do not end, the environment, MMA itself."""

import shutil
import time
from pathlib import Path

import pytest

from jukedrummer.corpus.midi.check import check_song
from jukedrummer.corpus.midi.read import UnusableSongError, read_score
from jukedrummer.corpus.mma import MmaJob, compose_songs
from jukedrummer.corpus.mma.program import default_library, play_song, program_version
from jukedrummer.corpus.mma.styles import read_library, style_of
from jukedrummer.errors import UserError
from tests.corpus.midi_files import song_file
from tests.corpus.mma.mma_files import program, write_style

needs_mma = pytest.mark.skipif(shutil.which("mma") is None, reason="the program mma is missing")


def played(tmp_path: Path, body: str, patience: float = 20.0) -> str:
    """Why a program in place of MMA does not play a song."""
    with pytest.raises(UnusableSongError) as raised:
        play_song(program(tmp_path, body), "1 C\n", write_style(tmp_path), patience)
    assert raised.value.rule == "mma"
    return str(raised.value)


def test_a_failure_has_the_last_lines_of_the_program(tmp_path: Path) -> None:
    reason = played(tmp_path, "echo 'Error: <Line 3>'; echo '  no such groove' >&2; exit 1")
    assert reason == "mma failed: Error: <Line 3> no such groove"
    assert played(tmp_path, "exit 3") == "mma failed: it printed nothing"


def test_a_program_without_a_file(tmp_path: Path) -> None:
    assert played(tmp_path, "echo done") == "mma failed: done"


def test_a_file_that_is_damaged(tmp_path: Path) -> None:
    assert "mma wrote a file that is not a MIDI file" in played(tmp_path, "echo x > song.mid")


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    start = time.monotonic()
    assert "was ended, since it ran for 0.3 s" in played(tmp_path, "sleep 30 | sleep 30", 0.3)
    assert time.monotonic() - start < 10


def test_a_program_with_endless_messages_is_ended(tmp_path: Path) -> None:
    start = time.monotonic()
    assert "printed 100000 bytes" in played(tmp_path, "while true; do echo abcdefgh; done")
    assert time.monotonic() - start < 10


def test_the_program_runs_in_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMA_LIBPATH", "/elsewhere")
    song = song_file(tmp_path / "song.mid")
    body = (
        'test "$HOME" = "$(pwd)" && test -z "$MMA_LIBPATH" || exit 1\n'
        "test -f jukedrummer_style_file.mma || exit 1\n"
        f"cp '{song}' song.mid"
    )
    score = play_song(program(tmp_path / "bin", body), "1 C\n", write_style(tmp_path))
    assert score == read_score(song)


def test_what_a_program_cannot_answer(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="-v failed: broken"):
        program_version(program(tmp_path, "echo broken; exit 1"))
    with pytest.raises(UserError, match="/nowhere, which is not a folder; set the key library"):
        default_library(program(tmp_path, "echo 'Warning: x'; echo /nowhere"))


@needs_mma
def test_songs_of_the_program(tmp_path: Path) -> None:
    mma = shutil.which("mma") or ""
    assert program_version(mma)[0].isdigit()
    styles = read_library(default_library(mma))
    assert len(styles) > 100
    jobs = []
    for folder in ("a", "b"):
        for index in (3, 0) if folder == "a" else (0, 3, 7):
            target = tmp_path / folder / f"{index}.mid"
            target.parent.mkdir(exist_ok=True)
            jobs.append(MmaJob(target, mma, *style_of(styles, 1, index), 1, index, 12.0))
    assert compose_songs(jobs, 1) == [None] * 5
    for name in ("0.mid", "3.mid"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    for path in (tmp_path / "b").iterdir():
        song = check_song(read_score(path), 3_600.0, exact=True)
        assert 10 < song.seconds < 30
        assert song.on_grid > 0.4


@needs_mma
def test_each_meter_of_the_library(tmp_path: Path) -> None:
    mma = shutil.which("mma") or ""
    by_meter = {style.meter: style for style in read_library(default_library(mma))}
    jobs = [
        MmaJob(tmp_path / f"{index}.mid", mma, style, 0, 1, index, 12.0)
        for index, style in enumerate(by_meter.values())
    ]
    assert compose_songs(jobs, 1) == [None] * len(jobs)
    for job in jobs:
        song = check_song(read_score(job.target), 3_600.0, exact=True)
        numerator, denominator = song.stretches[-1].signature
        assert denominator in (4, 8)
        if job.style.meter.lengths != (4,):
            assert (numerator, denominator) == (
                job.style.meter.numerator,
                job.style.meter.denominator,
            )
        assert song.phase == "kept"
