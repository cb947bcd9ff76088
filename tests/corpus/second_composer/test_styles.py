"""The styles: patterns that can be read, and the variety that was asked for."""

import pytest

from jukedrummer.corpus.score import KIT_PITCHES, read_line
from jukedrummer.corpus.second_composer.fills import FILLS
from jukedrummer.corpus.second_composer.harmony import PALETTES
from jukedrummer.corpus.second_composer.style import StyleSheet
from jukedrummer.corpus.second_composer.styles import STYLE_SHEETS
from jukedrummer.corpus.second_composer.synth.designs import DESIGNS
from jukedrummer.corpus.second_composer.synth.voices import BAND_VOICES

SIGNS = {
    "bass": set("1345678ax"),
    "riff": set("0123456789"),
    "chords": set("123456789m"),
    "power": set("123456789m"),
    "arp": set("123456789"),
}
FOLLOWED = ("=kick", "=snare", "=crash")


def signs(line: str, style: StyleSheet) -> set[str]:
    """The signs of a line, which must be whole bars."""
    text = line.replace(" ", "")
    assert text
    assert len(text) % style.bar_steps == 0, (style.name, line)
    bars = range(len(text) // style.bar_steps)
    return {event.sign for bar in bars for event in read_line(text, bar, style.bar_steps)}


def test_names_are_unique_and_meters_and_tempi_vary() -> None:
    assert len({style.name for style in STYLE_SHEETS}) == len(STYLE_SHEETS) >= 14
    assert {style.meter for style in STYLE_SHEETS} >= {2, 3, 4, 5}
    assert {style.steps for style in STYLE_SHEETS} == {3, 4, 6}
    assert min(style.bpm[0] for style in STYLE_SHEETS) < 60
    assert max(style.bpm[1] for style in STYLE_SHEETS) > 180
    assert any(style.swing[1] > 0.25 for style in STYLE_SHEETS)


@pytest.mark.parametrize("style", STYLE_SHEETS, ids=lambda style: style.name)
def test_drum_lines_are_whole_bars_of_known_signs(style: StyleSheet) -> None:
    for groove in style.grooves:
        for lines in (groove.soft, groove.main, groove.loud):
            assert set(lines) <= set(KIT_PITCHES)
            for line in lines.values():
                assert signs(line, style) <= set("123456789ogrt")
    assert set(style.kits) <= set(DESIGNS)
    assert set(style.fills) <= set(FILLS)
    assert style.palette in PALETTES


@pytest.mark.parametrize("style", STYLE_SHEETS, ids=lambda style: style.name)
def test_lines_of_the_band_are_whole_bars_of_known_signs(style: StyleSheet) -> None:
    roles = {player.role for player in style.band}
    assert roles & {"bass", "walk"}
    assert len(roles) >= 3
    for player in style.band:
        assert set(player.voices) <= set(BAND_VOICES)
        assert set(player.levels) <= set("smlbn")
        assert bool(player.lines) == (player.role in SIGNS)
        for line in (*player.lines, *player.loud):
            assert line in FOLLOWED or signs(line, style) <= SIGNS[player.role], line


def test_all_pieces_and_kits_are_used() -> None:
    pieces = {
        piece
        for style in STYLE_SHEETS
        for groove in style.grooves
        for lines in (groove.soft, groove.main, groove.loud)
        for piece in lines
    }
    assert set(KIT_PITCHES) - pieces <= {"crash"}  # crashes are played at the starts of sections
    assert {kit for style in STYLE_SHEETS for kit in style.kits} == set(DESIGNS)


def test_some_grooves_leave_the_downbeat_to_others() -> None:
    without = [
        style.name
        for style in STYLE_SHEETS
        for groove in style.grooves
        if not any(
            groove.main.get(piece, ".")[0] in "789" for piece in ("kick", "snare", "hat", "ride")
        )
    ]
    assert without
