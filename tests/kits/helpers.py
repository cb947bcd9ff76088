"""Small kits in each format, kits that are made of numbers, and scores."""

import tarfile
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from jukedrummer.kits.kit import Voice
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES

RATE = 44_100
HYDROGEN_NAMES = {"Kick": 0.5, "Snare Rock": 0.4, "Closed HH": 0.3, "Open HH": 0.2}


class ConstantKit:
    """Each piece sounds for a second, with a value of its own at full velocity.

    Args:
        rate: samples a second.
    """

    path = Path("constant")

    def __init__(self, rate: int = RATE) -> None:
        self.rate = rate

    def strike(self, piece: str, velocity: int, turn: int) -> list[Voice]:
        value = (PIECES.index(piece) + 1) / 50 + turn / 1_000
        return [(np.full((self.rate, 2), value, np.float32), velocity / 127)]


class NoiseKit(ConstantKit):
    """Each piece is a decaying noise, as drums are."""

    def strike(self, piece: str, velocity: int, turn: int) -> list[Voice]:
        return [(decaying_noise(PIECES.index(piece), self.rate), velocity / 127)]


@cache
def decaying_noise(seed: int, rate: int) -> np.ndarray:
    """A noise of a second: (rate, 2) float32."""
    decay = np.exp(-np.arange(rate) / rate * 12)[:, None]
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, (rate, 2)) * decay
    return noise.astype(np.float32)


def strokes_of(*strokes: tuple[float, str, int]) -> Strokes:
    """Strokes, each with seconds, piece and velocity (1 to 127)."""
    times, names, velocities = zip(*strokes, strict=True) if strokes else ((), (), ())
    pieces = [PIECES.index(name) for name in names]
    return Strokes.sorted(np.array(times), np.array(pieces), np.array(velocities) / 127)


def groove(seconds: float, seed: int = 0, bpm: float = 120.0) -> Strokes:
    """A rock groove with deviations of some milliseconds, a fill every fourth bar."""
    rng = np.random.default_rng(seed)
    strokes: list[tuple[float, str, int]] = []
    for step in range(int(seconds * bpm / 15)):
        time = max(0.0, step * 15 / bpm + rng.normal(0, 0.004))
        if step % 64 >= 60:
            strokes.append((time, "toms", int(rng.integers(60, 127))))
        elif step % 2 == 0:
            name = "open_hat" if step % 16 == 14 else "closed_hat"
            strokes.append((time, name, int(rng.integers(30, 100))))
        if step % 8 == 0 or rng.random() < 0.1:
            strokes.append((time, "kick", int(rng.integers(80, 127))))
        if step % 8 == 4:
            strokes.append((time, "snare", int(rng.integers(70, 127))))
        if step % 64 == 0:
            strokes.append((time, "crash", 110))
    return strokes_of(*strokes)


def write_sample(path: Path, value: float, rate: int = RATE, frames: int = 100) -> None:
    """A sample of one value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(frames, value), rate, subtype="FLOAT")


def write_hydrogen(folder: Path, names: dict[str, float] | None = None, more: str = "") -> Path:
    """A kit of Hydrogen with a sample of one value for each instrument.

    Args:
        folder: the kit.
        names: instruments and the values of their samples.
        more: more elements of each instrument.
    """
    instruments = ""
    for name, value in (HYDROGEN_NAMES if names is None else names).items():
        write_sample(folder / f"{name}.wav", value)
        layer = f"<layer><filename>{name}.wav</filename><min>0</min><max>1</max></layer>"
        instruments += f"<instrument><name>{name}</name>{more}{layer}</instrument>"
    (folder / "drumkit.xml").write_text(
        f'<drumkit_info xmlns="http://www.hydrogen-music.org/drumkit">{instruments}</drumkit_info>'
    )
    return folder


def archived(folder: Path, path: Path) -> Path:
    """A kit of Hydrogen as a .h2drumkit file."""
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, folder.name)
    return path


def write_sfz(folder: Path, text: str, **samples: float) -> Path:
    """An SFZ file, and samples of one value, by their names."""
    for name, value in samples.items():
        write_sample(folder / f"{name}.wav", value)
    path = folder / "kit.sfz"
    path.write_text(text)
    return path
