"""Notes, strokes, controls, tempi and time signatures to a MIDI file."""

from pathlib import Path

import mido

from jukedrummer.corpus.midi.drum_channels import DRUM_CHANNEL
from jukedrummer.corpus.midi.read import MidiScore
from jukedrummer.storage.files import atomic_path

STROKE_TICKS = 10
"""Length of a stroke of the drums."""
CONTROL, END, START = range(3)
"""The order of messages at one tick. A program belongs to the start of the note after it."""

TimedMessage = tuple[int, int, mido.Message]
"""Its tick, its place in the order of messages at this tick, the message."""


def save_score(path: Path, score: MidiScore) -> None:
    """Write a MIDI file of type 1 with a track for each channel. `read_score` is the inverse.

    Args:
        path: the file.
        score: its content. Notes of one channel and pitch do not overlap.

    Raises:
        UserError: the file cannot be written.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=score.ticks_per_quarter)
    file.tracks.append(_track(_conductor(score)))
    for channel in range(16):
        if messages := _drums(score) if channel == DRUM_CHANNEL else _notes(score, channel):
            file.tracks.append(_track(messages + _controls(score, channel)))
    with atomic_path(path) as temporary:
        file.save(temporary)


def _conductor(score: MidiScore) -> list[TimedMessage]:
    messages = [
        (tick, CONTROL, mido.MetaMessage("time_signature", numerator=top, denominator=bottom))
        for tick, top, bottom in score.signatures
    ]
    return messages + [
        (tick, START, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in score.tempi
    ]


def _notes(score: MidiScore, channel: int) -> list[TimedMessage]:
    messages: list[TimedMessage] = []
    program = None
    for note in (note for note in score.notes if note.channel == channel):
        if note.program != program:
            program = note.program
            change = mido.Message("program_change", channel=channel, program=program)
            messages.append((note.start, START, change))
        messages += _note(channel, note.pitch, note.velocity, note.start, note.end)
    return messages


def _drums(score: MidiScore) -> list[TimedMessage]:
    messages: list[TimedMessage] = []
    kit = None
    for stroke in score.strokes:
        if stroke.kit != kit:
            kit = stroke.kit
            change = mido.Message("program_change", channel=DRUM_CHANNEL, program=kit)
            messages.append((stroke.tick, START, change))
        end = stroke.tick + STROKE_TICKS
        messages += _note(DRUM_CHANNEL, stroke.pitch, stroke.velocity, stroke.tick, end)
    return messages


def _note(channel: int, pitch: int, velocity: int, start: int, end: int) -> list[TimedMessage]:
    on = mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
    return [
        (start, START, on),
        (end, END, mido.Message("note_off", channel=channel, note=pitch, velocity=0)),
    ]


def _controls(score: MidiScore, channel: int) -> list[TimedMessage]:
    messages: list[TimedMessage] = []
    for control in (control for control in score.controls if control.channel == channel):
        if control.controller is None:
            pitch = control.value - 8_192
            message = mido.Message("pitchwheel", channel=channel, pitch=pitch)
        else:
            message = mido.Message(
                "control_change", channel=channel, control=control.controller, value=control.value
            )
        messages.append((control.tick, CONTROL, message))
    return messages


def _track(messages: list[TimedMessage]) -> mido.MidiTrack:
    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(messages, key=lambda item: item[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track
