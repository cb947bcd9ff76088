"""Small multiples of a table: a panel for each column."""

import math
from collections import Counter
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jukedrummer.report.figures import ACCENT, CARD_COLOUR, INK, QUIET, SECOND, STYLE
from jukedrummer.report.tables import Column, Table, Value

PANELS_WIDE = 3
PAGE_INCHES = (7.2, 9.5)  # space for a figure in print
# Markers of the series of a panel. Shape and filling distinguish them without colour.
MARKERS = (
    ("o", INK, INK),
    ("s", CARD_COLOUR, ACCENT),
    ("^", ACCENT, ACCENT),
    ("D", CARD_COLOUR, INK),
    ("v", SECOND, QUIET),
)


def small_multiples(table: Table, names: Sequence[str]) -> Figure:
    """Draw a panel for each column, with a point and its interval or deviation for each row.

    The figure is at most a page high. Rows that share all labels but the last are on one line. Each
    of these rows is in another series, with its own shape and filling. With a single label column,
    each row has its own line. Columns of one name in several groups are side by side.

    Args:
        table: the table to draw.
        names: names of the columns to draw, in this order.
    """
    chosen = [
        place for name in names for place, column in enumerate(table.columns) if column.name == name
    ]
    lines = list(dict.fromkeys(_line(row.labels) for row in table.rows))
    series = list(dict.fromkeys(_series(row.labels) for row in table.rows))
    repeated = len(chosen) // len({table.columns[place].name for place in chosen})
    wide = repeated if repeated > 1 else 2 if len(chosen) == 4 else min(PANELS_WIDE, len(chosen))
    high = math.ceil(len(chosen) / wide)
    inches = 0.4 + high * (0.55 + len(lines) * max(0.26, 0.15 * len(series)))
    with mpl.rc_context({**STYLE, "font.size": 8}):
        figure = Figure(figsize=(PAGE_INCHES[0], min(PAGE_INCHES[1], inches)), layout="constrained")
        grid = figure.subplots(high, wide, sharey=True, squeeze=False).ravel().tolist()
        for axes, place in zip(grid, chosen, strict=False):
            _panel(axes, table, place, lines, series)
        for axes in grid[len(chosen) :]:
            axes.set_visible(False)
        _share_scales(grid, [table.columns[place] for place in chosen])
        if series != [""]:
            handles, _ = grid[0].get_legend_handles_labels()
            figure.legend(
                handles,
                series,
                title=table.labels[-1],
                loc="outside upper center",
                ncols=len(series),
                frameon=False,
            )
    return figure


def _line(labels: tuple[str, ...]) -> str:
    return ", ".join(labels[:-1] or labels)


def _series(labels: tuple[str, ...]) -> str:
    return labels[-1] if len(labels) > 1 else ""


def _panel(
    axes: Axes, table: Table, place: int, lines: Sequence[str], series: Sequence[str]
) -> None:
    column = table.columns[place]
    for number, name in enumerate(series):
        rows = [row for row in table.rows if _series(row.labels) == name]
        means = np.array([row.values[place].mean for row in rows])
        bounds = np.array([_bounds(row.values[place]) for row in rows]).T
        shift = 0.22 * (number - (len(series) - 1) / 2)
        marker, face, edge = MARKERS[number % len(MARKERS)]
        axes.errorbar(
            means,
            [lines.index(_line(row.labels)) + shift for row in rows],
            xerr=np.abs(bounds - means),
            fmt=marker,
            color=edge,
            mfc=face,
            ms=4.5,
            elinewidth=1,
            label=name,
        )
    group = f"{column.group}, " if column.group else ""
    axes.set_title(group + column.heading, loc="left", fontsize=8.5)
    axes.set_yticks(range(len(lines)), lines)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)


def _share_scales(grid: Sequence[Axes], columns: Sequence[Column]) -> None:
    """Set the same scale for panels that are compared.

    These are columns of one name in several groups, or else the columns of one group.
    """
    counts = Counter(column.name for column in columns)
    keys = [column.name if counts[column.name] > 1 else column.group for column in columns]
    for key in set(keys) - {""}:
        panels = [axes for axes, own in zip(grid, keys, strict=False) if own == key]
        limits = np.array([axes.get_xlim() for axes in panels])
        for axes in panels:
            axes.set_xlim(limits[:, 0].min(), limits[:, 1].max())


def _bounds(value: Value) -> tuple[float, float]:
    """The ends of its interval, or one deviation on both sides, or the mean itself."""
    if not math.isnan(value.low):
        return value.low, value.high
    reach = np.nan_to_num(value.deviation)
    return value.mean - reach, value.mean + reach
