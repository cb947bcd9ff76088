"""Histograms of a measure."""

import math
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from jukedrummer.report.figures import ACCENT, CHART_INCHES, SECOND, STYLE, svg
from jukedrummer.report.inspection.measures import Measure

FEWEST_BINS, MOST_BINS = 8, 32  # limits of the bins, which are the root of the number of songs
WIDE_RANGE = 8.0  # ratio of largest to smallest value above which the axis is logarithmic
MOST_BARS = 12  # bars of a discrete measure; the rarest values are not drawn


def bin_edges(series: Mapping[str, np.ndarray], *, logarithmic: bool = False) -> np.ndarray:
    """Edges of the bins over all values, (bins + 1,), in equal steps, maybe of logarithms.

    Args:
        series: at least one value in all.
        logarithmic: whether the steps are of logarithms if all values are above 0.
    """
    values = np.concatenate(list(series.values()))
    low, high = float(values.min()), float(values.max())
    bins = min(max(math.isqrt(len(values)), FEWEST_BINS), MOST_BINS)
    if is_logarithmic(series, logarithmic):
        edges = np.geomspace(low, high, bins + 1)
        edges[[0, -1]] = low, high  # rounding would leave out the extremes
        return edges
    if high - low < 1e-9 * max(1.0, abs(low)):
        return np.linspace(low - 0.5, high + 0.5, FEWEST_BINS + 2)  # one bin is in the middle
    return np.linspace(low, high, bins + 1)


def is_logarithmic(series: Mapping[str, np.ndarray], wanted: bool) -> bool:
    """Whether the axis is logarithmic: `wanted`, all values above 0, and a wide range."""
    values = np.concatenate(list(series.values()))
    return wanted and bool(values.min() > 0) and values.max() > WIDE_RANGE * values.min()


def value_counts(series: Mapping[str, np.ndarray]) -> dict[float, int]:
    """Number of songs of each value, in ascending order; at most the `MOST_BARS` most frequent."""
    values, counts = np.unique(np.concatenate(list(series.values())), return_counts=True)
    chosen = np.sort(np.argsort(-counts, kind="stable")[:MOST_BARS])
    return {float(values[place]): int(counts[place]) for place in chosen}


def histogram(measure: Measure, series: Mapping[str, np.ndarray]) -> str:
    """The numbers of songs over a measure's values, as SVG.

    Args:
        measure: the measure.
        series: label to its known values; at least one value in all.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=CHART_INCHES)
        axes = figure.add_subplot()
        if measure.discrete:
            _draw_bars(axes, measure, value_counts(series))
        else:
            _draw_steps(axes, measure, series)
        axes.set_ylabel("songs")
        axes.set_xlabel(measure.unit)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
        axes.grid(axis="x", visible=False)
    return svg(figure, f"Histogram of {measure.title}: {spread(measure, series)}")


def _draw_bars(axes: Axes, measure: Measure, counts: Mapping[float, int]) -> None:
    labels = [measure.text(value) for value in counts]
    axes.bar(range(len(labels)), list(counts.values()), width=0.6, color=ACCENT)
    axes.set_xlim(-0.7, max(len(labels), 3) - 0.3)
    axes.set_xticks(range(len(labels)), labels, rotation=30 if len(labels) > 5 else 0)


def _draw_steps(axes: Axes, measure: Measure, series: Mapping[str, np.ndarray]) -> None:
    edges = bin_edges(series, logarithmic=measure.logarithmic)
    single = len(series) == 1
    for place, (label, values) in enumerate(series.items()):
        counts = np.histogram(values, edges)[0]
        if place == 0:
            axes.stairs(counts, edges, fill=True, color=ACCENT if single else SECOND, label=label)
        else:
            axes.stairs(counts, edges, color=ACCENT, linewidth=1.8, label=label)
    if is_logarithmic(series, measure.logarithmic):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    if not single:
        axes.legend(
            frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0
        )


def spread(measure: Measure, series: Mapping[str, np.ndarray]) -> str:
    """Median and most values of each series in words."""

    def text(label: str, values: np.ndarray) -> str:
        name = f"{label}: " if label else ""
        if not len(values):
            return f"{name}unknown"
        if measure.discrete:
            counts = value_counts({label: values}).items()
            return name + ", ".join(f"{measure.text(value)}: {n:,}" for value, n in counts)
        quantiles = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
        low, middle, high = (measure.text(value) for value in quantiles)
        unit = f" {measure.unit}" if measure.unit else ""
        return f"{name}median {middle}{unit}, 90 % from {low} to {high}"

    return "; ".join(text(label, values) for label, values in series.items())
