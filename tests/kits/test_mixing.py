"""Strokes to stems: places, choke, chunks."""

import numpy as np
import pytest

from jukedrummer.kits.kit import KIT_STEMS
from jukedrummer.kits.mixing import CHOKE_SECONDS, END_SECONDS, stem_chunks
from jukedrummer.model.drum_score import Strokes
from jukedrummer.model.pieces import PIECES
from tests.kits.helpers import RATE, ConstantKit, NoiseKit, groove, strokes_of


def stems(kit: ConstantKit, strokes: Strokes, seconds: float, size: int = 10_000) -> dict:
    chunks = list(stem_chunks(kit, strokes, round(seconds * kit.rate), size))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in KIT_STEMS}


def test_each_piece_is_in_one_stem() -> None:
    assert sorted(piece for pieces in KIT_STEMS.values() for piece in pieces) == sorted(PIECES)


def test_a_stroke_starts_at_its_sample_with_its_velocity() -> None:
    played = stems(ConstantKit(), strokes_of((0.5, "snare", 127), (1.75, "kick", 64)), 4.0)
    snare, kick = played["snare"][:, 0], played["kick"][:, 1]
    assert np.flatnonzero(snare)[[0, -1]].tolist() == [RATE // 2, RATE // 2 + RATE - 1]
    assert snare.max() == pytest.approx(2 / 50)
    assert np.flatnonzero(kick)[0] == round(1.75 * RATE)
    assert kick.max() == pytest.approx(64 / 127 / 50)
    assert not any(played[name].any() for name in ("hats", "toms", "cymbals"))


def test_strokes_of_a_piece_add_up_and_take_turns() -> None:
    kick = stems(ConstantKit(), strokes_of((0, "kick", 127), (0.5, "kick", 127)), 2.0)["kick"]
    assert kick[[0, RATE - 1, RATE + 1], 0] == pytest.approx([0.02, 0.041, 0.021])


@pytest.mark.parametrize("closing", ["closed_hat", "open_hat"])
def test_a_stroke_of_the_hats_ends_an_open_hat(closing: str) -> None:
    fade = round(CHOKE_SECONDS * RATE)
    alone = stems(ConstantKit(), strokes_of((0, "open_hat", 127)), 2.0)["hats"]
    both = stems(ConstantKit(), strokes_of((0, "open_hat", 127), (0.5, closing, 127)), 2.0)["hats"]
    second = both[RATE + RATE // 4, 0]  # the open hat would have ended there
    assert (both[: RATE // 2] == alone[: RATE // 2]).all()
    rest = both[RATE // 2 : RATE, 0] - second
    assert (np.diff(rest[:fade]) < 1e-6).all()
    assert rest[0] == pytest.approx(0.1)
    assert np.abs(rest[fade:]).max() < 1e-6


def test_a_closed_hat_does_not_end_a_crash() -> None:
    both = stems(ConstantKit(), strokes_of((0, "crash", 127), (0.5, "closed_hat", 127)), 2.0)
    assert both["cymbals"][RATE - 1, 0] == pytest.approx(8 / 50)


def test_the_samples_do_not_depend_on_the_chunks() -> None:
    strokes = groove(4.0)
    whole = stems(NoiseKit(), strokes, 4.0, size=1 << 20)
    for size in (999, 44_100):
        small = stems(NoiseKit(), strokes, 4.0, size)
        assert all((whole[name] == small[name]).all() for name in KIT_STEMS)


def test_the_song_ends_without_a_click_and_later_strokes_are_left_out() -> None:
    strokes = strokes_of((0.9, "crash", 127), (1.5, "kick", 127))
    played = stems(ConstantKit(), strokes, 1.0, size=300)
    end = played["cymbals"][-round(END_SECONDS * RATE) :, 0]
    assert (np.diff(end) < 0).all()
    assert end[-1] < 0.001
    assert not played["kick"].any()


def test_no_strokes_are_silence() -> None:
    assert not any(wave.any() for wave in stems(ConstantKit(), strokes_of(), 0.5).values())
