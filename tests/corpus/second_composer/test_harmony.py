"""Chords and voices."""

import numpy as np
import pytest

from jukedrummer.corpus.second_composer.bass import bass_pitch, walk
from jukedrummer.corpus.second_composer.harmony import (
    PALETTES,
    SCALE_STEPS,
    Voicing,
    lead_voices,
    nearest,
    parse_bars,
)
from jukedrummer.corpus.second_composer.plan import plan_song

MINOR_SEVENTH = Voicing(9, (0, 3, 7, 10))


def test_progressions_are_read_in_their_key() -> None:
    assert parse_bars("0:m7/5:", 9) == [[MINOR_SEVENTH, Voicing(2, (0, 4, 7))]]
    for palette in PALETTES.values():
        assert palette.scale in SCALE_STEPS
        assert len(set(palette.progressions)) >= 3
        assert {len(parse_bars(text, 0)) for text in palette.progressions} == {4}


def test_voices_stay_near_their_centre_and_move_little() -> None:
    before: tuple[int, ...] = ()
    for palette in PALETTES.values():
        for chords in parse_bars(" ".join(palette.progressions), 5):
            for chord in chords:
                pitches = lead_voices(chord, 62, before)
                assert {pitch % 12 for pitch in pitches} == set(chord.classes)
                assert list(pitches) == sorted(pitches)
                assert abs(np.mean(pitches) - 62) < 8
                before = pitches


@pytest.mark.parametrize(("pitch_class", "pitch"), [(0, 60), (11, 60), (5, 40.4), (7, 1)])
def test_the_nearest_pitch_of_a_class(pitch_class: int, pitch: float) -> None:
    result = nearest(pitch_class, pitch)
    assert result % 12 == pitch_class
    assert abs(result - pitch) <= 6


def test_signs_of_the_bass() -> None:
    following = Voicing(2, (0, 4, 7))
    pitches = {sign: bass_pitch(sign, MINOR_SEVENTH, following, 40) for sign in "13578a4"}
    assert pitches == {"1": 45, "3": 48, "5": 52, "7": 55, "8": 57, "a": 39, "4": 40}


def test_a_walking_bass_starts_on_the_root_and_leads_to_the_next() -> None:
    plan = plan_song(1, 0, 26.0)
    for bar in plan.bars:
        pitches = walk(np.random.default_rng(0), bar, 4, 43)
        assert len(pitches) == 4
        assert pitches[0] % 12 == bar.chords[0].root
        assert min(abs(pitches[-1] - nearest(bar.following.root, 43)), 12) <= 2
