"""A MIDI file to notes, strokes of the drums, controls, tempi and time signatures, all in ticks."""

import io
import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path

import mido

from jukedrummer.corpus.files import read_bounded
from jukedrummer.corpus.midi.drum_channels import DRUM_CHANNEL, misplaced_drums
from jukedrummer.corpus.song import Unfit

DRUM_PITCHES = range(27, 88)
"""Pitches that are pieces of a drum kit in General MIDI 2; others make no sound."""
DEFAULT_TEMPO = 500_000
"""Microseconds a quarter note where the file has no tempo: 120 quarter notes a minute."""
MAX_BYTES = 2_000_000
MAX_EVENTS = 100_000
MAX_TICK = 2**40
"""Messages after this tick are a sign of damage."""
LONG_NUMBER = re.compile(rb"[\x80-\xff]{2000}")
"""Continuation bytes of one number. The time to read such a number grows with its square."""
CONTROLLERS = (6, 7, 11, 38, 100, 101)
"""Controllers that reach the synthesiser: volume, expression, and the range of the pitch bend."""
LONGEST_NOTE = 64
"""Quarter notes. Longer notes, such as notes without an end, end here."""
PEDAL, SOUNDS_OFF, NOTES_OFF = 64, 120, 123

Open = deque[tuple[int, int, int]]
"""Notes that have not ended: start, velocity, program."""


class UnusableSongError(Unfit):
    """A song that cannot be used; the message is the reason."""


class NoDrumsError(UnusableSongError):
    """A song without drums, or with drums only. It is no fault of the file."""

    on_purpose = True


class _Content(io.BytesIO):
    """The bytes of a file. The parser calls `tell` once for each event and track."""

    def __init__(self, content: bytes, most_events: int) -> None:
        super().__init__(content)
        self.events, self.most = 0, most_events

    def tell(self) -> int:
        self.events += 1
        if self.events > self.most:
            raise UnusableSongError(
                "too large", f"has more than {self.most} events", limit=str(self.most)
            )
        return super().tell()


@dataclass(frozen=True)
class PitchedNote:
    """A note of an instrument, ticks.

    Attributes:
        channel: from 0.
        program: General MIDI, from 0.
        pitch: MIDI pitch.
        velocity: 1 to 127.
        start: tick.
        end: tick, after `start`.
    """

    channel: int
    program: int
    pitch: int
    velocity: int
    start: int
    end: int


@dataclass(frozen=True)
class Stroke:
    """A stroke of the drums: tick, General MIDI pitch, velocity (1 to 127), program of the kit."""

    tick: int
    pitch: int
    velocity: int
    kit: int


@dataclass(frozen=True)
class Control:
    """A change of a channel: tick, channel, controller (None: the pitch wheel), value."""

    tick: int
    channel: int
    controller: int | None
    value: int


@dataclass
class MidiScore:
    """The content of a file.

    Attributes:
        ticks_per_quarter: resolution.
        notes: notes of all channels but the drums', in the order of their starts.
        strokes: strokes of the drums, in order.
        controls: controls of all channels, in order.
        tempi: (tick, microseconds a quarter note), in order.
        signatures: (tick, numerator, denominator), in order.
    """

    ticks_per_quarter: int
    notes: list[PitchedNote] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    tempi: list[tuple[int, int]] = field(default_factory=list)
    signatures: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The tick after the last note."""
        return max(
            max((note.end for note in self.notes), default=0),
            max((stroke.tick + 1 for stroke in self.strokes), default=0),
        )


def read_score(path: Path) -> MidiScore:
    """Read a MIDI file.

    Args:
        path: a file of type 0 or 1.

    Raises:
        UnusableSongError: it is too large, damaged, of type 2, counts time in frames, or has drums
            on another channel than 10.
    """
    file = parse_midi(path)
    if file.type == 2:
        raise UnusableSongError(
            "MIDI type 2", "is of MIDI type 2: its tracks are songs with a tempo map each"
        )
    if file.ticks_per_beat < 0:
        raise UnusableSongError("no beats", "counts time in frames (SMPTE), so it has no beats")
    if file.ticks_per_beat == 0:
        raise UnusableSongError("damaged", "has 0 ticks a beat; is it damaged?")
    if where := misplaced_drums(file):
        raise UnusableSongError("drums elsewhere", f"has drums {where}")
    return _Reader(file).read()


def parse_midi(path: Path, most_events: int = MAX_EVENTS) -> mido.MidiFile:
    """Read the messages of a MIDI file.

    Args:
        path: the file.
        most_events: limit of its messages.

    Raises:
        UnusableSongError: it is missing, too large or damaged.
    """
    try:
        content = read_bounded(path, MAX_BYTES, "a MIDI file")
    except Unfit as error:  # the caller names the file
        reason = str(error).removeprefix(f"{path}: ")
        raise UnusableSongError(error.rule, reason, limit=error.limit) from error
    if LONG_NUMBER.search(content):
        raise UnusableSongError(
            "damaged", "is not a MIDI file that can be read (a number has no end)"
        )
    try:
        return mido.MidiFile(file=_Content(content, most_events), clip=True)
    except UnusableSongError:
        raise
    except Exception as error:  # mido raises errors of many types at damaged files
        about = str(error) or "it ends too early"
        raise UnusableSongError(
            "damaged", f"is not a MIDI file that can be read ({about})"
        ) from error


class _Reader:
    """Reads the messages of all tracks in the order of time."""

    def __init__(self, file: mido.MidiFile) -> None:
        self.file = file
        self.score = MidiScore(file.ticks_per_beat)
        self.programs = [0] * 16
        self.pedals = [False] * 16
        # Notes whose keys are down, and notes that only the pedal holds: start, velocity and
        # program, by pitch, of each channel.
        self.down: list[dict[int, Open]] = [defaultdict(deque) for _ in range(16)]
        self.held: list[dict[int, Open]] = [defaultdict(deque) for _ in range(16)]

    def read(self) -> MidiScore:
        """The score; a note without an end ends with the last message."""
        messages = []
        for track in self.file.tracks:
            tick = 0
            for message in track:
                tick += message.time
                if tick > MAX_TICK:
                    raise UnusableSongError(
                        "damaged", f"has a message after tick {MAX_TICK}; is it damaged?"
                    )
                messages.append((tick, message))
        messages.sort(key=lambda item: item[0])  # stable: a track's own order stays
        for tick, message in messages:
            self._take(tick, message)
        last = max((tick for tick, m in messages if m.type != "end_of_track"), default=0)
        for channel in range(16):
            self._end_channel(last, channel)
        self.score.notes.sort(key=lambda note: (note.start, note.channel, note.pitch))
        return self.score

    def _take(self, tick: int, message: mido.Message) -> None:
        kind = message.type
        if kind == "note_on" and message.velocity:
            self._begin(tick, message.channel, message.note, message.velocity)
        elif kind in ("note_on", "note_off"):
            self._end(tick, message.channel, message.note)
        elif kind == "program_change":
            self.programs[message.channel] = message.program
        elif kind == "pitchwheel":
            value = message.pitch + 8_192
            self.score.controls.append(Control(tick, message.channel, None, value))
        elif kind == "control_change":
            self._control(tick, message.channel, message.control, message.value)
        elif kind == "set_tempo":
            self.score.tempi.append((tick, message.tempo))
        elif kind == "time_signature":
            self.score.signatures.append((tick, message.numerator, message.denominator))

    def _begin(self, tick: int, channel: int, pitch: int, velocity: int) -> None:
        program = self.programs[channel]
        if channel == DRUM_CHANNEL:
            if pitch in DRUM_PITCHES:
                self.score.strokes.append(Stroke(tick, pitch, velocity, program))
            return
        self._release(tick, channel, pitch)
        self.down[channel][pitch].append((tick, velocity, program))

    def _end(self, tick: int, channel: int, pitch: int) -> None:
        """End the oldest note of a pitch, unless the pedal holds it."""
        if notes := self.down[channel].get(pitch):
            self.held[channel][pitch].append(notes.popleft())
            if not self.pedals[channel]:
                self._release(tick, channel, pitch)

    def _release(self, tick: int, channel: int, pitch: int) -> None:
        longest = LONGEST_NOTE * self.score.ticks_per_quarter
        for start, velocity, program in self.held[channel].pop(pitch, ()):
            end = min(max(tick, start + 1), start + longest)
            note = PitchedNote(channel, program, pitch, velocity, start, end)
            self.score.notes.append(note)

    def _control(self, tick: int, channel: int, controller: int, value: int) -> None:
        if controller == PEDAL:
            self.pedals[channel] = value >= 64
            if not self.pedals[channel]:
                for pitch in list(self.held[channel]):
                    self._release(tick, channel, pitch)
        elif controller in (SOUNDS_OFF, NOTES_OFF):
            self._end_channel(tick, channel)
        elif controller in CONTROLLERS:
            self.score.controls.append(Control(tick, channel, controller, value))

    def _end_channel(self, tick: int, channel: int) -> None:
        for pitch, notes in self.down[channel].items():
            self.held[channel][pitch] += notes
        self.down[channel].clear()
        for pitch in list(self.held[channel]):
            self._release(tick, channel, pitch)


def changes(score: MidiScore) -> tuple[list[tuple[int, int]], list[tuple[int, int, int]]]:
    """Tempi and time signatures, from tick 0 on. Of several at one tick, the last one counts."""
    tempi = {0: DEFAULT_TEMPO} | dict(score.tempi)
    signatures = {0: (4, 4)} | {tick: (top, bottom) for tick, top, bottom in score.signatures}
    return sorted(tempi.items()), [(tick, *pair) for tick, pair in sorted(signatures.items())]
