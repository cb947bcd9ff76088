"""The files that one run of `accompany` makes: all of them, or none."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.bar_grid import BarGrid, bar_grid
from jukedrummer.songs.drums_midi import write_drums_midi
from jukedrummer.songs.levels import Gains
from jukedrummer.songs.reaper import ProjectTrack, project_text
from jukedrummer.songs.score_table import write_score_table
from jukedrummer.songs.sounding import (
    DRUMS_FILE,
    FACTS_FILE,
    MIX_FILE,
    STEM_FILES,
    PlayedScore,
    write_score_audio,
)
from jukedrummer.storage.files import is_same_file, output_files, write_json, write_text

MIDI_FILE, SCORE_FILE, BEATS_FILE, PROJECT_FILE = "drums.mid", "score.tsv", "beats.tsv", "song.rpp"
_NAMES = (
    *(DRUMS_FILE, MIX_FILE, *STEM_FILES.values()),
    *(MIDI_FILE, SCORE_FILE, BEATS_FILE, PROJECT_FILE, FACTS_FILE),
)


@dataclass(frozen=True, eq=False)
class PlayedAudio:
    """Drums without a score.

    Attributes:
        drums: (N,) float32.
        mix: (N, channels) float32.
        mix_gain: factor by which the mix was turned down.
    """

    drums: np.ndarray
    mix: np.ndarray
    mix_gain: float


@dataclass(frozen=True, eq=False)
class Take:
    """What is played to a song.

    Attributes:
        song: file of the recording.
        recording: (N, channels) float32.
        rate: samples a second.
        beats: (n, 2) seconds, bar position (1 = downbeat).
        sound: the drums.
        facts: content of `accompaniment.json`. `gains`, or `mix_gain` for drums without a score,
            are added.
    """

    song: Path
    recording: np.ndarray
    rate: int
    beats: np.ndarray
    sound: PlayedAudio | PlayedScore
    facts: dict[str, Any]


def take_files(folder: Path, given: Path | None) -> tuple[str, ...]:
    """The files that a take may have. Beats that were given as the folder's beats.tsv stay there.

    Args:
        folder: folder of the take.
        given: the file of the beats, if the user gave one.
    """
    kept = given is not None and is_same_file(given, folder / BEATS_FILE)
    return tuple(name for name in _NAMES if not (kept and name == BEATS_FILE))


def write_take(
    folder: Path,
    take: Take,
    given: Path | None = None,
    force: bool = False,
) -> None:
    """Write a take: all of its files, or none. The song and the given beats are never replaced.

    Args:
        folder: folder of the take, which may have other files.
        take: what is played.
        given: the file of the beats, if the user gave one.
        force: replace the files of an earlier take. Those that the new take does not have are
            removed.

    Raises:
        UserError: as `output_files` and `write_score_audio`.
    """
    names = take_files(folder, given)
    inputs = [take.song, *([given] if given and BEATS_FILE in names else [])]
    seconds = len(take.recording) / take.rate
    grid = bar_grid(take.beats, seconds)
    with output_files(folder, names, inputs, force) as made:
        if isinstance(take.sound, PlayedScore):
            gains = _write_score(made, take.recording, take.sound, grid)
            levels: dict[str, Any] = {"gains": asdict(gains)}
            tracks = _score_tracks(folder, take.song, gains)
        else:
            write_audio(made / DRUMS_FILE, take.sound.drums, take.rate)
            write_audio(made / MIX_FILE, take.sound.mix, take.rate)
            levels = {"mix_gain": take.sound.mix_gain}
            tracks = _audio_tracks(folder, take.song, take.sound.mix_gain)
        if BEATS_FILE in names:
            write_beats(made / BEATS_FILE, take.beats)
        write_text(made / PROJECT_FILE, project_text(folder, tracks, grid, seconds, take.rate))
        write_json(made / FACTS_FILE, take.facts | levels)


def _write_score(folder: Path, recording: np.ndarray, score: PlayedScore, grid: BarGrid) -> Gains:
    write_drums_midi(folder / MIDI_FILE, score.strokes, grid)
    write_score_table(folder / SCORE_FILE, score.strokes, grid)
    return write_score_audio(folder, recording, score, grid)


def _audio_tracks(folder: Path, song: Path, gain: float) -> list[ProjectTrack]:
    return [
        ProjectTrack("song", song, gain),
        ProjectTrack("drums", folder / DRUMS_FILE, gain),
    ]


def _score_tracks(folder: Path, song: Path, gains: Gains) -> list[ProjectTrack]:
    stems = [
        ProjectTrack(stem, folder / name, gains.mix * gains.drums)
        for stem, name in STEM_FILES.items()
    ]
    midi = ProjectTrack("drums (MIDI)", folder / MIDI_FILE)
    return [ProjectTrack("song", song, gains.mix), *stems, midi]
