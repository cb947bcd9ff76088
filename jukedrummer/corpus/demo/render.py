"""Notes to sound with a soundfont, and the balance of the stems."""

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tinysoundfont
from tinysoundfont import _tinysoundfont

from jukedrummer.corpus.demo.score import PIECES, Hit, Part
from jukedrummer.errors import UserError

RATE = 44_100
DRUM_BANK = 128
STEMS = ("drums", "bass", "other", "vocals")
STEM_LEVEL = {"drums": 0.0, "bass": -4.5, "other": -4.0, "vocals": -5.5}
"""Loudness of each stem beside the drums, decibels: all others together are as loud as the drums."""
PEAK = 0.89
"""Highest sample of any stem or of the mixture, of full scale."""


@dataclass(frozen=True)
class Kit:
    """A drum kit: General MIDI programs of its drums and its cymbals; the drums' tuning in semitones."""

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
    "tambourine": -20.0,
    "shaker": -23.0,
}
"""How loud a piece struck at velocity 100 is made, decibels (20 ms RMS): soundfonts disagree by 20 dB."""
CYMBALS = ("hat", "pedal", "open", "crash", "ride")
BRIGHT = 4_000.0
"""Hz. An open hi-hat whose spectrum is centred below this is taken from another kit."""
FALLBACK = 25
"""The kit that an open hi-hat is taken from: the electronic one has it in most fonts."""
INAUDIBLE = -65.0


def default_soundfont() -> Path:
    """The soundfont inside the pretty_midi package.

    Raises:
        UserError: the package is not installed or has no soundfont.
    """
    spec = importlib.util.find_spec("pretty_midi")
    path = Path(spec.origin).parent / "TimGM6mb.sf2" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise UserError(
            "corpus.soundfont is null and pretty_midi has no TimGM6mb.sf2; name a .sf2 file"
        )
    return path


class Band:
    """A loaded soundfont that plays stems. Load it once a process: large fonts take half a second."""

    def __init__(self, path: Path) -> None:
        """Load the font and look for its drum kits.

        Raises:
            UserError: the file is missing, no soundfont, or has no drum kit.
        """
        if not path.is_file():
            raise UserError(f"corpus.soundfont {path}: no such file")
        self.path = path
        self.synth = tinysoundfont.Synth(samplerate=RATE)
        try:
            self.font = self.synth.sfload(str(path))
        except Exception as error:
            raise UserError(
                f"corpus.soundfont {path}: is not a soundfont (.sf2) that can be read"
            ) from error
        mono = _tinysoundfont.OutputMode.Mono
        self.synth.soundfonts[self.font].set_output(mono, RATE, 0.0)
        if not self._has_kit(0):
            raise UserError(
                f"corpus.soundfont {path}: has no drum kit (bank {DRUM_BANK}, program 0)"
            )
        self.gains: dict[tuple[int, str, float], float] = {}
        self.sources: dict[tuple[Kit, str], int] = {}

    def drums(self, hits: Iterable[Hit], kit: Kit, samples: int) -> np.ndarray:
        """Play the drums: float32 (samples,)."""
        hits = list(hits)
        # One channel a piece: each has its own gain, kit and tuning.
        channels = {piece: k for k, piece in enumerate(PIECES)}
        for piece in sorted({hit.piece for hit in hits}):
            self._set_up(channels[piece], kit, piece)
        events = []
        for hit in hits:
            at = round(hit.start * RATE)
            if hit.piece in ("hat", "pedal"):
                events.append((at, lambda c=channels["open"]: self.synth.sounds_off(c)))
            args = (channels[hit.piece], PIECES[hit.piece], hit.velocity)
            events.append((at, lambda a=args: self.synth.noteon(*a)))
        return self._play(events, samples)

    def part(self, part: Part, samples: int) -> np.ndarray:
        """Play an instrument of the band: float32 (samples,)."""
        self.synth.program_select(0, self.font, 0, part.program)
        self.synth.soundfonts[self.font].channel_set_volume(0, part.volume)
        self.synth.set_tuning(0, 0.0)
        events = []
        for note in part.notes:
            on, off = round(note.start * RATE), round((note.start + note.length) * RATE)
            events.append((on, lambda n=note: self.synth.noteon(0, n.pitch, n.velocity)))
            events.append((off, lambda n=note: self.synth.noteoff(0, n.pitch)))
        return self._play(events, samples)

    def _play(self, events: list, samples: int) -> np.ndarray:
        """Play the events, each at its sample, then let nothing ring on into the next stem."""
        output = np.zeros(samples, np.float32)
        done = 0
        for at, action in sorted(events, key=lambda event: event[0]):
            self._generate(output[done:at])
            done = max(done, min(at, samples))
            action()
        self._generate(output[done:])
        self.synth.sounds_off()
        self._generate(np.empty(2 * RATE, np.float32))
        return output

    def _generate(self, output: np.ndarray) -> None:
        if len(output):
            self.synth.generate(len(output), memoryview(output).cast("B"))

    def _set_up(self, channel: int, kit: Kit, piece: str) -> None:
        program = self._source(kit, piece)
        tuning = 0.0 if piece in CYMBALS else kit.tuning
        key = (program, piece, tuning)
        if key not in self.gains:
            level, _ = self._measure(program, piece)
            if level < INAUDIBLE:
                raise UserError(
                    f"corpus.soundfont {self.path}: kit {program} has no {piece} to be heard"
                )
            self.gains[key] = 10 ** ((LOUDNESS[piece] - level) / 20)
        self._select(channel, program)
        self.synth.set_tuning(channel, tuning)
        self.synth.soundfonts[self.font].channel_set_volume(channel, self.gains[key])

    def _source(self, kit: Kit, piece: str) -> int:
        """The program that plays a piece: the kit's own, unless the font lacks it or it clangs."""
        if (kit, piece) not in self.sources:
            wanted = kit.cymbals if piece in CYMBALS else kit.program
            program = (
                wanted
                if self._has_kit(wanted) and self._measure(wanted, piece)[0] > INAUDIBLE
                else 0
            )
            if (
                piece == "open"
                and self._measure(program, piece)[1] < BRIGHT
                and self._has_kit(FALLBACK)
            ):
                program = FALLBACK
            self.sources[kit, piece] = program
        return self.sources[kit, piece]

    def _has_kit(self, program: int) -> bool:
        return self.synth.sfpreset_name(self.font, DRUM_BANK, program) is not None

    def _select(self, channel: int, program: int) -> None:
        self.synth.program_select(channel, self.font, DRUM_BANK, program, True)

    def _measure(self, program: int, piece: str) -> tuple[float, float]:
        """Loudness of a piece's stroke in decibels (20 ms RMS) and the centre of its spectrum in Hz."""
        channel = 15
        self._select(channel, program)
        self.synth.soundfonts[self.font].channel_set_volume(channel, 1.0)
        self.synth.set_tuning(channel, 0.0)
        sound = self._play([(0, lambda: self.synth.noteon(channel, PIECES[piece], 100))], RATE // 2)
        power = np.convolve(sound.astype(np.float64) ** 2, np.full(882, 1 / 882))
        spectrum = np.abs(np.fft.rfft(sound)) ** 2
        centre = float(
            spectrum @ np.fft.rfftfreq(len(sound), 1 / RATE) / max(spectrum.sum(), 1e-20)
        )
        return 10 * np.log10(power.max() + 1e-20), centre


def render(
    band: Band, hits: Iterable[Hit], parts: Iterable[Part], kit: str, seconds: float
) -> dict:
    """Stems and mixture as int16 (samples,), by name; the mixture is the exact sum of the stems."""
    samples = round(seconds * RATE)
    stems = {stem: np.zeros(samples) for stem in STEMS}
    stems["drums"] += band.drums(hits, KITS[kit], samples)
    for part in parts:
        stems[part.stem] += band.part(part, samples)
    fade = np.ones(samples)
    fade[-RATE // 2 :] = np.linspace(1, 0, RATE // 2)
    balanced = {stem: _balanced(wave * fade, STEM_LEVEL[stem]) for stem, wave in stems.items()}
    mixture = sum(balanced.values())
    peak = max(np.abs(wave).max() for wave in (*balanced.values(), mixture))
    scale = PEAK * 32_767 / peak
    whole = {stem: np.rint(wave * scale).astype(np.int16) for stem, wave in balanced.items()}
    # Adding whole numbers is exact; rounding moves the peak by at most two.
    return {
        "mixture": sum(wave.astype(np.int32) for wave in whole.values()).astype(np.int16),
        **whole,
    }


def _balanced(wave: np.ndarray, level: float) -> np.ndarray:
    """Scale to a loudness: the RMS of the half seconds in which the stem plays."""
    blocks = wave[: len(wave) // (RATE // 2) * (RATE // 2)].reshape(-1, RATE // 2)
    power = (blocks**2).mean(1)
    playing = power[power > power.max() * 1e-3]
    return wave * 10 ** (level / 20) / np.sqrt(playing.mean() + 1e-20)
