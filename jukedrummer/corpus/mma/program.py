"""Runs the program MMA (Musical MIDI Accompaniment)."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from jukedrummer.corpus.midi.read import MidiScore, UnusableSongError, read_score
from jukedrummer.corpus.mma.script import STYLE_COPY
from jukedrummer.errors import UserError

RUN_SECONDS = 60
"""The program is ended after this time. Most songs take 0.2 s."""
MOST_OUTPUT = 100_000
"""Bytes of messages after which the program is ended."""
BARS_LIMIT = 2_000
MESSAGE_LINES = 3
"""Lines of the program's last messages that are shown."""


def program_version(program: str) -> str:
    """The version that the program states.

    Raises:
        UserError: the program fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _answer(program, Path(folder), ["-v"])


def default_library(program: str) -> Path:
    """The folder where the program finds its style files.

    Raises:
        UserError: the program fails, or the folder does not exist.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "where.mma").write_text("Print $_LibPath\n", encoding="ascii")
        path = Path(_answer(program, Path(folder), ["-i", os.devnull, "-n", "where.mma"]))
    if not path.is_dir():
        raise UserError(
            f"{program} has its style files in {path}, which is not a folder; set the key library "
            "of the source"
        )
    return path


def play_song(program: str, text: str, style: Path, patience: float = RUN_SECONDS) -> MidiScore:
    """Run the program for one song.

    The program runs in a temporary folder, which is its home too. So the user's settings of MMA do
    not change the song.

    Args:
        program: path of the program.
        text: the song, as `song_text` returns it.
        style: its style file.
        patience: seconds after which the program is ended.

    Raises:
        UnusableSongError: the program fails, ends without a MIDI file, or does not end in time.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(style, folder / f"{STYLE_COPY}.mma")
        (folder / "song.mma").write_text(text, encoding="ascii")
        options = ["-w", "-xNOCREDIT", "-m", str(BARS_LIMIT), "-i", os.devnull]
        command = [program, *options, "song.mma", "-f", "song.mid"]
        status, output = _run(command, folder, patience)
        if status == -signal.SIGKILL:
            raise UnusableSongError(
                "mma",
                f"mma was ended, since it ran for {patience:g} s or printed {MOST_OUTPUT} bytes",
            )
        if status or not (folder / "song.mid").is_file():
            raise UnusableSongError("mma", f"mma failed: {_last_lines(output)}")
        try:
            return read_score(folder / "song.mid")
        except UnusableSongError as error:
            raise UnusableSongError("mma", f"mma wrote a file that {error}") from error


def _answer(program: str, folder: Path, options: list[str]) -> str:
    """The line that the program prints, without its warnings."""
    status, output = _run([program, *options], folder)
    lines = [line for line in output.splitlines() if line and not line.startswith("Warning")]
    if status or not lines:
        raise UserError(f"{program} {' '.join(options)} failed: {_last_lines(output)}")
    return lines[0].strip()


def _run(command: list[str], folder: Path, patience: float = RUN_SECONDS) -> tuple[int, str]:
    """Run a command in a folder: its status (-SIGKILL if it was ended) and its messages."""
    # A fixed hash seed, since the program iterates over sets.
    settings = {"HOME": str(folder), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
    with subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.environ.get("PATH", os.defpath), **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None  # it is a pipe
        timer = threading.Timer(patience, _end, [process])
        timer.start()
        try:
            output = process.stdout.read(MOST_OUTPUT)
            if len(output) == MOST_OUTPUT:
                _end(process)
            status = process.wait()
        finally:
            timer.cancel()
            _end(process)
    return status, output.decode(errors="replace")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a program and all that it started, if they still run."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _last_lines(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " ".join(lines[-MESSAGE_LINES:]) or "it printed nothing"
