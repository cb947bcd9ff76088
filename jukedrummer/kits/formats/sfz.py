"""Kits in the format SFZ: a text file that maps samples to MIDI notes and velocities.

These headers and opcodes are read: control (default_path, note_offset, set_cc), global, master,
group and region; #define and #include; sample, key, lokey, hikey, lovel, hivel, volume, amplitude,
pan, amp_veltrack, pitch_keycenter, pitch_keytrack, transpose, tune, offset, seq_length,
seq_position, lorand, hirand, trigger, locc, hicc, sw_last, sw_default. Envelopes, filters, loops
and effects are not played. Regions that are meant to be played at random take turns.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from jukedrummer.errors import UserError
from jukedrummer.kits.files import KitFiles, folder_files
from jukedrummer.kits.formats import check_only_kit
from jukedrummer.kits.kit import complete
from jukedrummer.kits.sampled import SampledKit, Zone, check_zones
from jukedrummer.model.drum_score import LOUDEST
from jukedrummer.model.pieces import PIECE_PITCHES

TITLE = "an SFZ file (.sfz)"
HEADERS = ("global", "master", "group", "region")  # a header ends those after it
MOST_INCLUDES = 100
NOTES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DEFINE = re.compile(r"#define[ \t]+(\$\w+)[ \t]+(\S+)")
_INCLUDE = re.compile(r"#include[ \t]+\"([^\"\n]+)\"")
_TOKEN = re.compile(r"<(\w+)>|(\w+)=(.*?)(?=\s+\w+=|\s*<\w+>|\s*$)", re.MULTILINE)

Opcodes = dict[str, str]


def opens(path: Path) -> bool:
    """Whether a file is an SFZ file, by its suffix."""
    return path.suffix.lower() == ".sfz"


def build(path: Path, rate: int, program: int) -> SampledKit:
    """Load a kit. Each piece has the first of its General MIDI notes that the file maps.

    Raises:
        UserError: the file is broken, or lacks a piece that nothing can replace; or a program is
            chosen.
    """
    check_only_kit(path, program)
    files = folder_files(path.parent, path)
    notes: dict[int, list[Zone]] = defaultdict(list)
    count = 0
    try:
        for region in _regions(_text(files, path.name)):
            for note in _notes(region):
                count += 1
                check_zones(count, path)
                notes[note] += _zones(region, note)
    except ValueError as error:
        raise UserError(f"{path}: has a wrong value ({error})") from error
    zones = {
        piece: notes[note]
        for piece, pitches in PIECE_PITCHES.items()
        if (note := next((pitch for pitch in pitches if notes.get(pitch)), 0))
    }
    listed = [f"MIDI note {note}" for note in sorted(notes)]
    return SampledKit(files, complete(zones, path, listed), rate)


def _text(files: KitFiles, name: str) -> str:
    """The text with the included files, without comments, with the definitions filled in."""
    text = files.text(name)
    for _ in range(MOST_INCLUDES):
        text = _COMMENT.sub("", text)
        found = _INCLUDE.search(text)
        if found is None:
            break
        text = text[: found.start()] + files.text(found[1]) + text[found.end() :]
    else:
        raise UserError(f"{files.path}: includes more than {MOST_INCLUDES} files")
    definitions = _DEFINE.findall(text)
    text = _DEFINE.sub("", text)
    # The longest name first, because one may be the start of another.
    for variable, value in sorted(definitions, key=lambda pair: -len(pair[0])):
        text = text.replace(variable, value)
    return text


def _regions(text: str) -> Iterator[Opcodes]:
    """The opcodes of each region that plays, with those of the headers above it."""
    levels: dict[str, Opcodes] = {"control": {}}
    current: Opcodes = {}  # of a header that is not known, or of none
    for header, name, value in [*_TOKEN.findall(text), ("end", "", "")]:
        if not header:
            current[name] = value.strip()
            continue
        if "region" in levels:
            yield from _playing(levels)
        ended = HEADERS[HEADERS.index(header) :] if header in HEADERS else ("region",)
        levels = {level: own for level, own in levels.items() if level not in ended}
        current = levels.get(header, {})
        if header in (*HEADERS, "control"):
            levels[header] = current


def _playing(levels: dict[str, Opcodes]) -> Iterator[Opcodes]:
    names = ("control", *HEADERS)
    region = {name: value for level in names for name, value in levels.get(level, {}).items()}
    region["sample"] = region.get("default_path", "") + region.get("sample", "*")
    silent = "*" in region["sample"]  # a generator, such as *silence
    if not silent and region.get("trigger", "attack") == "attack" and _is_on(region):
        yield region


def _is_on(region: Opcodes) -> bool:
    """Whether a region plays without a player's controllers and key switches."""
    for name, value in region.items():
        if name[:4] in ("locc", "hicc") and name[4:].isdigit():
            state = float(region.get(f"set_cc{name[4:]}", 0))
            if (state < float(value)) if name[:2] == "lo" else (state > float(value)):
                return False
    return region.get("sw_last", region.get("sw_default")) == region.get("sw_default")


def _notes(region: Opcodes) -> range:
    key = region.get("key", "")
    lowest, highest = (region.get(name, key or "-1") for name in ("lokey", "hikey"))
    moved = int(region.get("note_offset", 0))
    return range(max(0, _note(lowest) + moved), min(LOUDEST, _note(highest) + moved) + 1)


def _note(text: str) -> int:
    """The number of a MIDI note, given as a number or a name such as c#4 (60 is c4)."""
    named = re.fullmatch(r"([a-gA-G])([#b]?)(-?\d)", text)
    if named is None:
        return int(text)
    sign = {"#": 1, "b": -1, "": 0}[named[2]]
    return NOTES[named[1].lower()] + sign + 12 * (int(named[3]) + 1)


def _zones(region: Opcodes, note: int) -> Iterator[Zone]:
    def number(name: str, default: float) -> float:
        value = float(region.get(name, default))
        if not math.isfinite(value):
            raise ValueError(f"{name}={region[name]}")
        return value

    centre_key = region.get("pitch_keycenter", region.get("key", "60"))
    centre = note if centre_key == "sample" else _note(centre_key)
    keytrack = number("pitch_keytrack", 100) / 100
    low, high = number("lorand", 0), number("hirand", 1)
    turns, turn = int(number("seq_length", 1)), int(number("seq_position", 1)) - 1
    if turns == 1 and high > low and high - low < 1:
        turns = round(1 / (high - low))
        turn = round(low * turns)
    pan = min(1.0, max(-1.0, number("pan", 0) / 100))
    gain = 10 ** (number("volume", 0) / 20) * number("amplitude", 100) / 100
    yield Zone(
        region["sample"],
        lowest=max(1, int(number("lovel", 1))),
        highest=min(LOUDEST, int(number("hivel", LOUDEST))),
        gains=(gain * min(1.0, 1 - pan), gain * min(1.0, 1 + pan)),
        tracking=number("amp_veltrack", 100) / 100,
        exponent=2.0,
        semitones=(note - centre) * keytrack + number("transpose", 0) + number("tune", 0) / 100,
        skip=int(number("offset", 0)),
        turn=turn % max(1, turns),
        turns=max(1, turns),
    )
