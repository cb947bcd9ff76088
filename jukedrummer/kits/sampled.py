"""A kit of recorded samples: velocity layers, and samples that are played in turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from jukedrummer.errors import UserError
from jukedrummer.kits.files import KitFiles
from jukedrummer.kits.kit import Voice
from jukedrummer.model.drum_score import LOUDEST

LONGEST_SAMPLE = 20.0  # a longer sample is faded out there
SAMPLE_FADE = 0.5
SILENT_END = 1e-5  # the end of a sample is left out where it is below this
MOST_ZONES = 20_000  # in a kit


@dataclass(frozen=True)
class Zone:
    """A sample of a kit, and the strokes that play it.

    Attributes:
        file: name of the sample.
        lowest: lowest velocity, 1 to 127.
        highest: highest velocity.
        gains: gain of the left and the right channel.
        tracking: how much the level depends on the velocity: 0 not at all, 1 fully.
        exponent: with full tracking, the gain is (velocity / 127) to this power.
        semitones: transposition.
        skip: frames that are left out at the start of the sample.
        turn: it plays the strokes whose number, modulo `turns`, is this one.
        turns: number of zones that play in turn.
    """

    file: str
    lowest: int = 1
    highest: int = LOUDEST
    gains: tuple[float, float] = (1.0, 1.0)
    tracking: float = 1.0
    exponent: float = 1.0
    semitones: float = 0.0
    skip: int = 0
    turn: int = 0
    turns: int = 1

    def gain(self, velocity: int) -> float:
        """The gain of a stroke."""
        curve: float = (velocity / LOUDEST) ** self.exponent
        return 1 - self.tracking + self.tracking * curve

    def distance(self, velocity: int) -> int:
        """How far a velocity is from those of the zone; 0 if it is one of them."""
        return max(self.lowest - velocity, velocity - self.highest, 0)


class SampledKit:
    """A kit of recorded samples. Samples are read and resampled when they are first played.

    Args:
        files: the kit's files.
        zones: zones of each piece. All zones of a stroke's velocity and turn sound together.
        rate: samples a second.
    """

    def __init__(self, files: KitFiles, zones: Mapping[str, Sequence[Zone]], rate: int) -> None:
        self.path, self.rate = files.path, rate
        self._zones = zones
        self._sound = cache(lambda zone: _read(files, zone, rate))

    def strike(self, piece: str, velocity: int, turn: int) -> list[Voice]:
        """The voices of a stroke. A velocity between two layers plays the nearest layer.

        Raises:
            UserError: a sample is missing or broken.
        """
        zones = [zone for zone in self._zones[piece] if zone.turn == turn % zone.turns]
        nearest = min(zone.distance(velocity) for zone in zones)
        return [
            (self._sound(zone), zone.gain(velocity))
            for zone in zones
            if zone.distance(velocity) == nearest
        ]


def _read(files: KitFiles, zone: Zone, rate: int) -> np.ndarray:
    """The sound of a zone: (n, 2) float32."""
    with files.open(zone.file) as source:
        try:
            with soundfile.SoundFile(source) as file:
                own = file.samplerate
                file.seek(min(zone.skip, max(0, file.frames - 1)))
                most = round(LONGEST_SAMPLE * own)
                audio = file.read(most, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, TypeError) as error:
            raise UserError(
                f"{files.path}: {zone.file} is not audio that can be read ({error})"
            ) from error
    if not np.isfinite(audio).all():
        raise UserError(f"{files.path}: {zone.file} holds a NaN or infinite sample")
    if len(audio) == most:
        fade = round(SAMPLE_FADE * own)
        audio[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    audio = audio[:, :2] if audio.shape[1] > 1 else np.repeat(audio, 2, axis=1)
    played = own * 2 ** (zone.semitones / 12)
    if played != rate and len(audio):
        audio = soxr.resample(audio, played, rate)
    return trimmed(audio * np.array(zone.gains, np.float32))


def trimmed(sound: np.ndarray) -> np.ndarray:
    """A sound (n, 2) without the inaudible end, as a contiguous array."""
    audible = np.flatnonzero(np.abs(sound).max(1, initial=0) > SILENT_END)
    return np.ascontiguousarray(sound[: audible[-1] + 1 if len(audible) else 0])


def check_zones(count: int, path: Path) -> None:
    """Check the number of zones of a kit.

    Raises:
        UserError: there are too many.
    """
    if count > MOST_ZONES:
        raise UserError(f"{path}: has {count:,} samples and layers, the limit is {MOST_ZONES:,}")
