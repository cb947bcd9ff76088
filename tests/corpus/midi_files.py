"""Small MIDI files: a drummer, a bass and a piano, with whatever fault a test needs."""

import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import mido
import numpy as np

from jukedrummer.corpus.render import default_soundfont

TICKS = 480
BASS, PIANO, GUITAR = 33, 0, 27
KICK, SNARE, HAT, CRASH = 36, 38, 42, 49
ROOTS = (36, 41, 43, 38)
GS_DRUMS = (0x41, 0x10, 0x42, 0x12, 0x40, 0x12, 0x15, 0x02, 0x17)  # of channel 2
XG_DRUMS = (
    mido.Message("sysex", data=(0x43, 0x10, 0x4C, 0x00, 0x00, 0x7E, 0x00)),
    mido.Message("control_change", channel=1, control=0, value=127),
)

Strokes = Sequence[tuple[float, int]]
"""Quarter notes from the start, General MIDI pitch."""
Notes = Sequence[tuple[int, int, float, float, int]]
"""Channel, program, start and length in quarter notes, pitch."""


def drums(quarters: int, meter: int = 4, first: int = 0) -> Strokes:
    """A beat of rock, or of a waltz in three; `first` is the quarter of the first downbeat."""
    strokes: list[tuple[float, int]] = []
    for quarter in range(quarters):
        place = (quarter - first) % meter
        strokes += [(quarter, HAT), (quarter + 0.5, HAT)]
        strokes.append((quarter, KICK if place == 0 or (meter == 4 and place == 2) else SNARE))
        if (quarter - first) % (4 * meter) == 0:
            strokes.append((quarter, CRASH))
    return strokes


def band(quarters: int, meter: int = 4, first: int = 0, program: int = PIANO) -> Notes:
    """A bass in quarter notes and a chord for each bar, with a new root on each downbeat."""
    notes: list[tuple[int, int, float, float, int]] = []
    for quarter in range(quarters):
        bar, place = divmod(quarter - first, meter)
        root = ROOTS[bar % 4]
        notes.append((1, BASS, quarter, 0.9, root))
        if place == 0 or quarter == 0:
            length = min(meter - place, quarters - quarter) - 0.1
            notes += [(0, program, quarter, length, root + step) for step in (24, 28, 31)]
    return notes


def write_midi(
    path: Path,
    strokes: Strokes = (),
    notes: Notes = (),
    *,
    tempi: Sequence[tuple[float, int]] = ((0, 500_000),),
    signatures: Sequence[tuple[float, int, int]] = ((0, 4, 4),),
    extra: Iterable[tuple[float, mido.Message]] = (),
    kind: int = 1,
) -> Path:
    """Write a file; times are quarter notes, tempi are microseconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = mido.MidiFile(type=kind, ticks_per_beat=TICKS)
    first: list[tuple[float, mido.Message]] = [
        (at, mido.MetaMessage("set_tempo", tempo=tempo)) for at, tempo in tempi
    ]
    first += [
        (at, mido.MetaMessage("time_signature", numerator=top, denominator=bottom))
        for at, top, bottom in signatures
    ]
    events = list(extra)
    for at, pitch in strokes:
        events += _note(9, at, 0.1, pitch, 100)
    for channel, program, at, length, pitch in notes:
        change = mido.Message("program_change", channel=channel, program=program)
        events += [(at, change), *_note(channel, at, length, pitch, 90)]
    if kind == 0:
        first, events = first + events, []
    file.tracks.append(_track(first))
    if events:
        file.tracks.append(_track(events))
    file.save(path)
    return path


def song_file(path: Path, bars: int = 8, program: int = PIANO) -> Path:
    """A usable song in 4/4 at 120 beats a minute."""
    return write_midi(path, drums(4 * bars), band(4 * bars, program=program))


def _note(
    channel: int, at: float, length: float, pitch: int, velocity: int
) -> list[tuple[float, mido.Message]]:
    values = {"channel": channel, "note": pitch}
    return [
        (at, mido.Message("note_on", velocity=velocity, **values)),
        (at + length, mido.Message("note_off", **values)),
    ]


def _track(events: list[tuple[float, mido.Message]]) -> mido.MidiTrack:
    track, now = mido.MidiTrack(), 0
    for at, message in sorted(events, key=lambda event: event[0]):
        tick = round(at * TICKS)
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def with_division(path: Path, division: int) -> None:
    """Change the ticks a beat in a file's header, 16 bits; above 32,767 is SMPTE."""
    content = bytearray(path.read_bytes())
    content[12:14] = struct.pack(">H", division)
    path.write_bytes(content)


def other_soundfont(path: Path) -> Path:
    """The default soundfont with distorted samples: the same programs sound otherwise."""
    content = bytearray(default_soundfont().read_bytes())
    start = content.index(b"smpl") + 8
    size = struct.unpack("<I", content[start - 4 : start])[0]
    samples = np.frombuffer(content, "<i2", size // 2, start).astype(np.float64)
    samples = np.sign(samples) * np.sqrt(np.abs(samples) / 32_768) * 20_000
    content[start : start + size] = samples.astype("<i2").tobytes()
    path.write_bytes(content)
    return path


def bad_files(root: Path) -> dict[str, tuple[Path, str]]:
    """A file for each fault, and a part of the reason that is expected."""
    beat, tune = drums(32), band(32)
    wobbly = [(at * 1.0137 + at * at * 0.0031, pitch) for at, pitch in beat]
    rubato = [(c, p, at * 1.0137 + at * at * 0.0031, n, k) for c, p, at, n, k in tune]

    def file(name: str, *arguments: object, **options: object) -> Path:
        return write_midi(root / f"{name}.mid", *arguments, **options)  # type: ignore[arg-type]

    def changed(name: str, change: Callable[[Path], object]) -> Path:
        change(path := file(name, beat, tune))
        return path

    # Events of two bytes each, as many as fit.
    many = b"\x00\xc0\x01" + b"\x00\x01" * 990_000
    named = [(0.0, mido.MetaMessage("track_name", name="Drums 2"))]
    return {
        "text": (_written(root / "text.mid", b"x" * 99), "is not a MIDI file that can be read"),
        "empty": (_written(root / "empty.mid", b""), "is not a MIDI file that can be read"),
        "cut": (
            changed("cut", lambda path: path.write_bytes(path.read_bytes()[:300])),
            "is not a MIDI file that can be read",
        ),
        "endless_number": (
            _written(root / "number.mid", file("n", beat).read_bytes() + b"\xff" * 3_000),
            "a number has no end",
        ),
        "large": (_written(root / "large.mid", b"M" * 2_000_001), "more than 2000000 bytes"),
        "no_drums": (file("no_drums", (), tune), "has no drums"),
        "only_drums": (file("only_drums", beat), "has only drums"),
        "no_notes": (file("no_notes"), "has no notes"),
        "no_ticks": (changed("ticks", lambda path: with_division(path, 0)), "has 0 ticks a beat"),
        "smpte": (changed("smpte", lambda path: with_division(path, 0xE250)), "SMPTE"),
        "type_2": (file("type_2", beat, tune, kind=2), "is of MIDI type 2"),
        "short": (file("short", drums(5), band(32)), "s of drums, the limit is 5 s"),
        "events": (
            _written(root / "events.mid", _one_track(many)),
            "has more than 100000 events",
        ),
        "dense": (
            file("dense", beat, [*tune, *((k % 9, 48, 0, 60, k // 9) for k in range(900))]),
            "notes at once, the limit is 400",
        ),
        "named_drums": (
            file("named_drums", (), tune, extra=named),
            "has drums on channel 1 (its track is called 'Drums 2')",
        ),
        "gs_drums": (
            file("gs_drums", beat, tune, extra=[(0, mido.Message("sysex", data=GS_DRUMS))]),
            "has drums on channel 2 too (a GS message switches it to drums)",
        ),
        "xg_drums": (
            file("xg_drums", beat, tune, extra=[(0, message) for message in XG_DRUMS]),
            "has drums on channel 2 too (bank 127 switches it to drums)",
        ),
        "off_grid": (file("off_grid", wobbly, rubato), "of its onsets on the grid"),
        "half_a_beat": (
            file(
                "half",
                [(at + 0.5, pitch) for at, pitch in drums(64)],
                [(c, p, at + 0.5, n + 0.1, k) for c, p, at, n, k in band(64)],
            ),
            "half a beat off",
        ),
        "endless": (
            file("endless", [*beat, (4_000_000, KICK)], tune),
            "beats, the limit is 20000",
        ),
        "slow": (
            file("slow", beat, tune, tempi=((0, 500_000), (8, 16_000_000))),
            "has a beat of 16 s",
        ),
        "no_time": (file("no_time", beat, tune, tempi=((0, 500_000), (8, 0))), "a beat of 0 s"),
        "signature": (
            file("signature", beat, tune, signatures=((0, 0, 4),)),
            "a time signature of 0/4",
        ),
    }


def _one_track(events: bytes) -> bytes:
    """A file of type 1 with one track."""
    track = events + b"\x00\xff\x2f\x00"
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, 1, TICKS)
    return header + struct.pack(">4sI", b"MTrk", len(track)) + track


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
