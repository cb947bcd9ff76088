"""Metrics against slow references, invariants and what they must not reward."""

import itertools
import math

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.audio.io import SAMPLE_RATE
from jukedrummer.evaluation import metrics

gaps = st.lists(st.floats(0.05, 2.0), min_size=2, max_size=30)
seconds = st.lists(st.floats(0, 30), max_size=40).map(
    lambda values: np.unique(np.array(values, dtype=float))
)


def ascending(steps: list[float]) -> np.ndarray:
    return np.cumsum(np.array(steps))


@pytest.mark.parametrize(
    ("times", "teaches"),
    [
        (np.zeros((3, 2)), "column of a beats array"),
        (np.array([0.0, math.nan]), "1 of 2 are NaN"),
        (np.array([1.0, 44_100.0]), "samples or frames"),
        (np.array([-2.0, 1.0]), "start of the audio"),
        (np.array([1.0, 3.0, 2.0]), "number 3 .2 s. does not come after number 2"),
        (np.array([1.0, 1.0]), "drop doubles"),
    ],
)
def test_validate_teaches(times: np.ndarray, teaches: str) -> None:
    with pytest.raises(ValueError, match=f"beats: .*{teaches}"):
        metrics.validate(times, "beats")


def greedy_f1(reference: np.ndarray, estimated: np.ndarray, window: float) -> float:
    """Slow reference: on a line, taking the earliest free partner of each event in turn matches the most."""
    free, hits = list(estimated), 0
    for time in reference:
        partner = next((other for other in free if abs(other - time) <= window), None)
        if partner is not None:
            free.remove(partner)
            hits += 1
    return 2 * hits / (len(reference) + len(estimated))


@given(gaps, gaps)
def test_beat_f1_is_the_slow_reference(first: list[float], second: list[float]) -> None:
    reference, estimated = ascending(first), ascending(second)
    # Rounding must not decide what lies exactly on the window's edge.
    distances = np.abs(reference[:, None] - estimated)
    window = 0.07 if np.abs(distances - 0.07).min() > 1e-9 else 0.0712345
    assert metrics.beat_f1(reference, estimated, window) == pytest.approx(
        greedy_f1(reference, estimated, window)
    )


def test_beat_f1_knows_the_first_seconds_and_nothing_to_find() -> None:
    beats = np.arange(0.0, 10.0, 0.5)
    assert metrics.beat_f1(beats, beats[beats >= 5]) == pytest.approx(2 / 3)  # trimmed: 1
    assert metrics.beat_f1(beats, np.zeros(0)) == 0
    assert math.isnan(metrics.beat_f1(np.zeros(0), beats))
    assert metrics.beat_f1(beats, beats + 0.069) == 1
    assert metrics.beat_f1(beats, beats + 0.071) == 0
    assert metrics.beat_f1(beats, beats) == mir_eval.beat.f_measure(beats, beats)


def test_downbeats() -> None:
    beats = np.array([[0.5, 4], [1.0, 1], [1.5, 2], [2.0, 1]])
    assert metrics.downbeats(beats).tolist() == [1.0, 2.0]


def struck(sound: str, times: np.ndarray, noise: float, seed: int = 0) -> np.ndarray:
    """Strokes of different loudness over a bed of noise, (N,) float32."""
    random = np.random.default_rng(seed)
    t = np.arange(int(0.3 * SAMPLE_RATE)) / SAMPLE_RATE
    audio = noise * random.standard_normal(int((times[-1] + 1) * SAMPLE_RATE))
    for time in times:
        hit = {
            "click": (t < 0.001) * 1.0,
            "hat": 0.3 * random.standard_normal(len(t)) * np.exp(-t / 0.01),
            "snare": (0.2 * random.standard_normal(len(t)) + 0.4 * np.sin(2 * np.pi * 190 * t))
            * np.exp(-t / 0.06),
            "kick": 0.8
            * np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-t / 0.03))))
            * np.exp(-t / 0.12),
            "crash": 0.2 * random.standard_normal(len(t)) * np.exp(-t / 0.5),
        }[sound]
        start = round(time * SAMPLE_RATE)
        audio[start : start + len(t)] += hit * random.uniform(0.3, 1)
    return (audio / max(1.0, np.abs(audio).max())).astype(np.float32)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
@pytest.mark.parametrize("sound", ["click", "hat", "snare", "kick", "crash"])
def test_onsets_are_found_within_5_ms(sound: str, noise: float) -> None:
    times = np.arange(0.0, 10, 0.37) + np.random.default_rng(1).uniform(0.1, 0.2, 28)
    found = metrics.detect_onsets(struck(sound, times, noise))
    assert len(found) == len(times)
    assert np.abs(found - times).max() < 0.005


def test_onsets_on_the_first_sample_and_close_together() -> None:
    audio = np.zeros(SAMPLE_RATE, np.float32)
    times = np.array([0, 0.05, 0.1, 0.15, 0.5])
    for time in times:
        audio[round(time * SAMPLE_RATE) :][:44] = 0.5
    np.testing.assert_allclose(metrics.detect_onsets(audio), times, atol=0.005)


@pytest.mark.parametrize(
    "audio", [np.zeros(0), np.zeros(100), np.zeros(SAMPLE_RATE), np.full(9_999, 5e-4)]
)
def test_silence_has_no_onsets(audio: np.ndarray) -> None:
    assert len(metrics.detect_onsets(audio.astype(np.float32))) == 0


def test_a_steady_hum_has_hardly_any_onset() -> None:
    hum = 0.5 * np.sin(2 * np.pi * 110 * np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE)
    assert len(metrics.detect_onsets(hum.astype(np.float32))) <= 1  # that it starts


@settings(deadline=None)
@given(gaps, st.sampled_from([3, 4]), st.floats(0.001, 0.2))
def test_chance_is_the_measure_of_the_union(
    steps: list[float], parts: int, tolerance: float
) -> None:
    grid = metrics.subdivide(ascending(steps), parts)
    points = np.linspace(grid[0], grid[-1], 20_001)
    covered = (np.abs(points[:, None] - grid).min(axis=1) <= tolerance).mean()
    assert metrics.covered_share(grid, tolerance) == pytest.approx(covered, abs=0.01)


@given(seconds, gaps, st.floats(0.001, 0.1))
def test_grid_share_is_the_slow_reference(
    onsets: np.ndarray, steps: list[float], tolerance: float
) -> None:
    beats = ascending(steps)
    found = metrics.grid_share(onsets, beats, tolerance)
    inside = [onset for onset in onsets if beats[0] <= onset <= beats[-1]]
    assert found.onsets == len(inside)
    if not inside:
        assert math.isnan(found.share)
        return
    grid = [
        a + (b - a) * part / found.subdivision
        for a, b in itertools.pairwise(beats)
        for part in range(found.subdivision + 1)
    ]
    near = [any(abs(onset - time) <= tolerance for time in grid) for onset in inside]
    surely = [any(abs(onset - time) <= tolerance - 1e-9 for time in grid) for onset in inside]
    assert np.mean(surely) <= found.share + 1e-12
    assert found.share <= max(np.mean(near), np.mean(surely)) + 1 / len(inside) + 1e-12
    assert 0 <= found.share <= 1
    assert 0 <= found.chance <= 1 + 1e-12


def test_grid_share_tells_straight_from_swung_and_both_from_chance() -> None:
    beats = np.arange(0, 30, 0.6)
    straight, swung = metrics.subdivide(beats, 4), metrics.subdivide(beats, 3)
    assert metrics.grid_share(straight, beats, 0.03).subdivision == 4
    found = metrics.grid_share(swung, beats, 0.03)
    assert (found.subdivision, found.share, found.skill) == (3, 1, 1)
    scattered = np.sort(np.random.default_rng(0).uniform(0, 29, 20_000))
    found = metrics.grid_share(np.unique(scattered), beats, 0.03)
    assert found.share == pytest.approx(found.chance, abs=0.02)
    assert abs(found.skill) < 0.03


def test_silence_earns_nothing_on_the_grid() -> None:
    found = metrics.grid_share(np.zeros(0), np.arange(0, 4, 0.5), 0.03)
    assert math.isnan(found.share)
    assert math.isnan(found.skill)
    assert found.onsets == 0


def test_grid_needs_beats() -> None:
    with pytest.raises(ValueError, match="there are 1; a grid needs at least 2"):
        metrics.grid_share(np.zeros(0), np.array([1.0]), 0.03)


@given(st.floats(0.2, 1.5), st.integers(5, 40), st.floats(0.1, 10))
def test_a_metronome_is_steady_even_where_the_tracker_skips(
    period: float, beats: int, start: float
) -> None:
    steady = start + period * np.arange(beats)
    assert metrics.tempo_deviation(steady) == pytest.approx(0, abs=1e-6)
    assert metrics.tempo_deviation(np.delete(steady, 2)) == pytest.approx(0, abs=1e-6)


def test_tempo_deviation_is_relative_and_in_percent() -> None:
    intervals = np.random.default_rng(0).normal(0.5, 0.01, 5_000)
    assert metrics.tempo_deviation(np.cumsum(intervals)) == pytest.approx(2, rel=0.05)
    assert metrics.tempo_deviation(np.cumsum(2 * intervals)) == pytest.approx(2, rel=0.05)
    assert math.isnan(metrics.tempo_deviation(np.array([0.0, 1, 2])))


def test_density() -> None:
    assert metrics.density(np.array([0.1, 0.2, 0.3]), 2.0) == 1.5
    with pytest.raises(ValueError, match="seconds is 0"):
        metrics.density(np.zeros(0), 0)


def test_spectral_distance() -> None:
    random = np.random.default_rng(0)
    noise = random.uniform(-0.5, 0.5, 20_000).astype(np.float32)
    same = metrics.spectral_distance(noise, noise)
    assert (same.stft, same.mel) == (0, 0)
    half = metrics.spectral_distance(noise, noise / 2)  # 6.02 dB everywhere above the floor
    assert half.stft == pytest.approx(6.02, abs=0.05)
    assert half.mel == pytest.approx(6.02, abs=0.05)
    other = np.roll(noise, 5_000) * 0.1
    there, back = metrics.spectral_distance(noise, other), metrics.spectral_distance(other, noise)
    assert there.stft == pytest.approx(back.stft)
    with pytest.raises(ValueError, match="cut them to one length"):
        metrics.spectral_distance(noise, noise[1:])


def test_bootstrap_covers_the_mean_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        interval = metrics.bootstrap_interval(random.normal(3, 1, 30), 300, trial)
        hits += interval.low <= 3 <= interval.high
    assert 0.88 <= hits / 200 <= 0.99


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20), st.integers(0, 99))
def test_bootstrap_invariants(values: list[float], seed: int) -> None:
    found = metrics.bootstrap_interval(values, 100, seed)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found.n == len(values)
    assert found == metrics.bootstrap_interval([*values, math.nan], 100, seed)


def test_bootstrap_of_too_few() -> None:
    one = metrics.bootstrap_interval([2.0], 100, 0)
    assert (one.mean, one.n) == (2, 1)
    assert math.isnan(one.low)
    none = metrics.bootstrap_interval([math.nan], 100, 0)
    assert none.n == 0
    assert math.isnan(none.mean)
