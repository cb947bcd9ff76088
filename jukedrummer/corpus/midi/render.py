"""The notes of a MIDI file to stems, with a soundfont."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.midi.check import CheckedSong
from jukedrummer.corpus.midi.drum_channels import DRUM_CHANNEL
from jukedrummer.corpus.midi.groups import STEMS, stem_of
from jukedrummer.corpus.midi.read import Control, PitchedNote, Stroke, UnusableSongError
from jukedrummer.corpus.render import (
    DRUM_BANK,
    PEAK,
    Action,
    Soundfont,
    fade_out,
    playing_level,
)

SHORTEST = 0.03
"""Seconds. Shorter notes are played for so long."""
DRUM_LENGTH = 4.0
"""Seconds after which a stroke is released; few pieces of a kit ring longer."""
LONGEST = 20.0
"""Seconds. Longer notes are released."""
CENTRE = 8_192
"""The pitch wheel at rest."""
DEFAULT_CONTROLS = (
    *((7, 100), (11, 127)),  # volume, expression
    *((101, 0), (100, 0), (6, 2), (38, 0)),  # the pitch wheel bends by two semitones
    *((101, 127), (100, 127)),  # later values of controller 6 do not change that
)
QUIETEST = 10 ** (-12 / 20)
"""A quieter stem is raised to this level, relative to the loudest of the pitched stems. Soundfonts
differ by 15 dB in the level of one instrument, so a stem could be inaudible beside the bass."""
SILENT = 1e-4
"""A stem is left out if no sample is above this."""

ItemType = TypeVar("ItemType")


class Orchestra(Soundfont):
    """A soundfont that plays the stems of a MIDI file.

    Args:
        path: a .sf2 file.

    Raises:
        UserError: the file cannot be read as a soundfont, or has no drum kit.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "corpus.sources[].soundfonts")

    def drums(self, song: CheckedSong) -> np.ndarray:
        """Play the drums of a song: float32 (samples,)."""
        events = self._controls(song, {DRUM_CHANNEL})
        times = _times(song, [stroke.tick for stroke in song.score.strokes])
        strokes = _inside(song, song.score.strokes, times)
        offs = [
            (_sample(time + DRUM_LENGTH), partial(self.synth.noteoff, DRUM_CHANNEL, stroke.pitch))
            for stroke, time in strokes
        ]
        return self.play(
            [*events, *offs, *((_sample(t), partial(self._strike, s)) for s, t in strokes)],
            _samples(song),
        )

    def _strike(self, stroke: Stroke) -> None:
        kit = stroke.kit if self.has(DRUM_BANK, stroke.kit) else 0
        self.synth.program_select(DRUM_CHANNEL, self.font, DRUM_BANK, kit, True)
        self.synth.noteon(DRUM_CHANNEL, stroke.pitch, stroke.velocity)

    def stem(self, song: CheckedSong, name: str, transposition: int) -> np.ndarray | None:
        """Play one stem of a song: float32 (samples,); None where no note belongs to it.

        Args:
            song: the song.
            name: of `STEMS`.
            transposition: semitones.
        """
        members = [note for note in song.score.notes if stem_of(note.program) == name]
        starts = _times(song, [note.start for note in members])
        ends = _times(song, [note.end for note in members])
        lengths = np.clip(ends - starts, SHORTEST, LONGEST)
        notes = _inside(song, list(zip(members, lengths.tolist(), strict=True)), starts)
        if not notes:
            return None
        offs: list[Action] = []
        ons: list[Action] = []
        for (note, length), time in notes:
            pitch = _moved(note.pitch, transposition)
            off = partial(self.synth.noteoff, note.channel, pitch)
            offs.append((_sample(time + length), off))
            ons.append((_sample(time), partial(self._begin, note, pitch)))
        events = self._controls(song, {note.channel for (note, _), _ in notes})
        return self.play([*events, *offs, *ons], _samples(song))

    def _begin(self, note: PitchedNote, pitch: int) -> None:
        choices = (note.program, note.program // 8 * 8, 0)
        program = next((choice for choice in choices if self.has(0, choice)), None)
        if program is not None:
            self.synth.program_select(note.channel, self.font, 0, program)
            self.synth.noteon(note.channel, pitch, note.velocity)

    def _controls(self, song: CheckedSong, channels: set[int]) -> list[Action]:
        """Defaults, then the controls of channels; those before the stretch come at its start."""
        events: list[Action] = []
        for channel in sorted(channels):
            defaults = [Control(0, channel, *pair) for pair in DEFAULT_CONTROLS]
            events += [
                (0, self._control(c)) for c in [*defaults, Control(0, channel, None, CENTRE)]
            ]
        members = [c for c in song.score.controls if c.channel in channels]
        times = _times(song, [control.tick for control in members])
        for control, time in zip(members, times.tolist(), strict=True):
            events.append((_sample(max(0.0, time)), self._control(control)))
        return events

    def _control(self, control: Control) -> Callable[[], object]:
        if control.controller is None:
            return partial(self.synth.pitchbend, control.channel, control.value)
        change = self.synth.control_change
        return partial(change, control.channel, control.controller, control.value)


def render_song(
    orchestra: Orchestra, song: CheckedSong, transposition: int
) -> dict[str, np.ndarray]:
    """All stems of a song as int16 (samples,), by name; those without a sound are left out.

    The pitched instruments keep their balance, but none is much quieter than the loudest. Together
    they are as loud as the drums.

    Args:
        orchestra: the soundfont.
        song: what to play.
        transposition: of the pitched instruments, semitones.

    Raises:
        UnusableSongError: the soundfont plays none of the drums, or nothing besides.
    """
    fade = fade_out(_samples(song)).astype(np.float32)
    drums = orchestra.drums(song)
    stems = {name: orchestra.stem(song, name, transposition) for name in STEMS}
    audible = {name: wave for name, wave in stems.items() if wave is not None and _sounds(wave)}
    if not _sounds(drums):
        raise UnusableSongError("silent", f"has drums that {orchestra.path.name} does not play")
    if not audible:
        raise UnusableSongError(
            "silent", f"has instruments that {orchestra.path.name} does not play"
        )
    for wave in (drums, *audible.values()):
        np.multiply(wave, fade, out=wave)
    _raise_quiet(list(audible.values()))
    band = np.sum(list(audible.values()), axis=0)
    gain = np.float32(playing_level(drums) / playing_level(band))
    band *= gain
    for wave in audible.values():
        np.multiply(wave, gain, out=wave)
    peak = max(float(np.abs(wave).max()) for wave in (drums, *audible.values(), band, drums + band))
    scale = np.float32(PEAK * 32_767 / peak)
    return {
        name: np.rint(wave * scale).astype(np.int16)
        for name, wave in {"drums": drums, **audible}.items()
    }


def _raise_quiet(waves: list[np.ndarray]) -> None:
    levels = [playing_level(wave) for wave in waves]
    for wave, level in zip(waves, levels, strict=True):
        np.multiply(wave, np.float32(max(1.0, QUIETEST * max(levels) / level)), out=wave)


def _sounds(wave: np.ndarray) -> bool:
    return float(np.abs(wave).max()) > SILENT


def strokes_of(song: CheckedSong) -> list[tuple[float, Stroke]]:
    """The strokes in the rendered stretch, with their times from its start, seconds."""
    times = _times(song, [stroke.tick for stroke in song.score.strokes])
    return [(time, stroke) for stroke, time in _inside(song, song.score.strokes, times)]


def _times(song: CheckedSong, ticks: list[int]) -> np.ndarray:
    return song.tempo.seconds(np.array(ticks, np.float64)) - song.start


def _inside(
    song: CheckedSong, items: list[ItemType], times: np.ndarray
) -> list[tuple[ItemType, float]]:
    """The items whose times lie in the stretch, each with its time."""
    pairs = zip(items, times.tolist(), strict=True)
    return [(item, time) for item, time in pairs if 0 <= time < song.seconds]


def _sample(time: float) -> int:
    return round(time * SAMPLE_RATE)


def _samples(song: CheckedSong) -> int:
    return round(song.seconds * SAMPLE_RATE)


def _moved(pitch: int, semitones: int) -> int:
    """A transposed pitch; an octave back where it leaves MIDI's range."""
    moved = pitch + semitones
    return moved - 12 if moved > 127 else moved + 12 if moved < 0 else moved
