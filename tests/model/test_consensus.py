"""The consensus of takes against all patterns that a bar can have."""

import itertools

import numpy as np
import pytest

from jukedrummer.evaluation.bar_patterns import bar_patterns
from jukedrummer.evaluation.patterns import pattern_similarity
from jukedrummer.evaluation.playing import known_mean
from jukedrummer.model.consensus import consensus
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.score_grid import PHASES, GridScore, to_strokes

KICK, SNARE, STICK = (PIECES.index(name) for name in ("kick", "snare", "side_stick"))
SIXTEENTHS = [0, 1, 3, 5]


def takes_of(chances: dict[tuple[int, int], float], count: int, seed: int) -> np.ndarray:
    """Takes of one bar of a beat: (count, 1, S, P), from chances of (slot, piece)."""
    random = np.random.default_rng(seed)
    takes = np.zeros((count, 1, len(PHASES), len(PIECES)), bool)
    for (slot, piece), chance in chances.items():
        takes[:, 0, slot, piece] = random.random(count) < chance
    return takes


def similarity(pattern: np.ndarray, take: np.ndarray) -> float:
    """The similarity of two bars of a beat, as the evaluation measures it."""
    beats = np.array([[0.0, 1], [1.0, 1]])
    both = [np.concatenate([bar, np.zeros_like(bar)]) for bar in (pattern, take)]
    scores = (GridScore(bar.astype(np.float32), np.zeros(bar.shape)) for bar in both)
    bars = [bar_patterns(to_strokes(score, beats), beats, 4) for score in scores]
    return known_mean(pattern_similarity(*bars))


@pytest.mark.parametrize("seed", range(4))
def test_no_pattern_agrees_better_with_the_takes(seed: int) -> None:
    random = np.random.default_rng(seed)
    places = list(itertools.product(SIXTEENTHS, (KICK, SNARE)))
    takes = takes_of({place: random.random() for place in places}, 15, seed)
    takes = takes[[take.any() for take in takes]]  # an empty bar has no similarity

    def agreement(pattern: np.ndarray) -> float:
        return float(np.nan_to_num([similarity(pattern, take) for take in takes]).mean())

    best = 0.0
    for chosen in itertools.product([False, True], repeat=len(places)):
        pattern = np.zeros(takes.shape[1:], bool)
        for (slot, piece), plays in zip(places, chosen, strict=True):
            pattern[0, slot, piece] = plays
        best = max(best, agreement(pattern))
    assert agreement(consensus(takes, np.zeros(1, int))) == pytest.approx(best, abs=1e-9)


def test_equal_takes_are_their_own_consensus() -> None:
    take = np.zeros((8, len(PHASES), len(PIECES)), bool)
    take[::2, 0, KICK] = take[1::2, 0, SNARE] = take[6, 3, SNARE] = True
    positions = np.arange(8) % 4
    np.testing.assert_array_equal(consensus(np.stack([take] * 5), positions), take)


def test_a_voice_is_played_by_the_piece_that_most_takes_use() -> None:
    takes = takes_of({(0, SNARE): 0.3, (1, KICK): 1.0}, 40, 0)
    takes[:, 0, 0, STICK] = ~takes[:, 0, 0, SNARE]
    chosen = consensus(takes, np.zeros(1, int))
    assert chosen[0, 0, STICK]
    assert not chosen[0, 0, SNARE]


def test_takes_without_strokes_have_an_empty_consensus() -> None:
    takes = np.zeros((4, 8, len(PHASES), len(PIECES)), bool)
    assert not consensus(takes, np.arange(8) % 4).any()
