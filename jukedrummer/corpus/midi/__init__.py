"""Multi-track MIDI files to songs.

read      a file to notes, strokes and tempi    render  notes to stems
timeline  ticks to seconds, beats               write   a song's folder
phase     which beat is the first of the bar    groups  programs to stems
check     whether a song can be used, its beats beats   of recordings of a MIDI file
save      notes, strokes and tempi to a file     drum_channels  drums on other channels than 10
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jukedrummer.corpus.making import run_jobs
from jukedrummer.corpus.midi.check import check_song
from jukedrummer.corpus.midi.read import UnusableSongError, read_score
from jukedrummer.corpus.midi.render import Orchestra, render_song
from jukedrummer.corpus.midi.write import write_midi_song
from jukedrummer.corpus.rejected import plain_text
from jukedrummer.corpus.render import default_soundfont
from jukedrummer.corpus.song import Unusable
from jukedrummer.storage.files import atomic_folder, sha256

MIDI_VERSION = 2
"""Increase it when a change of the code changes the bytes of a rendering, or a file's beats."""


@dataclass(frozen=True)
class Rendering:
    """One rendering of a song: its folder, the soundfont, semitones of the pitched instruments."""

    target: Path
    soundfont: Path
    transposition: int


@dataclass(frozen=True)
class MidiJob:
    """One file to render.

    Attributes:
        path: the file.
        name: name of the file in tables.
        renderings: the renderings to make; those of an earlier run are left out.
        seconds: longest stretch.
        about: content of song.json about the file.
        exact: whether the beats and bar lines of the file are known to be right.
    """

    path: Path
    name: str
    renderings: tuple[Rendering, ...]
    seconds: float
    about: dict[str, Any]
    exact: bool = False


def soundfont_digests(names: Sequence[str]) -> dict[Path, str]:
    """The soundfonts of a config, each with the SHA-256 of its bytes.

    Args:
        names: paths of files; none: the default soundfont.

    Raises:
        UserError: a file cannot be read as a soundfont, or has no drum kit.
    """
    fonts = [Path(name) for name in names] or [default_soundfont()]
    return {font: sha256(font) for font in fonts if Orchestra(font)}


def make_midi_songs(jobs: list[MidiJob], workers: int) -> list[Unusable | None]:
    """Render songs.

    Args:
        jobs: the songs.
        workers: processes; at least 1.

    Returns:
        For each job None, or why the song cannot be used.

    Raises:
        UserError: a soundfont cannot be read, or a folder cannot be written.
    """
    return run_jobs(_make, jobs, workers)


@lru_cache(maxsize=4)
def _orchestra(soundfont: Path) -> Orchestra:
    return Orchestra(soundfont)


def _make(job: MidiJob) -> Unusable | None:
    if not job.renderings:
        return None
    try:
        song = check_song(read_score(job.path), job.seconds, job.exact)
        for rendering in job.renderings:
            stems = render_song(_orchestra(rendering.soundfont), song, rendering.transposition)
            about = job.about | {
                "soundfont": rendering.soundfont.name,
                "transposition": rendering.transposition,
            }
            with atomic_folder(rendering.target) as folder:
                write_midi_song(folder, song, stems, about)
    except UnusableSongError as error:
        reason = plain_text(f"{job.path}: {error}")
        rule, value, limit = error.rule, error.value, error.limit
        return Unusable(job.name, rule, reason, value, limit, error.on_purpose)
    return None
