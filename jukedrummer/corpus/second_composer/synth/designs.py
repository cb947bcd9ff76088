"""How the drum kits differ."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KitDesign:
    """How a kit sounds. Pitches are in hertz, decays (t60) in seconds.

    Attributes:
        kick: pitch, decay, and how far the pitch falls, as a ratio.
        beater: level of the beater's click.
        snare: pitch and decay of the shell.
        wires: level and decay of the snare's wires.
        toms: pitch of the lowest tom, and decay.
        cymbals: lowest frequency of the cymbals, and factor of their decays.
        squares: share of square waves in the cymbals, 0 to 1, as in drum machines.
        hat: decay of the closed hi-hat.
        drive: saturation of all; 0 for none.
        high: highest frequency of all.
        bits: bits of each sample; 0 for all.
        room: decay and level of the room.
        levels: loudness of pieces relative to `LOUDNESS_OF`, decibels.
        metal: seed of the frequencies of the cymbals, which are the same in every stroke.
    """

    kick: tuple[float, float, float]
    beater: float
    snare: tuple[float, float]
    wires: tuple[float, float]
    toms: tuple[float, float]
    cymbals: tuple[float, float]
    squares: float
    hat: float
    drive: float
    high: float
    bits: int
    room: tuple[float, float]
    levels: dict[str, float]
    metal: int = 0


DESIGNS = {
    "maple": KitDesign(
        kick=(58, 0.42, 2.0),
        beater=0.35,
        snare=(205, 0.22),
        wires=(0.9, 0.24),
        toms=(88, 0.75),
        cymbals=(320, 1.0),
        squares=0.0,
        hat=0.085,
        drive=0.0,
        high=20_000,
        bits=0,
        room=(0.45, 0.45),
        levels={},
    ),
    "dry": KitDesign(
        kick=(66, 0.2, 1.5),
        beater=0.2,
        snare=(172, 0.11),
        wires=(0.6, 0.13),
        toms=(96, 0.26),
        cymbals=(420, 0.55),
        squares=0.0,
        hat=0.05,
        drive=1.2,
        high=8_500,
        bits=0,
        room=(0.12, 0.2),
        levels={"kick": 1.0, "crash": -2.0, "ride": 1.0},
    ),
    "jazz": KitDesign(
        kick=(82, 0.5, 1.25),
        beater=0.12,
        snare=(228, 0.3),
        wires=(1.3, 0.3),
        toms=(118, 0.9),
        cymbals=(240, 1.5),
        squares=0.0,
        hat=0.11,
        drive=0.0,
        high=15_000,
        bits=0,
        room=(0.7, 0.5),
        levels={"kick": -4.0, "snare": -2.0, "ride": 2.0, "crash": -1.0, "pedal": 3.0},
    ),
    "arena": KitDesign(
        kick=(50, 0.36, 3.2),
        beater=1.1,
        snare=(186, 0.28),
        wires=(1.1, 0.34),
        toms=(72, 0.95),
        cymbals=(380, 1.15),
        squares=0.0,
        hat=0.1,
        drive=1.6,
        high=20_000,
        bits=0,
        room=(0.95, 0.8),
        levels={"crash": 1.5, "open": 1.5, "toms": 1.0},
    ),
    "analogue": KitDesign(
        kick=(49, 0.95, 3.5),
        beater=0.15,
        snare=(182, 0.14),
        wires=(0.75, 0.17),
        toms=(92, 0.55),
        cymbals=(540, 0.8),
        squares=0.85,
        hat=0.06,
        drive=0.8,
        high=20_000,
        bits=0,
        room=(0.1, 0.06),
        levels={"kick": 1.5, "hat": 1.0, "clap": 1.0},
    ),
    "sampler": KitDesign(
        kick=(62, 0.28, 2.4),
        beater=0.5,
        snare=(240, 0.16),
        wires=(1.0, 0.19),
        toms=(104, 0.45),
        cymbals=(360, 0.7),
        squares=0.0,
        hat=0.065,
        drive=2.2,
        high=11_000,
        bits=9,
        room=(0.2, 0.35),
        levels={"snare": 1.0, "hat": 2.0, "ride": 2.0},
    ),
}
MACHINES = ("analogue",)
"""Kits that play exactly in time."""
