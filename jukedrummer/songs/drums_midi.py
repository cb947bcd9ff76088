"""`drums.mid`: a score as General MIDI on channel 10, with a tempo map that follows the beats.

The file starts where the recording starts. Each beat of the grid is a quarter note with a tempo of
its own, exact to a microsecond. A stroke is exact to half a tick: 0.26 ms at 60 beats a minute, and
less than 1 ms at 20.
"""

from pathlib import Path

import mido
import numpy as np

from jukedrummer.beats.bar_grid import BarGrid
from jukedrummer.corpus.midi.drum_channels import DRUM_CHANNEL
from jukedrummer.corpus.midi.read import UnusableSongError, parse_midi
from jukedrummer.errors import UserError
from jukedrummer.model.drum_score import LOUDEST, Strokes
from jukedrummer.model.pieces import PIECE_PITCHES, PIECES, piece_of
from jukedrummer.storage.files import atomic_path

QUARTER_TICKS = 1_920  # a quarter note
LENGTH = QUARTER_TICKS // 8  # of a note; notes of a drum kit have no length that is played
MOST_EVENTS = 500_000

_Event = tuple[int, mido.Message | mido.MetaMessage]
"""A message and its tick."""


def write_drums_midi(path: Path, strokes: Strokes, grid: BarGrid) -> None:
    """Write a score as a MIDI file of type 1: a track of tempi and time signatures, and the drums.

    Raises:
        UserError: the file cannot be written.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=QUARTER_TICKS)
    file.tracks.append(_track("tempo", _tempi(grid) + _signatures(grid)))
    file.tracks.append(_track("drums", _notes(strokes, grid)))
    with atomic_path(path) as temporary:
        file.save(temporary)


def read_drums_midi(path: Path, grid: BarGrid) -> Strokes:
    """Read a score that was edited in another program, or any MIDI file with drums.

    Notes are read at their bars and beats, and placed on those of the grid. So strokes follow the
    song's beats, even if the other program did not keep the tempi. Notes of channel 10 are read; if
    there are none, those of all channels. Pitches that are not of a piece are dropped, and notes
    after the grid's end.

    Raises:
        UserError: the file is missing, too large, damaged or counts time in frames, or has no note
            of a drum kit.
    """
    try:
        file = parse_midi(path, MOST_EVENTS)
    except UnusableSongError as error:
        raise UserError(f"{path}: {error}") from error
    if file.ticks_per_beat <= 0:
        raise UserError(f"{path}: counts time in frames (SMPTE), so it has no beats")
    notes = np.array(_struck(file), np.float64).reshape(-1, 3)
    quarters, pieces, velocities = notes[notes[:, 0] < grid.quarters[-1]].T
    if len(quarters) == 0:
        raise UserError(
            f"{path}: has no note of a drum kit within the song; expected notes of General MIDI, "
            "e.g. 36 for the kick"
        )
    return Strokes.sorted(grid.seconds(quarters), pieces, velocities / LOUDEST)


def _struck(file: mido.MidiFile) -> list[tuple[float, int, int]]:
    """Quarter note, piece and velocity of each stroke, in any order."""
    notes = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity > 0:
                notes.append((tick / file.ticks_per_beat, message))
    on_ten = [note for note in notes if note[1].channel == DRUM_CHANNEL]
    return [
        (quarter, piece, message.velocity)
        for quarter, message in on_ten or notes
        if (piece := piece_of(message.note)) is not None
    ]


def _ticks(quarters: np.ndarray) -> list[int]:
    ticks: list[int] = np.rint(quarters * QUARTER_TICKS).astype(int).tolist()
    return ticks


def _tempi(grid: BarGrid) -> list[_Event]:
    """A tempo for each beat. What rounding to microseconds leaves is made up for by the next."""
    events: list[_Event] = []
    now = 0.0
    for tick, length, end in zip(
        _ticks(grid.quarters), np.diff(grid.quarters), grid.times[1:], strict=False
    ):
        tempo = round((end - now) / length * 1e6)
        now += tempo * length / 1e6
        events.append((tick, mido.MetaMessage("set_tempo", tempo=tempo)))
    return events


def _signatures(grid: BarGrid) -> list[_Event]:
    events: list[_Event] = []
    before = None
    for bar, tick in enumerate(_ticks(grid.quarters[grid.starts[:-1]]), start=1):
        notes, value = signature = grid.signature(bar)
        if signature != before:
            message = mido.MetaMessage("time_signature", numerator=notes, denominator=value)
            events.append((tick, message))
        before = signature
    return events


def _notes(strokes: Strokes, grid: BarGrid) -> list[_Event]:
    """The strokes. Of two strokes of a pitch at one tick, the louder one is written."""
    velocities = np.clip(np.rint(strokes.velocities * LOUDEST), 1, LOUDEST).astype(int)
    ticks = _ticks(grid.to_quarters(strokes.times))
    loudest: dict[tuple[int, int], int] = {}
    for piece, tick, velocity in zip(strokes.pieces, ticks, velocities, strict=True):
        place = (PIECE_PITCHES[PIECES[piece]][0], tick)
        loudest[place] = max(int(velocity), loudest.get(place, 0))
    events: list[_Event] = []
    places = sorted(loudest)
    for (pitch, tick), after in zip(places, [*places, (-1, 0)][1:], strict=True):
        end = min(tick + LENGTH, after[1]) if after[0] == pitch else tick + LENGTH
        one = {"channel": DRUM_CHANNEL, "note": pitch}
        on = mido.Message("note_on", velocity=loudest[pitch, tick], **one)
        events += [(tick, on), (end, mido.Message("note_off", **one))]
    return events


def _track(name: str, events: list[_Event]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    last = 0
    # At one tick, notes end before others begin.
    for tick, message in sorted(events, key=lambda event: (event[0], event[1].type == "note_on")):
        track.append(message.copy(time=tick - last))
        last = tick
    return track
