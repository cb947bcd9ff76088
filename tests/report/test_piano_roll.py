"""The piano roll: strokes at their places, in the rows of their pieces."""

import re

import numpy as np

from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.report.piano_roll import ROW, piano_roll
from tests.report.helpers.elements import elements_of


def lines(svg: str) -> list[tuple[int, float, float]]:
    """SetPlace, lower end and length of each stroke, from left to right."""
    found = re.findall(r"M(\d+) ([\d.]+)v-([\d.]+)", svg)
    return sorted((int(x), float(bottom), float(length)) for x, bottom, length in found)


def test_strokes_have_their_places_rows_and_lengths() -> None:
    pieces = np.array([PIECES.index(piece) for piece in ("kick", "snare", "crash", "kick")])
    strokes = Strokes(np.array([0.5, 1.0, 1.5, 2.5]), pieces, np.array([1.0, 0.2, 0.5, 1.0]))
    svg = piano_roll(strokes, 2.0, 'of "this" & that')
    (kick, snare, crash) = lines(svg)  # the last stroke is after the end
    assert [place for place, *_ in (kick, snare, crash)] == [50, 100, 150]
    rows = [int(bottom // ROW) for _, bottom, _ in (kick, snare, crash)]
    assert rows == [len(PIECES) - 1, len(PIECES) - 2, 0]  # the kick is the lowest row
    assert kick[2] > crash[2] > snare[2]  # loud strokes are longer
    (element,) = elements_of(svg).named("svg")
    assert element["aria-label"] == 'of "this" & that'
    assert element["viewbox"] == f"0 0 200 {ROW * len(PIECES)}"


def test_drums_that_play_nothing_have_an_empty_roll() -> None:
    nothing = Strokes(np.zeros(0), np.zeros(0, int), np.zeros(0))
    assert lines(piano_roll(nothing, 2.0, "silence")) == []
