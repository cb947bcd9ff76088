"""Pictures and sounds as text that a page can hold: SVG charts in the page's colours, PNG mels, MP3 audio."""

import base64
import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
import soundfile
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from jukedrummer.audio.io import SAMPLE_RATE
from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig
from jukedrummer.errors import UserError

if TYPE_CHECKING:
    from jukedrummer.report.tables import Table, Value

# The light colours of style.css: in print they stay; in the page they become its variables, which follow
# light and dark.
VARIABLES = {"#20242a": "var(--ink)", "#5d6570": "var(--quiet)", "#dfdcd4": "var(--line)"}
VARIABLES |= {"#0f766e": "var(--accent)", "#b4b9c1": "var(--second)", "#fffffe": "var(--card)"}
INK, QUIET, LINE, ACCENT, SECOND, CARD = VARIABLES
STYLE = {
    "svg.fonttype": "none",  # text stays text: in the page's font, selectable, read aloud
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
PANELS_WIDE = 3
PAGE_INCHES = (7.2, 9.5)  # what a figure in print may take
# Of the series of a panel: shape and filling tell them apart without colour.
MARKERS = (
    ("o", INK, INK),
    ("s", CARD, ACCENT),
    ("^", ACCENT, ACCENT),
    ("D", CARD, INK),
    ("v", SECOND, QUIET),
)
REFERENCE = "griffin_lim_"  # before the name of a quantity: what Griffin-Lim reaches
MEL_FRAMES_A_PIXEL = 2  # the louder of two frames: strokes stay sharp and the page half as large
MEL_RANGE = 3.2  # decades below the loudest that are shown (64 dB)
MP3_COMPRESSION = (
    0.3  # of libsndfile's scale: 75 kbit/s for drums, whole up to 18 kHz (0.5: 56, 16 kHz)
)
FADE_SECONDS = 0.02  # at the end of an excerpt, against a click


def svg(figure: Figure, label: str) -> str:
    """A figure as an `<svg>` element that takes its colours from the page and is read aloud as `label`."""
    text = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(
            text, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None}
        )
    found = re.search(r"<svg.*</svg>", text.getvalue(), re.DOTALL)
    drawing = re.sub(r"<metadata>.*?</metadata>", "", found.group(), flags=re.DOTALL)
    for colour, variable in VARIABLES.items():
        drawing = drawing.replace(colour, variable)
    drawing = re.sub(r"font-family:[^;\"]*; ?", "", drawing)
    return drawing.replace("<svg ", f'<svg role="img" aria-label="{_attribute(label)}" ', 1)


def printed(figure: Figure, kind: Literal["svg", "png"], dpi: int = 200) -> bytes:
    """A figure as a file for print: on white, its letters drawn as shapes, which look the same everywhere."""
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


def ladder_chart(
    title: str,
    rungs: Mapping[str, Mapping[str, Any]],
    *,
    highlight: str,
    share: bool,
    chance: float | None = None,
) -> str:
    """Bars of one metric for each rung, with 95 % intervals.

    Args:
        title: of the metric, with its unit.
        rungs: rung's title to `{mean, low, high, n}`; None where unknown.
        highlight: the rung's title that stands out.
        share: of something: the scale ends at 1.
        chance: drawn as a dashed line.
    """
    names = list(rungs)[::-1]
    with mpl.rc_context(STYLE):
        figure, axes = _axes()
        for place, name in enumerate(names):
            value = rungs[name]
            colour = ACCENT if name == highlight else SECOND
            axes.barh(place, value["mean"] or 0, color=colour, height=0.62)
            if value["low"] is not None:
                axes.plot([value["low"], value["high"]], [place, place], color=INK, linewidth=1.4)
        if chance is not None:
            axes.axvline(chance, color=INK, linestyle="--", linewidth=1, label="chance")
            axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_xlim(0, 1 if share else None)
    spoken = ", ".join(f"{name} {_spoken(value['mean'])}" for name, value in rungs.items())
    return svg(figure, f"{title}: {spoken}")


def _spoken(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3g}"


def panels(table: "Table", names: Sequence[str]) -> Figure:
    """Small multiples: a panel a column, a point with its interval or deviation a row; a page at most.

    Rows that share all labels but the last stand on one line, a series each, told apart by shape and filling.
    With a single label column, each row has a line of its own.

    Args:
        table: whose rows are drawn.
        names: of the columns that get a panel, in this order.
    """
    chosen = [
        place for name in names for place, column in enumerate(table.columns) if column.name == name
    ]
    lines = list(dict.fromkeys(_line(row.labels) for row in table.rows))
    series = list(dict.fromkeys(_series(row.labels) for row in table.rows))
    wide = 2 if len(chosen) == 4 else min(PANELS_WIDE, len(chosen))
    high = math.ceil(len(chosen) / wide)
    inches = 0.4 + high * (0.55 + len(lines) * max(0.26, 0.15 * len(series)))
    with mpl.rc_context({**STYLE, "font.size": 8}):
        figure = Figure(figsize=(PAGE_INCHES[0], min(PAGE_INCHES[1], inches)), layout="constrained")
        grid = figure.subplots(high, wide, sharey=True, squeeze=False).ravel()
        for axes, place in zip(grid, chosen, strict=False):
            _panel(axes, table, place, lines, series)
        for axes in grid[len(chosen) :]:
            axes.set_visible(False)
        _share_scales(grid, [table.columns[place].group for place in chosen])
        if series != [""]:
            handles, _ = grid[0].get_legend_handles_labels()
            place = {"loc": "outside upper center", "ncols": len(series), "frameon": False}
            figure.legend(handles, series, title=table.labels[-1], **place)
    return figure


def _line(labels: tuple[str, ...]) -> str:
    return ", ".join(labels[:-1] or labels)


def _series(labels: tuple[str, ...]) -> str:
    return labels[-1] if len(labels) > 1 else ""


def _panel(
    axes: Axes, table: "Table", place: int, lines: Sequence[str], series: Sequence[str]
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


def _share_scales(grid: Sequence[Axes], groups: Sequence[str]) -> None:
    """Panels of one group of columns are there to be compared: give them one scale."""
    for group in set(groups) - {""}:
        panels = [axes for axes, own in zip(grid, groups, strict=False) if own == group]
        limits = np.array([axes.get_xlim() for axes in panels])
        for axes in panels:
            axes.set_xlim(limits[:, 0].min(), limits[:, 1].max())


def _bounds(value: "Value") -> tuple[float, float]:
    """Ends of its interval, or a deviation to either side, or the mean itself."""
    if not math.isnan(value.low):
        return value.low, value.high
    reach = np.nan_to_num(value.deviation)
    return value.mean - reach, value.mean + reach


def read_history(path: Path) -> dict[str, np.ndarray]:
    """Columns of a `history.csv`; NaN where a cell is empty, no rows where there was nothing to train.

    Raises:
        UserError: missing, or not a table of numbers with a column "step".
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(
                file, restval="nothing"
            )  # a row cut off is no row of empty cells
            rows = list(reader)
        columns = {
            name: np.array([float(row[name] or "nan") for row in rows])
            for name in reader.fieldnames or ()
        }
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{path}: is not a table of numbers ({error}); was the training cut off?"
        ) from error
    if "step" not in columns:
        raise UserError(f"{path}: has no column step, only {', '.join(columns)}")
    return columns


def learning_curves(model: str, history: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """One chart a quantity: pairs of its name and the SVG.

    train_x and valid_x share a chart; valid_griffin_lim_x, a constant, is a line in it.
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
    """How often each code is used, from the most to the least frequent, in percent."""
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


def perplexity(counts: Sequence[int]) -> float:
    """2 to the entropy of the codes' frequencies: how many codes do the work."""
    share = np.array(counts, dtype=float) / max(1, sum(counts))
    share = share[share > 0]
    return float(2 ** -(share * np.log2(share)).sum())


def mel_picture(audio: np.ndarray, config: MelConfig) -> str:
    """The log-mel of (N,) as the data address of a PNG: time to the right, low bands at the bottom."""
    mel = log_mel(torch.from_numpy(audio[None].astype(np.float32)), config)[0].numpy()
    frames = mel.shape[1] // MEL_FRAMES_A_PIXEL * MEL_FRAMES_A_PIXEL
    mel = mel[:, :frames].reshape(len(mel), -1, MEL_FRAMES_A_PIXEL).max(axis=2)
    level = (
        np.clip((mel - mel.max()) / MEL_RANGE + 1, 0, 1)
        if mel.max() > np.log10(config.floor)
        else 0 * mel
    )
    picture = Image.fromarray((level[::-1] * 255).astype(np.uint8), mode=None)
    picture.putpalette(
        (mpl.colormaps["magma"](np.arange(256))[:, :3] * 255).astype(np.uint8).tobytes()
    )
    png = io.BytesIO()
    picture.save(png, format="PNG", optimize=True)
    return data_address("image/png", png.getvalue())


def mp3(audio: np.ndarray) -> str:
    """(N,) as the data address of an MP3: what every browser plays, phones included (Ogg is newer there)."""
    faded = audio.astype(np.float32, copy=True)
    fade = min(len(faded), round(FADE_SECONDS * SAMPLE_RATE))
    faded[len(faded) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    file = io.BytesIO()
    soundfile.write(
        file,
        faded,
        SAMPLE_RATE,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=MP3_COMPRESSION,
    )
    return data_address("audio/mpeg", file.getvalue())


def data_address(kind: str, content: bytes) -> str:
    """A `data:` address that holds the content itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
