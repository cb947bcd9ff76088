"""A figure of tracked beats: waveform, activations and beats in rows, the tempo below."""

import math
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from jukedrummer.beats.annotations import usual_bpm
from jukedrummer.beats.tracker import FPS, Tracked

DPI = 100
WIDTH_INCHES = 16
ROW_INCHES = 1.9
TEMPO_INCHES = 2.2
ROW_SECONDS = 30  # short enough to separate the beats of a fast song
MOST_ROWS = 40  # longer songs have longer rows
WAVEFORM_COLUMNS = 1_600  # points of a row's waveform: one for each pixel
WAVEFORM_AT, WAVEFORM_HEIGHT = 1.55, 0.45  # above the activations, which reach from 0 to 1
TOP = 2.25
SMOOTHED = 4  # beats; a single beat has the resolution of a tracker's frame
MOST_NUMBERS = 16  # bar numbers a row
# Distinct in greyscale too: light and dashed, dark and solid (Okabe and Ito's colours).
BEAT_COLOUR, DOWNBEAT_COLOUR, QUIET = "#56b4e9", "#b03a00", "#9a9a9a"
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def beats_figure(audio: np.ndarray, sample_rate: int, tracked: Tracked, title: str) -> Figure:
    """Draw a song of any length.

    Args:
        audio: (N,) float32, mono.
        tracked: beats and, if available, activations.
        title: title of the song.
    """
    seconds = len(audio) / sample_rate
    rows = math.ceil(seconds / max(ROW_SECONDS, math.ceil(seconds / MOST_ROWS)))
    length = seconds / rows
    with mpl.rc_context(STYLE):
        heights = [ROW_INCHES] * rows + [TEMPO_INCHES]
        figure = Figure(figsize=(WIDTH_INCHES, sum(heights)), layout="constrained")
        axes = figure.subplots(rows + 1, height_ratios=heights)
        for row, place in enumerate(axes[:-1]):
            _draw_row(place, audio, sample_rate, tracked, row * length, length)
        _draw_tempo(axes[-1], tracked.beats, seconds)
        figure.suptitle(
            f"{title}: {len(tracked.beats)} beats ({tracked.tracker})", x=0.01, ha="left"
        )
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=4, frameon=False)
    return figure


def _draw_row(
    axes: Axes, audio: np.ndarray, sample_rate: int, tracked: Tracked, start: float, length: float
) -> None:
    """The seconds from `start` on."""
    _draw_waveform(axes, audio, sample_rate, start, length)
    if tracked.activations is not None:
        _draw_activations(axes, tracked.activations, start, length)
    inside = tracked.beats[(tracked.beats[:, 0] >= start) & (tracked.beats[:, 0] < start + length)]
    downbeats = inside[inside[:, 1] == 1, 0]
    others = inside[inside[:, 1] != 1, 0]
    # The lines end above the activations, so that the peaks are visible.
    axes.vlines(
        others, 1.05, 2, color=BEAT_COLOUR, linestyle=(0, (3, 1.5)), linewidth=1.1, label="beat"
    )
    axes.vlines(downbeats, 1.05, 2, color=DOWNBEAT_COLOUR, linewidth=1.6, label="downbeat")
    _number_bars(axes, tracked.beats, downbeats)
    axes.set(xlim=(start, start + length), ylim=(0, TOP))
    axes.set_yticks([0, 0.5, 1, WAVEFORM_AT], ["0", "0.5", "1", "sound"])
    _mark_time(axes)


def _draw_activations(axes: Axes, activations: np.ndarray, start: float, length: float) -> None:
    first, last = int(start * FPS), math.ceil((start + length) * FPS) + 1
    times = np.arange(len(activations))[first:last] / FPS
    beat, downbeat = activations[first:last, 1], activations[first:last, 2]
    axes.plot(times, beat, color="black", linewidth=0.8, label="beat activation")
    axes.plot(times, downbeat, color=DOWNBEAT_COLOUR, linewidth=1.4, label="downbeat activation")


def _draw_waveform(
    axes: Axes, audio: np.ndarray, sample_rate: int, start: float, length: float
) -> None:
    """Lowest and highest sample of each column, scaled by the song's peak."""
    row = audio[round(start * sample_rate) : round((start + length) * sample_rate)]
    if len(row) == 0:
        return
    edges = np.unique(
        np.linspace(0, len(row), min(WAVEFORM_COLUMNS, len(row)), endpoint=False).astype(int)
    )
    scale = WAVEFORM_HEIGHT / max(1e-9, float(np.abs(audio).max()))
    low, high = (
        WAVEFORM_AT + scale * find.reduceat(row, edges) for find in (np.minimum, np.maximum)
    )
    axes.fill_between(start + edges / sample_rate, low, high, color=QUIET, linewidth=0.3)


def _number_bars(axes: Axes, beats: np.ndarray, downbeats: np.ndarray) -> None:
    """Bars are counted from the song's first downbeat."""
    every = beats[beats[:, 1] == 1, 0]
    for time in downbeats[:: 1 + len(downbeats) // MOST_NUMBERS]:
        number = int(np.searchsorted(every, time)) + 1
        axes.text(
            time, 2.02, str(number), color=DOWNBEAT_COLOUR, ha="center", va="bottom", fontsize=8
        )


def _draw_tempo(axes: Axes, beats: np.ndarray, seconds: float) -> None:
    axes.set_xlim(0, seconds)
    axes.set_ylabel("BPM")
    _mark_time(axes)
    if len(beats) < 2:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no tempo: fewer than two beats", ha="center", transform=axes.transAxes)
        return
    each, usual = 60 / np.diff(beats[:, 0]), usual_bpm(beats)
    axes.step(
        beats[:, 0],
        np.append(each, each[-1]),
        QUIET,
        where="post",
        linewidth=0.8,
        label="each beat",
    )
    if len(beats) > SMOOTHED:
        times = beats[:, 0]
        smooth = 60 * SMOOTHED / (times[SMOOTHED:] - times[:-SMOOTHED])
        middle = (times[SMOOTHED:] + times[:-SMOOTHED]) / 2
        axes.plot(middle, smooth, color="black", linewidth=1.2, label=f"over {SMOOTHED} beats")
    axes.axhline(
        usual, color=DOWNBEAT_COLOUR, linestyle="--", linewidth=1, label=f"usually {usual:.1f}"
    )
    # At least 10 % on both sides, so that the line of a steady song looks steady.
    axes.set_ylim(min(0.9 * usual, 0.98 * each.min()), max(1.1 * usual, 1.02 * each.max()))
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0)


def _mark_time(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(nbins=16, steps=[1, 2, 3, 5, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds)))


def clock(seconds: float) -> str:
    """1:05, or 1:05.5 between seconds."""
    minutes, rest = divmod(round(float(seconds), 1), 60)
    return f"{int(minutes)}:{rest:02.0f}" if rest.is_integer() else f"{int(minutes)}:{rest:04.1f}"
