"""Parts of every renderer of notes: a soundfont that plays events, and the level of a stem."""

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import tinysoundfont
from tinysoundfont import _tinysoundfont

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError

DRUM_BANK = 128
PEAK = 0.89
"""Highest sample of all files of a song, relative to full scale."""

Action = tuple[int, Callable[[], object]]
"""The sample of an event, and the synthesiser's action at that sample."""


def default_soundfont() -> Path:
    """The soundfont inside the pretty_midi package.

    Raises:
        UserError: the package is not installed or has no soundfont.
    """
    spec = importlib.util.find_spec("pretty_midi")
    path = Path(spec.origin).parent / "TimGM6mb.sf2" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise UserError(
            "the section corpus names no soundfont and pretty_midi has no TimGM6mb.sf2; "
            "name a .sf2 file"
        )
    return path


class Soundfont:
    """A soundfont that plays events. It is loaded once per process; a large one takes 0.5 s.

    Args:
        path: a .sf2 file.
        where: the config key that names it, for messages.

    Raises:
        UserError: the file cannot be read as a soundfont, or has no drum kit.
    """

    def __init__(self, path: Path, where: str) -> None:
        self.path = path
        self.synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
        try:
            self.font = self.synth.sfload(str(path))
        except Exception as error:
            raise UserError(
                f"{where} {path}: is not a soundfont (.sf2, .sf3) that can be read"
            ) from error
        mono = _tinysoundfont.OutputMode.Mono
        self.synth.soundfonts[self.font].set_output(mono, SAMPLE_RATE, 0.0)
        if not self.has(DRUM_BANK, 0):
            raise UserError(f"{where} {path}: has no drum kit (bank {DRUM_BANK}, program 0)")

    def has(self, bank: int, program: int) -> bool:
        """Whether the font has a program."""
        return self.synth.sfpreset_name(self.font, bank, program) is not None

    def play(self, events: list[Action], samples: int) -> np.ndarray:
        """Play the events, each at its sample, and silence the synthesiser after them.

        Returns:
            float32 (samples,).
        """
        output = np.zeros(samples, np.float32)
        done = 0
        for at, action in sorted(events, key=lambda event: event[0]):
            self.generate(output[done:at])
            done = max(done, min(at, samples))
            action()
        self.generate(output[done:])
        self.synth.sounds_off()
        self.generate(np.empty(2 * SAMPLE_RATE, np.float32))
        return output

    def generate(self, output: np.ndarray) -> None:
        """Fill `output`, float32 (samples,), with the synthesiser's output."""
        if len(output):
            self.synth.generate(len(output), output.data.cast("B"))


def fade_out(samples: int) -> np.ndarray:
    """Gains (samples,): 1, and a line from 1 to 0 in the last half second."""
    fade = np.ones(samples)
    fade[-SAMPLE_RATE // 2 :] = np.linspace(1, 0, SAMPLE_RATE // 2)
    return fade


def playing_level(wave: np.ndarray) -> float:
    """The RMS of the half seconds in which a stem (samples,) plays."""
    half = SAMPLE_RATE // 2
    power = (wave[: len(wave) // half * half].reshape(-1, half) ** 2).mean(1)
    playing = power[power > power.max() * 1e-3]
    return float(np.sqrt(playing.mean() + 1e-20))


def balanced_stems(
    stems: Mapping[str, np.ndarray], levels: Mapping[str, float]
) -> dict[str, np.ndarray]:
    """Stems and mixture as int16 (samples,), by name. The mixture is the exact sum of the stems.

    The last half second is faded out. The highest sample of all files is `PEAK`.

    Args:
        stems: (samples,) by name, with any gain.
        levels: loudness of each stem by name, decibels: the RMS of the half seconds in which it
            plays.
    """
    balanced = {}
    for name, wave in stems.items():
        faded = wave * fade_out(len(wave))
        balanced[name] = faded * 10 ** (levels[name] / 20) / playing_level(faded)
    mixture = sum(balanced.values())
    peak = max(np.abs(wave).max() for wave in (*balanced.values(), mixture))
    scale = PEAK * 32_767 / peak
    whole = {name: np.rint(wave * scale).astype(np.int16) for name, wave in balanced.items()}
    # Sums of whole numbers are exact. Rounding changes the peak by at most two.
    return {
        "mixture": sum(wave.astype(np.int32) for wave in whole.values()).astype(np.int16),
        **whole,
    }
