"""The notes of a song to its stems, with the synthesiser or with a soundfont."""

from collections.abc import Iterable

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.demo.render import Band, Kit
from jukedrummer.corpus.render import balanced_stems
from jukedrummer.corpus.score import Hit, InstrumentPart
from jukedrummer.corpus.second_composer.synth.kits import DrumKit
from jukedrummer.corpus.second_composer.synth.signals import in_room
from jukedrummer.corpus.second_composer.synth.voices import play_voice

STEM_LEVELS = {"drums": 0.0, "bass": -4.0, "harmony": -3.5, "lead": -7.0}
"""Loudness relative to the drums, decibels. Songs differ by `SPREAD`."""
SPREAD = 1.2
"""Decibels, standard deviation."""
FONT_KITS = {
    "maple": Kit(8, 0, 1.0),
    "dry": Kit(16, 8, -1.5),
    "jazz": Kit(32, 32),
    "arena": Kit(16, 0, -2.5),
    "analogue": Kit(25, 25),
    "sampler": Kit(24, 0, 2.5),
}
"""The kits of a soundfont. A font without a program has its first kit instead."""
LOUDNESS_WINDOW = 4_410
"""Samples in which the loudness of an instrument is measured: 0.1 s."""


def mix_song(
    random: np.random.Generator,
    hits: Iterable[Hit],
    parts: Iterable[InstrumentPart],
    kit: str,
    seconds: float,
    font: Band | None,
) -> dict[str, np.ndarray]:
    """Stems and mixture as int16 (samples,), by name. The mixture is the exact sum of the stems.

    Args:
        random: decides noise, rooms, and the balance.
        hits: the strokes of the drums.
        parts: the instruments of the band.
        kit: key of `FONT_KITS`.
        seconds: length of the song.
        font: plays all instead of the synthesiser.

    Raises:
        UserError: the soundfont does not have a piece of the kit.
    """
    samples = round(seconds * SAMPLE_RATE)
    drum_sound, voice_sound, room = random.spawn(3)
    if font:
        drums = font.drums(hits, FONT_KITS[kit], samples)
    else:
        drums = DrumKit(kit, drum_sound).play(hits, samples)
    stems: dict[str, np.ndarray] = {}
    for part in parts:
        wave = font.instrument(part, samples) if font else play_voice(part, voice_sound, samples)
        wave = wave * (part.volume / loudness(wave))
        stems[part.stem] = stems.get(part.stem, 0.0) + wave
    size, level = room.uniform(0.25, 0.9), room.uniform(0.1, 0.35)
    dry = tuple(stems) if font else ("bass",)
    stems = {
        name: wave if name in dry else in_room(wave, room, size, 6_000, level)
        for name, wave in stems.items()
    }
    levels = {name: level + room.normal(0, SPREAD) for name, level in STEM_LEVELS.items()}
    return balanced_stems({"drums": drums, **stems}, levels)


def loudness(wave: np.ndarray) -> float:
    """The RMS of the loudest twentieth of the tenths of a second of an instrument (samples,)."""
    power = (
        wave[: len(wave) // LOUDNESS_WINDOW * LOUDNESS_WINDOW].reshape(-1, LOUDNESS_WINDOW) ** 2
    ).mean(1)
    return float(np.sqrt(np.quantile(power, 0.95) + 1e-12))
