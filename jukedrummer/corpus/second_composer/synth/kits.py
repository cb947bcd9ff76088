"""The drum kit of a song: every piece in three degrees of hardness, and the kit's room."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.score import Hit
from jukedrummer.corpus.second_composer.synth.designs import DESIGNS, KitDesign
from jukedrummer.corpus.second_composer.synth.pieces import MAKERS
from jukedrummer.corpus.second_composer.synth.signals import band, crushed, in_room, saturated

LOUDNESS_OF = {
    "kick": -7.0,
    "snare": -8.5,
    "rim": -13.0,
    "clap": -10.5,
    "tom_low": -9.5,
    "tom_mid": -9.5,
    "tom_high": -10.0,
    "hat": -19.0,
    "pedal": -22.0,
    "open": -18.0,
    "crash": -14.5,
    "ride": -19.5,
    "bell": -18.5,
    "tambourine": -19.0,
    "shaker": -22.0,
}
"""Loudness of a stroke at velocity 100, decibels (20 ms RMS)."""
HARDNESS = (0.35, 0.7, 1.0)
HARDER = (55, 95)
"""Velocities from which the next hardness sounds."""
SOUND_VERSIONS = 2
"""Sounds of each piece and hardness, so that repeated strokes differ."""
CHOKED = {"hat": "hats", "pedal": "hats", "open": "hats", "kick": "kick"}
"""Pieces that a stroke of the same group silences."""
LOUD_SAMPLES = 4_410
"""The loudness of a stroke is that of its first 0.1 s."""
NEVER = 1e6
"""Seconds, beyond the end of any song."""
CHOKE_FADE = 300
"""Samples in which a silenced stroke fades."""


class DrumKit:
    """The kit of one song.

    Args:
        name: key of `DESIGNS`.
        random: decides how this kit differs from others of its design, and its noise.
    """

    def __init__(self, name: str, random: np.random.Generator) -> None:
        self.random = random
        self.design = _varied(DESIGNS[name], random)
        self.offsets = {piece: random.normal(0, 0.8) for piece in MAKERS}
        self.sounds: dict[tuple[str, int, int], np.ndarray] = {}

    def play(self, hits: Iterable[Hit], samples: int) -> np.ndarray:
        """The drums of a song, (samples,)."""
        hits = list(hits)
        ends = _ends(hits)
        wave = np.zeros(samples)
        for number, (hit, end) in enumerate(zip(hits, ends, strict=True)):
            start = round(hit.start * SAMPLE_RATE)
            sound = self.stroke(hit.piece, hit.velocity, number % SOUND_VERSIONS)
            choked = round(end * SAMPLE_RATE) + CHOKE_FADE
            lasting = min(len(sound), samples - start, choked - start)
            if lasting <= 0:
                continue
            part = sound[:lasting]
            if lasting < len(sound):
                part = part * np.clip((lasting - np.arange(lasting)) / CHOKE_FADE, 0, 1)
            wave[start : start + lasting] += part
        return self._treated(wave)

    def stroke(self, piece: str, velocity: int, version: int = 0) -> np.ndarray:
        """The sound of a stroke, (n,), before saturation and room.

        Args:
            piece: key of `MAKERS`.
            velocity: 1 to 127.
            version: 0 to `SOUND_VERSIONS` - 1.
        """
        hardness = sum(velocity >= limit for limit in HARDER)
        key = (piece, hardness, version)
        if key not in self.sounds:
            self.sounds[key] = self._made(piece, HARDNESS[hardness])
        sound: np.ndarray = self.sounds[key] * (velocity / 100) ** 1.6
        return sound

    def _made(self, piece: str, hard: float) -> np.ndarray:
        """The sound of a piece at velocity 100, at its loudness."""
        sound = MAKERS[piece](self.design, self.random, hard)
        sound = crushed(sound, self.design.bits, 2) if self.design.bits else sound
        power = np.convolve(sound[:LOUD_SAMPLES] ** 2, np.full(882, 1 / 882))
        group = "toms" if piece.startswith("tom") else piece
        decibels = LOUDNESS_OF[piece] + self.offsets[piece] + self.design.levels.get(group, 0)
        loud: np.ndarray = sound * 10 ** (decibels / 20) / np.sqrt(power.max())
        return loud

    def _treated(self, wave: np.ndarray) -> np.ndarray:
        """The sum of the strokes with saturation, the highest frequency, and room."""
        kit = self.design
        wave = saturated(wave, kit.drive) if kit.drive else wave
        wave = band(wave, 28.0, kit.high)
        return in_room(wave, self.random, kit.room[0], min(kit.high, 9_000), kit.room[1])


def _varied(design: KitDesign, random: np.random.Generator) -> KitDesign:
    def near(*values: float) -> list[float]:
        return [value * float(np.exp(random.normal(0, 0.07))) for value in values]

    kick, snare, wires = near(*design.kick), near(*design.snare), near(*design.wires)
    toms, cymbals, (hat,) = near(*design.toms), near(*design.cymbals), near(design.hat)
    return replace(
        design,
        kick=(kick[0], kick[1], design.kick[2]),
        snare=(snare[0], snare[1]),
        wires=(wires[0], wires[1]),
        toms=(toms[0], toms[1]),
        cymbals=(cymbals[0], cymbals[1]),
        hat=hat,
        metal=int(random.integers(2**31)),
    )


def _ends(hits: list[Hit]) -> list[float]:
    """When each stroke is silenced, seconds: at the next stroke of its group, or never."""
    following: dict[str, float] = {}
    ends = []
    for hit in reversed(hits):
        group = CHOKED.get(hit.piece, hit.piece)
        ends.append(following.get(group, NEVER) if hit.piece in CHOKED else NEVER)
        following[group] = hit.start
    return ends[::-1]
