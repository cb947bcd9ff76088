"""The beats of a song in numbers."""

from dataclasses import dataclass

import numpy as np

from jukedrummer.beats.annotations import usual_bpm
from jukedrummer.beats.representations import bar_positions
from jukedrummer.beats.tracker import Tracked


@dataclass(frozen=True)
class BeatSummary:
    """The beats of a song in numbers.

    Attributes:
        beats: number of beats.
        bpm: usual tempo in beats a minute; None with fewer than two beats.
        meter: the most common number of beats in a bar; None without beats.
    """

    beats: int
    bpm: float | None
    meter: int | None


def summary(beats: np.ndarray) -> BeatSummary:
    """Number, tempo and meter of beats (n, 2): seconds, bar position."""
    meters = bar_positions(beats[:, 1])[0].astype(int) if len(beats) else np.empty(0, int)
    return BeatSummary(
        beats=len(beats),
        bpm=usual_bpm(beats) if len(beats) > 1 else None,
        meter=int(np.bincount(meters).argmax()) if len(meters) else None,
    )


def summary_line(tracked: Tracked) -> str:
    """The summary as a line, with the tracker's confidence."""
    numbers = summary(tracked.beats)
    parts = [f"{numbers.beats} beat{'s' * (numbers.beats != 1)}"]
    if numbers.bpm is not None:
        parts.append(f"{numbers.bpm:.1f} BPM")
    if numbers.meter is not None:
        parts.append(f"{numbers.meter} beats a bar")
    return ", ".join([*parts, f"confidence {tracked.confidence:.2f} ({tracked.tracker})"])
