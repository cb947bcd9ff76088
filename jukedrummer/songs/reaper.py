"""`song.rpp`: a project for the program REAPER, with tracks and a tempo map that follows the beats.

The format is text: blocks of lines between `<NAME` and `>`. Files are named relative to the
project, so a folder of results can be moved if the song's file keeps its place beside it.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jukedrummer.beats.bar_grid import BarGrid

RPP_VERSION = '0.1 "6.0"'  # of the format, and the first version of REAPER with all that is used
# Kinds of sources, by the suffix of a file; REAPER reads all others as VIDEO.
SOURCE_KINDS = {
    ".wav": "WAVE",
    ".aif": "WAVE",
    ".aiff": "WAVE",
    ".flac": "FLAC",
    ".mp3": "MP3",
    ".ogg": "VORBIS",
    ".opus": "OPUS",
    ".mid": "MIDI",
}
SQUARE = 1  # a tempo is constant until the next one
TEMPO_AND_SIGNATURE = 1


@dataclass(frozen=True)
class ProjectTrack:
    """A track of the project.

    Attributes:
        name: its name.
        file: the file that it plays from 0 s on.
        gain: its fader.
    """

    name: str
    file: Path
    gain: float = 1.0


def project_text(
    folder: Path, tracks: Iterable[ProjectTrack], grid: BarGrid, seconds: float, rate: int
) -> str:
    """The text of a project.

    Args:
        folder: the project's folder, from which the files are named.
        tracks: its tracks.
        grid: the song's bars.
        seconds: length of the song.
        rate: samples a second.
    """
    lines = [f"<REAPER_PROJECT {RPP_VERSION} 0", "  RIPPLE 0", f"  SAMPLERATE {rate} 1 0"]
    lines += _tempo_map(grid)
    for track in tracks:
        lines += _track(track, folder, seconds)
    return "\n".join([*lines, ">", ""])


def _tempo_map(grid: BarGrid) -> Iterator[str]:
    starts = {int(line): bar for bar, line in enumerate(grid.starts[:-1], start=1)}
    before = None
    for line, time in enumerate(grid.times[:-1]):
        quarters = grid.quarters[line + 1] - grid.quarters[line]
        bpm = 60 * quarters / (grid.times[line + 1] - time)
        text = f"    PT {time:.12f} {bpm:.10f} {SQUARE}"
        signature = grid.signature(starts[line]) if line in starts else before
        if signature != before:
            assert signature is not None
            notes, value = before = signature
            text += f" {value << 16 | notes} 0 {TEMPO_AND_SIGNATURE}"
        if line == 0:
            yield f"  TEMPO {bpm:.10f} {notes} {value}"
            yield "  <TEMPOENVEX"
            yield from ("    ACT 1 -1", "    VIS 1 0 1", f"    DEFSHAPE {SQUARE} -1 -1")
        yield text
    yield "  >"


def _track(track: ProjectTrack, folder: Path, seconds: float) -> Iterator[str]:
    kind = SOURCE_KINDS.get(track.file.suffix.lower(), "VIDEO")
    yield "  <TRACK"
    yield f"    NAME {_quoted(track.name)}"
    yield f"    VOLPAN {track.gain:.8f} 0 -1 -1 1"
    # 0: edits of the tempo do not move recordings; 1: they move notes.
    yield f"    BEAT {int(kind == 'MIDI')}"
    yield "    <ITEM"
    yield "      POSITION 0"
    yield f"      LENGTH {seconds:.12f}"
    yield "      LOOP 0"
    yield f"      NAME {_quoted(track.file.name)}"
    yield f"      <SOURCE {kind}"
    yield f"        FILE {_quoted(_relative(track.file, folder))}"
    yield from ("      >", "    >", "  >")


def _relative(file: Path, folder: Path) -> str:
    """A file's path from a folder; absolute if it is on another drive."""
    try:
        return Path(os.path.relpath(file.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return file.absolute().as_posix()


def _quoted(text: str) -> str:
    """A text in the quotes that it does not have; one with all kinds of quotes loses a kind."""
    text = " ".join(os.fsencode(text).decode("utf-8", "replace").splitlines())
    mark = next((mark for mark in "\"'`" if mark not in text), "`")
    return f"{mark}{text.replace('`', chr(39)) if mark == '`' else text}{mark}"
