"""Beats of a data set's recording that was rendered from a MIDI file."""

import math
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from jukedrummer.corpus.midi import MIDI_VERSION
from jukedrummer.corpus.midi.check import CheckedSong, check_song
from jukedrummer.corpus.midi.read import UnusableSongError, read_score
from jukedrummer.storage.files import sha256, write_text

BarLines = Literal["clear", "moved", "unclear"]
# `CheckedSong.phase` to the column `bar_lines` of the manifest.
BAR_LINES: dict[str, BarLines] = {"kept": "clear", "moved": "moved", "unclear": "unclear"}


class RecordedBeats(NamedTuple):
    """A file of beats, and whether the notes show that its bar lines are right or moved them."""

    path: Path
    bar_lines: BarLines


def write_recorded_beats(path: Path, folder: Path) -> RecordedBeats | None:
    """Write the beats of a recording that begins at tick 0 of a MIDI file.

    The name of the beats file has the hash of the MIDI file and `MIDI_VERSION`, so that it is
    written once, and again after a change of the code.

    Args:
        path: the MIDI file.
        folder: folder of the beats file.

    Returns:
        The beats, up to the last onset; None if the MIDI file has no usable beats.

    Raises:
        UserError: the folder cannot be written.
    """
    try:
        name = f"{sha256(path)[:32]}_v{MIDI_VERSION}"
        for bar_lines in BAR_LINES.values():
            if (target := folder / f"{name}_{bar_lines}.tsv").exists():
                return RecordedBeats(target, bar_lines)
        song = check_song(read_score(path), math.inf)
    except (UnusableSongError, OSError):
        return None
    bar_lines = BAR_LINES[song.phase]
    target = folder / f"{name}_{bar_lines}.tsv"
    lines = (f"{time:.6f}\t{position:.0f}\n" for time, position in recorded_beats(song))
    write_text(target, "".join(lines))
    return RecordedBeats(target, bar_lines)


def recorded_beats(song: CheckedSong) -> np.ndarray:
    """Beats of a song from tick 0 to its last onset: (n, 2) seconds from tick 0, bar position."""
    ticks = [note.start for note in song.score.notes]
    ticks += [stroke.tick for stroke in song.score.strokes]
    last = float(song.tempo.seconds(np.array([max(ticks)], np.float64))[0])
    beats = song.beats + np.array([song.start, 0.0])
    inside: np.ndarray = beats[(beats[:, 0] > -1e-9) & (beats[:, 0] <= last)]
    return inside.clip(min=0.0)
