"""From what MMA plays to the finished song."""

from dataclasses import replace

import numpy as np

from jukedrummer.corpus.midi.drum_channels import DRUM_CHANNEL
from jukedrummer.corpus.midi.read import MidiScore
from jukedrummer.corpus.mma.band import Setting, Tone, bass_tones, chord_tones, pad_tones, performed
from jukedrummer.corpus.mma.changes import off_the_beat, silenced, stopped, with_fills
from jukedrummer.corpus.mma.form import MmaRole
from jukedrummer.corpus.mma.melody import melody_tones, pickup_tones
from jukedrummer.corpus.mma.parts import BandPart, BarTicks, free_channels, grid_steps, split_parts
from jukedrummer.corpus.mma.plan import MmaPlan
from jukedrummer.corpus.mma.sounds import BASSES, COMPING, LEADS, PADS, reorchestrated, with_kit
from jukedrummer.corpus.mma.tempo import signature_events, tempo_events

OWN_BASS_SHARE = 0.6
"""Share of the songs with a bass of our own, of those whose style has other instruments only."""
PAD_SHARE = 0.35
"""Share of the songs with held chords, of those with chords of our own."""


def arrange(plan: MmaPlan, written: MidiScore) -> MidiScore:
    """The finished song.

    Parts that the style lacks and a melody are added. Then come fills, breaks, other instruments,
    the tempo of each beat, and the time signatures.

    Args:
        plan: the song.
        written: what MMA wrote.
    """
    bars = BarTicks(plan, written.ticks_per_quarter)
    parts = split_parts(written, bars)
    strokes = list(written.strokes)
    setting = Setting(plan, bars, grid_steps(bars, strokes, parts), strokes)
    parts = _completed(setting, reorchestrated(plan, parts))
    strokes = with_fills(setting, strokes)
    parts, strokes = silenced(setting, off_the_beat(setting, parts), strokes)
    parts, strokes = stopped(setting, parts, strokes)
    parts = _with_pickup(setting, parts)
    notes = sorted(
        (note for part in parts for note in part.notes),
        key=lambda note: (note.start, note.channel, note.pitch),
    )
    channels = {part.channel for part in parts} | {DRUM_CHANNEL}
    return MidiScore(
        ticks_per_quarter=round(written.ticks_per_quarter / plan.style.meter.stretch),
        notes=notes,
        strokes=with_kit(plan, strokes),
        controls=[control for control in written.controls if control.channel in channels],
        tempi=tempo_events(plan, bars),
        signatures=signature_events(plan, bars),
    )


def _completed(setting: Setting, parts: list[BandPart]) -> list[BandPart]:
    """The parts with bass and chords where they are missing, and with a melody."""
    random = setting.plan.random("own parts")
    own_bass = random.random() < OWN_BASS_SHARE or not parts
    roles = {part.role for part in parts}
    wanted: list[tuple[MmaRole, tuple[int, ...], list[Tone]]] = []
    if "bass" not in roles and own_bass:
        wanted.append(("bass", BASSES, bass_tones(setting)))
    if "chords" not in roles:
        wanted.append(("chords", COMPING, chord_tones(setting)))
        if random.random() < PAD_SHARE:
            wanted.append(("chords", PADS, pad_tones(setting)))
    if setting.plan.melody:
        wanted.append(("melody", LEADS, melody_tones(setting)))
    added = []
    for channel, (role, programs, tones) in zip(free_channels(parts), wanted, strict=False):
        part = BandPart(role, channel, int(random.choice(programs)), ())
        added.append(performed(setting, part, tones))
    return parts + added


def _with_pickup(setting: Setting, parts: list[BandPart]) -> list[BandPart]:
    """The parts with the notes of the pick-up in one of them."""
    if not setting.plan.pickup or not parts:
        return parts
    place = int(np.argmax([part.role == setting.plan.pickup for part in parts]))
    tones = pickup_tones(setting)
    pickup = performed(setting, parts[place], tones)
    whole = replace(parts[place], notes=pickup.notes + parts[place].notes)
    return [*parts[:place], whole, *parts[place + 1 :]]
