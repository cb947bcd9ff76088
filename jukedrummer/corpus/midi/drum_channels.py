"""Drums on other channels than 10.

Some files switch other channels to drums, by a bank (XG, GM 2) or by a message (GS). In others a
track is called drums, but its channel is not 10. A General MIDI player would play these strokes as
notes of a pitched instrument, so such files are left out.
"""

import re

import mido

DRUM_CHANNEL = 9
"""Channel 10, counted from 0."""
GM2_BANK, XG_BANK = 120, 127
"""Values of controller 0 that switch a channel to drums. 127 does so in XG files only."""
XG = (0x43, 0x4C)
"""Maker and model of an XG message."""
DRUM_NAME = re.compile(
    r"(the |my |main )?(e-?|acoustic |electric |electronic |rock |standard |jazz )?"
    r"(drums?([ -]?(kit|set|track|part|machine))?|perc(ussion)?|kick( drum)?|bass drum"
    r"|snare( drum)?|hi-?hats?|cymbals?|batterie|batteria|bateria|schlagzeug)[\W\d_]*",
    re.IGNORECASE,
)
PERCUSSIVE = frozenset(range(112, 120))
"""Programs of percussion with a pitch, such as Taiko Drum."""
GS_RHYTHM = (0x42, 0x12, 0x40, 0x15)
"""Parts of a GS message that switches a channel to drums: model, command, first, last address."""


def misplaced_drums(file: mido.MidiFile) -> str:
    """Text with the place of drums on another channel than 10; "" if there are none."""
    messages = [message for track in file.tracks for message in track]
    playing = {message.channel for message in messages if _is_note(message)} - {DRUM_CHANNEL}
    banks = {GM2_BANK, XG_BANK} if any(map(_is_xg, messages)) else {GM2_BANK}
    for message in messages:
        channel, switch = _switched(message, banks)
        if channel in playing:
            return f"on channel {channel + 1} too ({switch} switches it to drums)"
    for track in file.tracks:
        name = next((message.name for message in track if message.type == "track_name"), "")
        if DRUM_NAME.fullmatch(name.strip()) and (channels := _melodic(track)):
            return f"on channel {min(channels) + 1} (its track is called {name.strip()!r})"
    return ""


def _is_note(message: mido.Message) -> bool:
    return bool(message.type == "note_on" and message.velocity > 0)


def _melodic(track: mido.MidiTrack) -> set[int]:
    """Channels except 10 on which a track plays a program that is not percussion."""
    programs, channels = [0] * 16, set()
    for message in track:
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif _is_note(message) and programs[message.channel] not in PERCUSSIVE:
            channels.add(message.channel)
    return channels - {DRUM_CHANNEL}


def _is_xg(message: mido.Message) -> bool:
    return message.type == "sysex" and (*message.data[:1], *message.data[2:3]) == XG


def _switched(message: mido.Message, banks: set[int]) -> tuple[int, str]:
    """The channel that a message switches to drums, and the name of the message; -1: none."""
    if message.type == "control_change" and message.control == 0 and message.value in banks:
        return message.channel, f"bank {message.value}"
    if message.type == "sysex" and len(message.data) > 7:
        _, _, model, command, first, part, last, use = message.data[:8]
        if (model, command, first, last) == GS_RHYTHM and part >> 4 == 1 and use:
            part &= 15  # 0 is channel 10; 1 to 9 are channels 1 to 9; 10 to 15 are 11 to 16
            return (part or DRUM_CHANNEL + 1) - (part < 10), "a GS message"
    return -1, ""
