"""The picture of the beats: every beat is drawn once, at its time, in songs of any length."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from jukedrummer.beats.annotations import regular_beats
from jukedrummer.beats.tracker import FPS, Tracked
from jukedrummer.report import beats_figure as module
from jukedrummer.report.beats_figure import beats_figure

RATE = 1_000


def draw(seconds: float, beats: np.ndarray):
    audio = np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    activations = np.full((int(seconds * FPS) + 1, 3), 1 / 3, np.float32)
    return beats_figure(audio, RATE, Tracked(beats, activations, None, 0.5, "madmom", ""), "song")


@pytest.mark.parametrize(
    ("seconds", "rows"), [(1.0, 1), (29.5, 1), (31.0, 2), (300.0, 10), (3_600.0, 40)]
)
def test_every_beat_is_drawn_once(seconds: float, rows: int) -> None:
    beats = regular_beats(70, 4, 0.2, seconds)
    axes = draw(seconds, beats).axes
    assert len(axes) == rows + 1
    drawn = {"beat": [], "downbeat": []}
    for row in axes[:-1]:
        for lines in row.collections:
            if lines.get_label() in drawn:
                places = [segment[0, 0] for segment in lines.get_segments()]
                assert all(row.get_xlim()[0] <= place < row.get_xlim()[1] for place in places)
                drawn[lines.get_label()] += places
    np.testing.assert_allclose(drawn["downbeat"], beats[beats[:, 1] == 1, 0])
    np.testing.assert_allclose(drawn["beat"], beats[beats[:, 1] != 1, 0])


def test_the_rows_follow_each_other_through_the_song() -> None:
    limits = np.array(
        [row.get_xlim() for row in draw(95.0, regular_beats(120, 4, 0, 95)).axes[:-1]]
    )
    assert limits[0, 0] == 0
    assert limits[-1, 1] == pytest.approx(95)
    np.testing.assert_allclose(limits[1:, 0], limits[:-1, 1])


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_songs_with_hardly_a_beat_can_be_drawn(count: int, tmp_path) -> None:
    figure = draw(4.0, regular_beats(120, 4, 0, 4.0)[:count])
    figure.savefig(tmp_path / "beats.png", dpi=module.DPI)
    texts = [text.get_text() for text in figure.axes[-1].texts]
    assert texts == (["no tempo: fewer than two beats"] if count < 2 else [])


def test_the_colours_are_apart_in_grey() -> None:
    light, dark = (
        np.dot(to_rgb(colour), [0.2126, 0.7152, 0.0722])
        for colour in (module.BEAT_COLOUR, module.DOWNBEAT_COLOUR)
    )
    assert light - dark > 0.3


def test_bars_are_numbered_from_the_first_downbeat() -> None:
    row = draw(12.0, regular_beats(120, 4, 1.0, 12.0)).axes[0]
    numbers = [(text.get_position()[0], text.get_text()) for text in row.texts]
    assert numbers == [(pytest.approx(1.0 + 2 * bar), str(bar + 1)) for bar in range(6)]
    assert {to_hex(text.get_color()) for text in row.texts} == {module.DOWNBEAT_COLOUR}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (65, "1:05"), (65.5, "1:05.5"), (59.96, "1:00"), (3_600, "60:00")],
)
def test_times_are_read_as_minutes(seconds: float, text: str) -> None:
    assert module.clock(seconds) == text
