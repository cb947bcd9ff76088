"""Notes to audio with a soundfont, and the balance of the stems."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.render import DRUM_BANK, Action, Soundfont, balanced_stems
from jukedrummer.corpus.score import KIT_PITCHES, Hit, InstrumentPart
from jukedrummer.errors import UserError

STEMS = ("drums", "bass", "other", "vocals")
STEM_LEVEL = {"drums": 0.0, "bass": -4.5, "other": -4.0, "vocals": -5.5}
"""Loudness relative to the drums, decibels. Together the others are as loud as the drums."""


@dataclass(frozen=True)
class Kit:
    """A drum kit.

    Attributes:
        program: General MIDI program of the drums.
        cymbals: General MIDI program of the cymbals.
        tuning: tuning of the drums, semitones.
    """

    program: int
    cymbals: int
    tuning: float = 0.0


KITS = {
    "standard": Kit(0, 0),
    "tight": Kit(0, 16, 2.0),
    "room": Kit(8, 0),
    "deep": Kit(8, 16, -2.5),
    "power": Kit(16, 16),
    "electronic": Kit(24, 24),
    "808": Kit(25, 25),
}
LOUDNESS = {
    "kick": -7.0,
    "snare": -9.0,
    "rim": -13.0,
    "clap": -11.0,
    "tom_low": -10.0,
    "tom_mid": -10.0,
    "tom_high": -10.0,
    "hat": -20.0,
    "pedal": -23.0,
    "open": -20.0,
    "crash": -16.0,
    "ride": -21.0,
    "bell": -20.0,
    "tambourine": -20.0,
    "shaker": -23.0,
}
"""Loudness of a stroke at velocity 100, decibels (20 ms RMS). Soundfonts differ by 20 dB."""
CYMBALS = ("hat", "pedal", "open", "crash", "ride", "bell")
BRIGHT = 4_000.0
"""Hertz. An open hi-hat with a spectral centroid below this is replaced by that of another kit."""
FALLBACK = 25
"""The program of the other kit. Most fonts have an open hi-hat in the electronic kit."""
INAUDIBLE = -65.0
"""Decibels. A piece that is not louder than this is missing in the font."""


class Band(Soundfont):
    """A soundfont that plays the demo's stems.

    Args:
        path: a .sf2 file.

    Raises:
        UserError: the file cannot be read as a soundfont, or has no drum kit.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "corpus.sources[].soundfont")
        self.gains: dict[tuple[int, str, float], float] = {}
        self.sources: dict[tuple[Kit, str], int] = {}

    def drums(self, hits: Iterable[Hit], kit: Kit, samples: int) -> np.ndarray:
        """Play the drums: float32 (samples,)."""
        hits = list(hits)
        # One channel a piece: each has its own gain, kit and tuning.
        channels = {piece: k for k, piece in enumerate(KIT_PITCHES)}
        for piece in sorted({hit.piece for hit in hits}):
            self.set_up(channels[piece], kit, piece)
        events: list[Action] = []
        for hit in hits:
            at = round(hit.start * SAMPLE_RATE)
            if hit.piece in ("hat", "pedal"):
                events.append((at, partial(self.synth.sounds_off, channels["open"])))
            stroke = (channels[hit.piece], KIT_PITCHES[hit.piece], hit.velocity)
            events.append((at, partial(self.synth.noteon, *stroke)))
        return self.play(events, samples)

    def instrument(self, part: InstrumentPart, samples: int) -> np.ndarray:
        """Play an instrument of the band: float32 (samples,)."""
        self.synth.program_select(0, self.font, 0, part.program)
        self.synth.soundfonts[self.font].channel_set_volume(0, part.volume)
        self.synth.set_tuning(0, 0.0)
        events: list[Action] = []
        for note in part.notes:
            on = round(note.start * SAMPLE_RATE)
            off = round((note.start + note.length) * SAMPLE_RATE)
            events.append((on, partial(self.synth.noteon, 0, note.pitch, note.velocity)))
            events.append((off, partial(self.synth.noteoff, 0, note.pitch)))
        return self.play(events, samples)

    def set_up(self, channel: int, kit: Kit, piece: str) -> None:
        """Set a channel to a piece of a kit with its tuning, at the loudness of `LOUDNESS`.

        Raises:
            UserError: the font does not have the piece.
        """
        program = self._source(kit, piece)
        tuning = 0.0 if piece in CYMBALS else kit.tuning
        key = (program, piece, tuning)
        if key not in self.gains:
            level, _ = self._measure(program, piece)
            if level < INAUDIBLE:
                raise UserError(
                    f"corpus.sources[].soundfont {self.path}: kit {program} has no audible {piece}"
                )
            self.gains[key] = 10 ** ((LOUDNESS[piece] - level) / 20)
        self._select(channel, program)
        self.synth.set_tuning(channel, tuning)
        self.synth.soundfonts[self.font].channel_set_volume(channel, self.gains[key])

    def _source(self, kit: Kit, piece: str) -> int:
        """The program that plays a piece: the kit's own, unless the font's piece is unusable."""
        if (kit, piece) not in self.sources:
            wanted = kit.cymbals if piece in CYMBALS else kit.program
            program = (
                wanted
                if self.has(DRUM_BANK, wanted) and self._measure(wanted, piece)[0] > INAUDIBLE
                else 0
            )
            if (
                piece == "open"
                and self._measure(program, piece)[1] < BRIGHT
                and self.has(DRUM_BANK, FALLBACK)
            ):
                program = FALLBACK
            self.sources[kit, piece] = program
        return self.sources[kit, piece]

    def _select(self, channel: int, program: int) -> None:
        self.synth.program_select(channel, self.font, DRUM_BANK, program, True)

    def _measure(self, program: int, piece: str) -> tuple[float, float]:
        """Loudness of a stroke, decibels (20 ms RMS), and the centre of its spectrum, hertz."""
        channel = 15
        self._select(channel, program)
        self.synth.soundfonts[self.font].channel_set_volume(channel, 1.0)
        self.synth.set_tuning(channel, 0.0)
        stroke: Action = (0, partial(self.synth.noteon, channel, KIT_PITCHES[piece], 100))
        sound = self.play([stroke], SAMPLE_RATE // 2)
        power = np.convolve(sound.astype(np.float64) ** 2, np.full(882, 1 / 882))
        spectrum = np.abs(np.fft.rfft(sound)) ** 2
        hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
        centre = float(spectrum @ hertz / max(spectrum.sum(), 1e-20))
        return 10 * np.log10(power.max() + 1e-20), centre


def render_stems(
    band: Band, hits: Iterable[Hit], parts: Iterable[InstrumentPart], kit: str, seconds: float
) -> dict[str, np.ndarray]:
    """Stems and mixture as int16 (samples,), by name. The mixture is the exact sum of the stems.

    Args:
        band: the soundfont.
        hits: the strokes of the drums.
        parts: the instruments of the band.
        kit: a key of `KITS`.
        seconds: length of the song.

    Raises:
        UserError: the font does not have a piece of the kit.
    """
    samples = round(seconds * SAMPLE_RATE)
    stems = {stem: np.zeros(samples) for stem in STEMS}
    stems["drums"] += band.drums(hits, KITS[kit], samples)
    for part in parts:
        stems[part.stem] += band.instrument(part, samples)
    return balanced_stems(stems, STEM_LEVEL)
