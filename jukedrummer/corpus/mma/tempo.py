"""The tempo of each beat, and the time signatures."""

import numpy as np

from jukedrummer.corpus.mma.parts import BarTicks
from jukedrummer.corpus.mma.plan import MmaPlan

WAVE_PERIODS = (16, 48), (40, 128)
"""Limits of the periods of the two waves that the tempo follows, beats."""
WEIGHTS = 0.65, 0.35
RITARDANDO_SHARE = 0.12
RITARDANDO = 0.14
"""How much slower the last bar of a ritardando ends, relative to the tempo."""


def tempi_of_beats(plan: MmaPlan, beats: int) -> np.ndarray:
    """The tempo of each beat, beats a minute: (beats,).

    It changes smoothly, by at most `plan.drift`. Some songs end with a ritardando.

    Args:
        plan: the song.
        beats: number of beats.
    """
    random = plan.random("tempo")
    periods = np.array([random.uniform(*limits) for limits in WAVE_PERIODS])
    phases = random.uniform(0, 2 * np.pi, 2)
    waves = np.sin(2 * np.pi * np.arange(beats)[:, None] / periods + phases) @ WEIGHTS
    tempi: np.ndarray = plan.bpm * (1 + plan.drift * waves)
    if plan.drift and random.random() < RITARDANDO_SHARE:
        last = plan.bars[-1].meter.beats
        tempi[-last:] *= np.linspace(1, 1 - RITARDANDO, last)
    return tempi


def tempo_events(plan: MmaPlan, bars: BarTicks) -> list[tuple[int, int]]:
    """Ticks and microseconds a quarter note of the time signature; one event for each change."""
    ticks = np.concatenate([bars.beats(bar) for bar in range(len(plan.bars))])
    quarters = 1.5 if plan.style.meter.compound else 1.0
    lengths = np.rint(60e6 / tempi_of_beats(plan, len(ticks)) / quarters).astype(int)
    events: list[tuple[int, int]] = []
    for tick, length in zip(ticks.tolist(), lengths.tolist(), strict=True):
        if not events or length != events[-1][1]:
            events.append((round(tick), length))
    return events


def signature_events(plan: MmaPlan, bars: BarTicks) -> list[tuple[int, int, int]]:
    """Ticks, numerators and denominators of the time signatures; one event for each change."""
    events: list[tuple[int, int, int]] = []
    for number, bar in enumerate(plan.bars):
        signature = (bar.meter.numerator, bar.meter.denominator)
        if not events or events[-1][1:] != signature:
            events.append((bars.span(number)[0], *signature))
    return events
