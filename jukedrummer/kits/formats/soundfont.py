"""Kits of soundfonts: the presets of bank 128, which General MIDI plays on channel 10."""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tinysoundfont import _tinysoundfont

from jukedrummer.corpus.render import DRUM_BANK
from jukedrummer.errors import UserError
from jukedrummer.kits.kit import Voice, complete
from jukedrummer.kits.sampled import trimmed
from jukedrummer.model.drum_score import LOUDEST
from jukedrummer.model.pieces import PIECE_PITCHES

TITLE = "a soundfont (.sf2, .sf3)"
CHANNEL = 9
HELD_SECONDS = 4.0  # a stroke is released then, for samples that are looped
RELEASE_SECONDS = 4.0
PROBE_SECONDS = 0.06  # of a stroke, to compare velocities
SILENCE_SECONDS = 0.03  # after which nothing is left of the stroke before
SAME_LAYER = 1e-4  # largest difference between two velocities of one layer, relative to the peak


class Layer(NamedTuple):
    """Velocities from the one before it, exclusive, to `highest`, with one sound (n, 2)."""

    highest: int
    sound: np.ndarray


def opens(path: Path) -> bool:
    """Whether a file is a soundfont, by its suffix."""
    return path.suffix.lower() in (".sf2", ".sf3")


def build(path: Path, rate: int, program: int) -> "SoundfontKit":
    """Load a kit of a soundfont.

    Raises:
        UserError: the file cannot be read as a soundfont, or has no such kit or no kick.
    """
    return SoundfontKit(path, rate, program)


class SoundfontKit:
    """A kit of a soundfont. tinysoundfont plays each layer of velocities once.

    Within a layer, tinysoundfont's samples are proportional to the velocity.

    Args:
        path: a .sf2 or .sf3 file.
        rate: samples a second.
        program: number of the kit in bank 128.

    Raises:
        UserError: the file cannot be read as a soundfont, or has no such kit or no kick.
    """

    def __init__(self, path: Path, rate: int, program: int) -> None:
        self.path, self.rate, self._program = path, rate, program
        try:
            self._font = _tinysoundfont.SoundFont(str(path))
        except Exception as error:
            raise UserError(f"{path}: is not {TITLE} that can be read ({error})") from error
        programs = [number for number in range(128) if self._has(number)]
        if program not in programs:
            raise UserError(
                f"{path}: has no drum kit with the program {program}; it has "
                f"{', '.join(map(str, programs)) or 'no drum kit at all'}"
            )
        audible = {
            piece: pitch
            for piece, pitches in PIECE_PITCHES.items()
            if (pitch := next(filter(self._is_audible, pitches), None)) is not None
        }
        self._pitches = complete(audible, path, list(audible))
        self._layers: dict[int, list[Layer]] = {}

    def strike(self, piece: str, velocity: int, turn: int) -> list[Voice]:
        """The voice of a stroke. `turn` has no effect."""
        pitch = self._pitches[piece]
        if pitch not in self._layers:
            self._layers[pitch] = self._layers_of(pitch)
        layer = next(layer for layer in self._layers[pitch] if velocity <= layer.highest)
        return [(layer.sound, velocity / layer.highest)]

    def _has(self, program: int) -> bool:
        return bool(self._font.get_preset_name(DRUM_BANK, program) != "<None>")

    def _is_audible(self, pitch: int) -> bool:
        return len(trimmed(self._play(pitch, LOUDEST, PROBE_SECONDS))) > 0

    def _layers_of(self, pitch: int) -> list[Layer]:
        probes = [
            self._play(pitch, velocity, PROBE_SECONDS) / velocity
            for velocity in range(1, LOUDEST + 1)
        ]
        ends = [
            lower
            for lower, (one, other) in enumerate(pairwise(probes), start=1)
            if np.abs(one - other).max() > SAME_LAYER * np.abs(other).max()
        ]
        return [
            Layer(end, trimmed(self._play(pitch, end, HELD_SECONDS, RELEASE_SECONDS)))
            for end in [*ends, LOUDEST]
        ]

    def _play(self, pitch: int, velocity: int, held: float, released: float = 0.0) -> np.ndarray:
        """One stroke: (n, 2) float32."""
        font = self._font
        font.reset()
        font.set_output(_tinysoundfont.OutputMode.StereoInterleaved, self.rate, 0.0)
        self._render(SILENCE_SECONDS)
        font.channel_set_bank(CHANNEL, DRUM_BANK)
        font.channel_set_preset_number(CHANNEL, self._program, True)
        font.channel_note_on(CHANNEL, pitch, velocity / LOUDEST)
        parts = [self._render(held)]
        if released:
            font.channel_note_off(CHANNEL, pitch)
            parts.append(self._render(released))
        return np.concatenate(parts)

    def _render(self, seconds: float) -> np.ndarray:
        output = np.zeros((round(seconds * self.rate), 2), np.float32)
        self._font.render(output.data.cast("B"), False)
        return output
