"""Figures for pages (SVG) and as files for print, and the charts of the page."""

import io
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jukedrummer.report.tables import Table
from jukedrummer.storage.tables import HistoryRow, read_frame

# The light colours of style.css. Files for print use them. On a page, they become variables, which
# differ in light and dark mode.
VARIABLES = {"#20242a": "var(--ink)", "#5d6570": "var(--quiet)", "#dfdcd4": "var(--line)"}
VARIABLES |= {"#0f766e": "var(--accent)", "#b4b9c1": "var(--second)", "#fffffe": "var(--card)"}
INK, QUIET, LINE, ACCENT, SECOND, CARD_COLOUR = VARIABLES
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: in the page's font, selectable, for screen readers
    "svg.hashsalt": "jukedrummer",  # the same numbers give the same bytes
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": QUIET,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
}
CHART_INCHES = (4.4, 2.5)
REFERENCE = "griffin_lim_"  # prefix of a quantity's name: the value of Griffin-Lim


def svg(figure: Figure, label: str) -> str:
    """A figure as an `<svg>` element in the page's colours, with `label` for screen readers."""
    text = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(
            text, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None}
        )
    drawing = text.getvalue()
    drawing = drawing[drawing.index("<svg") :].rstrip()
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    for colour, variable in VARIABLES.items():
        drawing = drawing.replace(colour, variable)
    drawing = re.sub(r"font-family:[^;\"]*; ?", "", drawing)
    return drawing.replace("<svg ", f'<svg role="img" aria-label="{_attribute(label)}" ', 1)


def printed(figure: Figure, kind: Literal["svg", "png"], dpi: int = 200) -> bytes:
    """A figure as a file for print: on white, with text as shapes."""
    file = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else None  # the same numbers give the same bytes
    with mpl.rc_context({**STYLE, "svg.fonttype": "path"}):
        figure.savefig(
            file, format=kind, dpi=dpi, bbox_inches="tight", facecolor="white", metadata=metadata
        )
    return file.getvalue()


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=CHART_INCHES)
    return figure, figure.add_subplot()


def ladder_chart(table: Table, name: str, chance: float = math.nan) -> str:
    """Bars of one column of a table, a bar for each row, with 95 % intervals.

    Args:
        table: the table. Highlighted rows have another colour.
        name: name of the column. If it has no unit, its values are shares and the scale ends at 1.
        chance: value of a dashed line, if known.
    """
    (place,) = (place for place, column in enumerate(table.columns) if column.name == name)
    column, rows = table.columns[place], table.rows[::-1]
    with mpl.rc_context(STYLE):
        figure, axes = _axes()
        for height, row in enumerate(rows):
            value = row.values[place]
            colour = ACCENT if row.highlighted else SECOND
            axes.barh(
                height, 0 if math.isnan(value.mean) else value.mean, color=colour, height=0.62
            )
            if not math.isnan(value.low):
                axes.plot([value.low, value.high], [height, height], color=INK, linewidth=1.4)
        if not math.isnan(chance):
            axes.axvline(chance, color=INK, linestyle="--", linewidth=1, label="chance")
            axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
        axes.set_yticks(range(len(rows)), [" ".join(row.labels) for row in rows])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_xlim(0, None if column.unit else 1)
    values = (f"{' '.join(row.labels)} {_spoken(row.values[place].mean)}" for row in table.rows)
    return svg(figure, f"{column.quantity}: {', '.join(values)}")


def _spoken(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.3g}"


def read_history(path: Path) -> dict[str, np.ndarray]:
    """Columns of a `history.csv`. An empty cell is NaN. There are no rows if nothing was trained.

    Raises:
        UserError: the file is missing, or not a table of numbers with the columns of `HistoryRow`.
    """
    frame = read_frame(path, HistoryRow, hint="was the model trained here?")
    return {str(name): values.to_numpy(float) for name, values in frame.items()}


def learning_curves(model: str, history: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """One chart for each quantity: pairs of its name and the SVG.

    train_x and valid_x share a chart. valid_griffin_lim_x, a constant, is a line in it.
    """
    quantities: dict[str, None] = {}
    for name in history:
        if name.startswith(("train_", "valid_")) and REFERENCE not in name:
            quantities.setdefault(name.split("_", 1)[1])
    return [(_title(name), _learning_curve(model, name, history)) for name in quantities]


def _title(quantity: str) -> str:
    return quantity.replace("_db", " (dB)").replace("_", " ")


def _learning_curve(model: str, quantity: str, history: Mapping[str, np.ndarray]) -> str:
    spoken = []
    with mpl.rc_context(STYLE):
        figure, axes = _axes()
        shown = []
        for part, colour, dashes in (("train", SECOND, "--"), ("valid", ACCENT, "-")):
            values = history.get(f"{part}_{quantity}")
            if values is None or np.isnan(values).all():
                continue
            known = ~np.isnan(values)
            shown.append(values[known])
            marker = "o" if known.sum() <= 40 else None
            axes.plot(
                history["step"][known],
                values[known],
                dashes,
                color=colour,
                marker=marker,
                ms=3.5,
                label=part,
            )
            spoken.append(f"{part} from {values[known][0]:.3g} to {values[known][-1]:.3g}")
        beside = history.get(f"valid_{REFERENCE}{quantity}", np.full(1, math.nan))
        if not np.isnan(beside).all():
            level = float(np.nanmean(beside))
            axes.axhline(level, color=INK, linestyle="--", linewidth=1.2, label="Griffin-Lim")
            shown.append(np.array([level]))
            spoken.append(f"Griffin-Lim {level:.3g}")
        everything = np.concatenate(shown) if shown else np.ones(1)
        if everything.min() > 0 and everything.max() > 20 * everything.min():
            axes.set_yscale("log")
        axes.set_xlabel("step")
        if len(shown) > 1:
            axes.legend(frameon=False, loc="best")
    return svg(figure, f"{model}, {_title(quantity)} over steps: {', '.join(spoken)}")


def usage_chart(model: str, counts: Sequence[int]) -> str:
    """Frequency of each code in percent, from the most to the least frequent."""
    share = 100 * np.sort(np.array(counts, dtype=float))[::-1] / max(1, sum(counts))
    with mpl.rc_context(STYLE):
        figure, axes = _axes()
        axes.bar(
            np.arange(len(share)) + 1, share, width=1 if len(share) > 64 else 0.8, color=ACCENT
        )
        axes.set_xlabel("code, by frequency")
        axes.set_ylabel("% of all")
        axes.grid(axis="x", visible=False)
        axes.set_xlim(0.4, len(share) + 0.6)
    used = int((share > 0).sum())
    return svg(
        figure,
        f"{model}: {used} of {len(share)} codes are used, the most frequent {share[0]:.1f} %",
    )
