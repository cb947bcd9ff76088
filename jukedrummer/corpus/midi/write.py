"""A song's folder: stems, beats, strokes of the drums, and a description of the file."""

from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.corpus.midi.check import CheckedSong
from jukedrummer.corpus.midi.read import changes
from jukedrummer.corpus.midi.render import strokes_of
from jukedrummer.corpus.song_files import write_song_files


def write_midi_song(
    folder: Path, song: CheckedSong, stems: dict[str, np.ndarray], about: dict[str, Any]
) -> None:
    """Write every file of a song.

    Args:
        folder: an existing folder.
        song: the song.
        stems: int16 (samples,) by name, including `drums`.
        about: content of song.json about the file and the rendering.
    """
    beats = ((time, int(position)) for time, position in song.beats)
    strokes = ((time, stroke.pitch, stroke.velocity) for time, stroke in strokes_of(song))
    write_song_files(folder, stems, beats, strokes, about | _describe(song))


def _describe(song: CheckedSong) -> dict[str, Any]:
    tempi = 60 / np.diff(song.beats[:, 0])
    return {
        "meter": sorted({"/".join(map(str, s.signature)) for s in song.stretches}),
        "beats_per_bar": sorted({stretch.meter for stretch in song.stretches}),
        "bpm": round(song.bpm, 3),
        "bpm_range": [round(float(tempi.min()), 3), round(float(tempi.max()), 3)],
        "tempo": "in the file" if song.score.tempi else "default",
        "tempo_changes": len(changes(song.score)[0]) - 1,
        "phase": song.phase,
        "moved_beats": [phase.moved for phase in song.phases],
        "onsets_on_grid": round(song.on_grid, 4),
        "start": round(song.start, 6),
        "seconds": round(song.seconds, 6),
    }
