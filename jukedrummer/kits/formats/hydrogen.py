"""Kits of the drum machine Hydrogen: a folder with `drumkit.xml` and samples, or a `.h2drumkit`.

An instrument plays the piece that its name means. If no name means a piece, the instrument with the
piece's General MIDI note does. Filters, envelopes and random pitch are not played.
"""

import math
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from jukedrummer.errors import UserError
from jukedrummer.kits.files import KitFiles, archive_files, folder_files
from jukedrummer.kits.formats import check_only_kit
from jukedrummer.kits.kit import complete
from jukedrummer.kits.piece_names import named_piece, plainness
from jukedrummer.kits.sampled import SampledKit, Zone, check_zones
from jukedrummer.model.drum_score import LOUDEST
from jukedrummer.model.pieces import PIECES, piece_of

TITLE = "a kit of Hydrogen (a folder with drumkit.xml, or .h2drumkit)"
DESCRIPTION = "drumkit.xml"
ARCHIVE = ".h2drumkit"


class Instrument(NamedTuple):
    """An instrument of a kit: its name, its MIDI note if it states one, and its zones."""

    name: str
    note: int | None
    zones: list[Zone]


def opens(path: Path) -> bool:
    """Whether a path is a kit of Hydrogen."""
    return (
        path.suffix.lower() == ARCHIVE or path.name == DESCRIPTION or (path / DESCRIPTION).is_file()
    )


def build(path: Path, rate: int, program: int) -> SampledKit:
    """Load a kit.

    Raises:
        UserError: the kit is broken, or lacks a piece that nothing can replace; or a program is
            chosen.
    """
    check_only_kit(path, program)
    if path.suffix.lower() == ARCHIVE:
        files = archive_files(path)
    else:
        files = folder_files(path if path.is_dir() else path.parent, path)
    instruments = [each for each in _instruments(files) if each.zones]
    check_zones(sum(len(each.zones) for each in instruments), path)
    names = [each.name or "?" for each in instruments]
    zones = {piece: each.zones for piece, each in _pieces(instruments).items()}
    return SampledKit(files, complete(zones, path, names), rate)


def _pieces(instruments: list[Instrument]) -> dict[str, Instrument]:
    """The instrument of each piece."""
    named = _chosen(instruments, lambda each: named_piece(each.name))
    noted = _chosen(instruments, _piece_of_note)
    return noted | named


def _piece_of_note(instrument: Instrument) -> str | None:
    piece = None if instrument.note is None else piece_of(instrument.note)
    return None if piece is None else PIECES[piece]


def _chosen(
    instruments: list[Instrument], piece_of_instrument: Callable[[Instrument], str | None]
) -> dict[str, Instrument]:
    """The plainest instrument of each piece: the first one; of the toms, the middle one."""
    result = {}
    for piece in PIECES:
        members = [each for each in instruments if piece_of_instrument(each) == piece]
        least = min((plainness(each.name) for each in members), default=0)
        plain = [each for each in members if plainness(each.name) == least]
        if plain:
            result[piece] = plain[len(plain) // 2 if piece == "toms" else 0]
    return result


def _instruments(files: KitFiles) -> Iterator[Instrument]:
    text = files.text(DESCRIPTION)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UserError(f"{files.path}: {DESCRIPTION} declares entities, which kits never do")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UserError(f"{files.path}: {DESCRIPTION} is not valid XML ({error})") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    try:
        for element in root.iter("instrument"):
            yield _instrument(element)
    except ValueError as error:
        raise UserError(f"{files.path}: {DESCRIPTION} has a wrong number ({error})") from error


def _instrument(element: ElementTree.Element) -> Instrument:
    level = _number(element, "volume", 1) * _number(element, "gain", 1)
    left, right = _pan(element)
    semitones = _number(element, "pitchOffset", 0)
    tracking = 0.0 if element.findtext("applyVelocity") == "false" else 1.0
    in_turn = element.findtext("sampleSelectionAlgo", "VELOCITY") != "VELOCITY"
    zones = []
    for component in [*element.iter("instrumentComponent")] or [element]:
        own = level * (_number(component, "gain", 1) if component is not element else 1)
        for layer, lowest, highest, turn, turns in _layers(component, in_turn):
            gain = own * _number(layer, "gain", 1)
            zones.append(
                Zone(
                    layer.findtext("filename") or "",
                    lowest,
                    highest,
                    (left * gain, right * gain),
                    tracking,
                    semitones=semitones + _number(layer, "pitch", 0),
                    turn=turn,
                    turns=turns,
                )
            )
    if not zones and (file := element.findtext("filename")):
        zones = [Zone(file, gains=(left * level, right * level))]
    note = element.findtext("midiOutNote")
    return Instrument(element.findtext("name") or "", int(note) if note else None, zones)


def _layers(
    component: ElementTree.Element, in_turn: bool
) -> Iterator[tuple[ElementTree.Element, int, int, int, int]]:
    """Each layer with its lowest and highest velocity, its turn and the number of turns.

    Where layers of a kit overlap by rounding, the lower one is played.
    """

    def bounds(layer: ElementTree.Element) -> tuple[float, float]:
        return _number(layer, "min", 0), _number(layer, "max", 1)

    above = 0
    for (low, high), group in groupby(sorted(component.iter("layer"), key=bounds), key=bounds):
        layers = list(group)
        lowest = max(above, math.floor(low * LOUDEST)) + 1
        highest = math.floor(high * LOUDEST + 1e-6)
        if lowest > highest:
            continue
        for turn, layer in enumerate(layers if in_turn else layers[:1]):
            yield layer, lowest, highest, turn, len(layers) if in_turn else 1
        above = highest


def _pan(element: ElementTree.Element) -> tuple[float, float]:
    """The gains of both channels. Older kits state them, newer ones state a place from -1 to 1."""
    if element.find("pan") is None:
        return _number(element, "pan_L", 1), _number(element, "pan_R", 1)
    pan = _number(element, "pan", 0)
    return min(1.0, 1 - pan), min(1.0, 1 + pan)


def _number(element: ElementTree.Element, name: str, default: float) -> float:
    value = float(element.findtext(name) or default)
    if not abs(value) < 1_000:
        raise ValueError(f"{name} is {value:g}")
    return value
