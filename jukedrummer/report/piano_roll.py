"""A picture of what drums play: a row for each piece, time to the right, as an `<svg>` element."""

import html

import numpy as np

from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES

ROW = 10  # units of height for each piece
HIGHEST_STROKE, LOWEST_STROKE = 8.0, 3.0  # units: of the loudest and of the softest strokes
UNITS_A_SECOND = 100  # of width


def piano_roll(strokes: Strokes, seconds: float, label: str) -> str:
    """Draw strokes as vertical lines. Loud strokes are longer.

    The colour is the page's text colour or that of a style. The picture fills its place.

    Args:
        strokes: the strokes. Those after the end are left out.
        seconds: the duration of the picture.
        label: description for screen readers.
    """
    paths = "".join(_path(strokes, piece, seconds) for piece in range(len(PIECES)))
    return (
        f'<svg role="img" aria-label="{html.escape(label)}" preserveAspectRatio="none" '
        f'viewBox="0 0 {seconds * UNITS_A_SECOND:.0f} {ROW * len(PIECES)}">{paths}</svg>'
    )


def _path(strokes: Strokes, piece: int, seconds: float) -> str:
    own = (strokes.pieces == piece) & (strokes.times < seconds)
    if not own.any():
        return ""
    # The first piece, the kick, is the lowest row.
    bottom = ROW * (len(PIECES) - piece) - (ROW - HIGHEST_STROKE) / 2
    heights = LOWEST_STROKE + (HIGHEST_STROKE - LOWEST_STROKE) * strokes.velocities[own]
    places = np.rint(strokes.times[own] * UNITS_A_SECOND).astype(int)
    lines = "".join(
        f"M{x} {bottom:g}v-{height:.1f}" for x, height in zip(places, heights, strict=True)
    )
    return f'<path d="{lines}"/>'
