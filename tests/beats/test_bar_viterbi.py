"""The Viterbi decoding of bars: the same paths as madmom's, with less memory."""

import numpy as np
import pytest

from jukedrummer.beats.bar_viterbi import BarViterbi
from jukedrummer.beats.madmom_shim import load_madmom


def madmoms(beats_per_bar=(3, 4), **settings):
    load_madmom()
    from madmom.features.downbeats import DBNDownBeatTrackingProcessor

    settings = {"min_bpm": 80, "max_bpm": 160, "num_tempi": 12, "transition_lambda": 150} | settings
    return DBNDownBeatTrackingProcessor(
        list(beats_per_bar), observation_lambda=8, fps=100, **settings
    )


def performance(seconds: float, seed: int, meter: int = 4) -> np.ndarray:
    """Beat and downbeat activations (T, 2): a tempo that drifts, missed beats, a break, noise."""
    generator = np.random.default_rng(seed)
    activations = generator.uniform(0.001, 0.03, (round(seconds * 100), 2))
    time, count, bpm = generator.uniform(0, 1), 0, generator.uniform(90, 140)
    while time < seconds - 0.05:
        in_break = seconds * 0.4 < time < seconds * 0.55
        if not in_break and generator.random() < 0.9:
            frame, column = int(time * 100), int(count % meter == 0)
            level = generator.uniform(0.2, 0.8)
            activations[frame : frame + 3, column] += level * np.array([0.5, 1, 0.4])
        bpm = np.clip(bpm * generator.normal(1, 0.01), 85, 150)
        time += 60 / bpm * generator.normal(1, 0.01)
        count += 1
    return activations / np.maximum(1, activations.sum(axis=1, keepdims=True) * 1.01)


def assert_equal_paths(hmm, activations):
    path, score = BarViterbi(hmm).viterbi(activations)
    expected, expected_score = hmm.viterbi(activations)
    np.testing.assert_array_equal(path, expected)
    assert path.dtype == expected.dtype
    assert score == expected_score


@pytest.mark.parametrize("seed", range(5))
def test_paths_and_beats_equal_madmoms(seed):
    """Minutes with a drifting tempo and a break: paths of both meters, beats of the likelier."""
    activations = performance(150, seed, meter=3 + seed % 2)
    decoder = madmoms()
    expected = decoder(activations)
    for hmm in decoder.hmms:
        assert_equal_paths(hmm, activations)
    decoder.hmms = [BarViterbi(hmm) for hmm in decoder.hmms]
    np.testing.assert_array_equal(decoder(activations), expected)
    assert len(expected) > 150
    assert expected[:, 1].max() == 3 + seed % 2


@pytest.mark.parametrize("frames", [1, 2, 37, 38, 39, 200])
def test_songs_of_a_few_frames(frames):
    for hmm in madmoms().hmms:
        assert_equal_paths(hmm, performance(2, 0)[:frames])


@pytest.mark.parametrize("level", [1e-9, 0.01, 0.3])
def test_chooses_as_madmom_between_equals(level):
    for hmm in madmoms().hmms:
        assert_equal_paths(hmm, np.full((900, 2), level))


@pytest.mark.parametrize(
    "settings",
    [
        {"beats_per_bar": (2,), "num_tempi": 1, "min_bpm": 119, "max_bpm": 120},
        {"beats_per_bar": (5, 7)},
        {"transition_lambda": 1},
        {"transition_lambda": 1_000},
        {"min_bpm": 20, "max_bpm": 400, "num_tempi": 500},  # more tempi than a byte holds
    ],
)
def test_any_meters_tempi_and_steadiness(settings):
    for hmm in madmoms(**settings).hmms:
        assert_equal_paths(hmm, performance(8, 1))


def test_keeps_little_of_a_frame():
    decoder = BarViterbi(madmoms((4,), min_bpm=55, max_bpm=200, num_tempi=60).hmms[0])
    _, choices = decoder.forward(decoder.observation_model.log_densities(performance(1, 0)))
    assert choices.nbytes == 240 * 100
