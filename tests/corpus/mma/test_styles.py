"""Style files: kinds of grooves, meters, tempi, and their order."""

from pathlib import Path

import pytest

from jukedrummer.corpus.mma.meter import BarMeter, style_meter
from jukedrummer.corpus.mma.styles import (
    ALL_TEMPI,
    kind_of,
    library_digest,
    read_library,
    read_style,
    style_of,
    tempo_limits,
)
from jukedrummer.errors import UserError
from tests.corpus.mma.mma_files import GROOVES, style, style_text, write_style


@pytest.mark.parametrize(
    ("name", "description", "kind"),
    [
        ("BalladFill", "1 bar fill, good for endings.", "fill"),
        ("16beat1FA", "Section A Fill-in.", "fill"),
        ("16beat1E", "Ending.", "ending"),
        ("16beat1A", "Section A.", "main"),
        ("INTRO07", "SeqLen = 1; Kick.", "intro"),
        ("JazzSwingEndingA", "2 bar ending A.", "ending"),
        ("DescendingJazz", "A walk down.", "main"),
        ("Trance2", "", "main"),
        ("Opening", "A 4 bar introduction.", "intro"),
    ],
)
def test_kinds_of_grooves(name: str, description: str, kind: str) -> None:
    assert kind_of(name, description) == kind


@pytest.mark.parametrize(
    ("text", "signature", "beats", "quarters", "stretch"),
    [
        ("Time 4\nTimesig 4 4", (4, 4), 4, 4, 1),
        ("", (4, 4), 4, 4, 1),
        ("Time 3", (3, 4), 3, 3, 1),
        ("Time 3\nTimesig 4 4", (3, 4), 3, 3, 1),
        ("Time 3/4", (3, 4), 3, 3, 1),
        ("Time 5 // five\nTimesig 5 4", (5, 4), 5, 5, 1),
        ("Time 6\nTimeSig 6/8", (6, 8), 2, 6, 0.5),
        ("  time 6/8", (6, 8), 2, 6, 0.5),
        ("Time 3\nTimesig 6 8", (6, 8), 2, 3, 1),
        ("Time 2\nTimesig 6 8", (2, 4), 2, 2, 1),
        ("Time 12/8", (12, 8), 4, 6, 1),
    ],
)
def test_meters(
    text: str, signature: tuple[int, int], beats: int, quarters: int, stretch: float
) -> None:
    meter = style_meter(text)
    assert meter is not None
    assert (meter.numerator, meter.denominator) == signature
    assert (meter.beats, meter.quarters, meter.stretch) == (beats, quarters, stretch)
    assert meter.beat * meter.beats == quarters


def test_a_meter_that_is_not_supported() -> None:
    assert style_meter("Time 11") is None


def test_the_second_chord_begins_on_a_beat() -> None:
    assert BarMeter(5, 4, (3, 2)).middle == 3
    assert BarMeter(3, 4, (3,)).middle == 2
    assert BarMeter(6, 8, (6,)).middle == 3


def test_a_style_file(tmp_path: Path) -> None:
    read = style(tmp_path)
    assert (read.name, read.stem) == ("pop/rock", "rock")
    assert read.main + read.fills + read.intros + read.endings == GROOVES
    assert (read.fills, read.intros, read.endings) == (("RockFill",), ("RockIntro",), ("RockEnd",))


def test_what_is_not_used(tmp_path: Path) -> None:
    comment = style_text(drums=False) + "// no drums\n"
    for name, text in {
        "hymn": comment,
        "metronome3": style_text(),
        "nine": style_text("Time 9"),
        "fills": style_text(grooves=("OneFill",)),
    }.items():
        assert read_style(write_style(tmp_path, name, text), tmp_path) is None, name
    with pytest.raises(UserError, match=r"none of its 4 files \(.mma\) has grooves with drums"):
        read_library(tmp_path)


def test_the_library_is_in_the_order_of_names_and_its_bytes_count(tmp_path: Path) -> None:
    for name in ("b/two", "a/one", "b/one"):
        write_style(tmp_path, name, style_text())
    styles = read_library(tmp_path)
    assert [read.name for read in styles] == ["a/one", "b/one", "b/two"]
    digest = library_digest(styles)
    write_style(tmp_path, "b/one", style_text() + "\n")
    assert library_digest(read_library(tmp_path)) != digest


def test_every_style_has_its_turn(tmp_path: Path) -> None:
    for number in range(7):
        write_style(tmp_path, f"style{number}")
    styles = read_library(tmp_path)
    order = [style_of(styles, 1, index) for index in range(14)]
    assert [turn for _, turn in order] == [0] * 7 + [1] * 7
    names = [read.name for read, _ in order]
    assert set(names[:7]) == set(names[7:]) == {read.name for read in styles}
    assert names[:7] != names[7:]
    assert names != [style_of(styles, 2, index)[0].name for index in range(14)]


@pytest.mark.parametrize("name", ["dnb", "slowrock", "jazzrhumba", "rock", "fastswing", "waltz"])
def test_tempi_suit_the_style(tmp_path: Path, name: str) -> None:
    read = read_style(write_style(tmp_path, name), tmp_path)
    assert read is not None
    low, high = tempo_limits(read)
    assert ALL_TEMPI[0] <= low < high <= ALL_TEMPI[1]
    assert {"dnb": low > 140, "slowrock": high < 100, "fastswing": low > 100}.get(name, True)
