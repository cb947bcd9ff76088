"""madmom's tracker: the same beats as madmom's own, in any batches, of songs of any length."""

import numpy as np
import pytest

from jukedrummer.audio.io import resample
from jukedrummer.beats import network_tracker
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.trackers.madmom import MadmomConfig
from tests.beats.helpers import assert_same, click_song

RATE = 44_100


@pytest.fixture(scope="module")
def tracker():
    return make_tracker(MadmomConfig(networks=2))


def test_equals_madmom_from_audio_to_beats(original):
    from madmom.features.downbeats import DBNDownBeatTrackingProcessor

    audio = click_song(8, bpm=110, beats_per_bar=3)
    tracked = make_tracker(MadmomConfig()).track(audio, RATE)
    features = original.features(audio)
    activations = original.activations(features)
    np.testing.assert_allclose(tracked.activations, activations, atol=1e-4)
    np.testing.assert_allclose(tracked.embeddings, original.embeddings(features, 0), atol=1e-4)
    decoder = DBNDownBeatTrackingProcessor(
        beats_per_bar=[3, 4], max_bpm=200, transition_lambda=150, observation_lambda=8, fps=100
    )
    np.testing.assert_array_equal(tracked.beats, decoder(activations[:, 1:]))
    assert tracked.embeddings.dtype == tracked.activations.dtype == np.float32


@pytest.mark.parametrize(("bpm", "meter"), [(80, 4), (150, 3)])
def test_finds_the_beats_of_clicks(tracker, bpm, meter):
    tracked = tracker.track(click_song(16, bpm, meter), RATE)
    truth = np.arange(0.3, 16, 60 / bpm)
    found = np.abs(tracked.beats[:, 0] - truth[:, None]).min(axis=1) < 0.03
    assert found.mean() > 0.9
    assert tracked.confidence > 0.15
    assert (np.diff(tracked.beats[:, 0]) > 0).all()


@pytest.mark.parametrize("samples", [0, 1, 441, 20_000, RATE - 1, RATE])
def test_a_second_or_less_has_no_beats(tracker, samples):
    tracked = tracker.track(click_song(1)[:samples], RATE)
    assert tracked.beats.shape == (0, 2)
    assert tracked.activations.shape == (-(-samples // 441), 3)
    assert tracked.embeddings.shape == (-(-samples // 441), 50)
    assert tracked.confidence == 0


@pytest.mark.parametrize("seconds", [1, 5])
def test_silence_has_no_beats(tracker, seconds):
    tracked = tracker.track(np.zeros(seconds * RATE, dtype=np.float32), RATE)
    assert tracked.beats.shape == (0, 2)
    assert tracked.confidence == 0


@pytest.mark.parametrize("rate", [22_050, 48_000])
def test_resamples_other_rates(tracker, rate):
    audio = click_song(6)
    tracked = tracker.track(resample(audio, RATE, rate), rate)
    expected = tracker.track(audio, RATE)
    assert len(tracked.beats) == len(expected.beats)
    np.testing.assert_allclose(tracked.beats, expected.beats, atol=0.021)


def test_many_equal_one_by_one_in_any_batches(tracker, monkeypatch):
    songs = [
        click_song(4, 100),
        click_song(2, 90),
        np.zeros(0, dtype=np.float32),
        click_song(4.5, 160),
        click_song(3, 120),
    ]
    expected = [tracker.track(song, RATE) for song in songs]
    for frames in (1, 700, 100_000):
        monkeypatch.setattr(network_tracker, "BATCH_FRAMES", frames)
        for one, other in zip(tracker.track_many(songs, RATE), expected, strict=True):
            assert_same(one, other)
    assert tracker.track_many([], RATE) == []


@pytest.mark.parametrize("rate", [RATE, 22_050, 11_025])
@pytest.mark.parametrize("samples", [0, 1, 5_000])
def test_a_song_longer_than_a_batch_has_the_same_frames_and_beats(
    tracker, monkeypatch, rate, samples
):
    """Features in pieces of 2 s that end within, at and beyond a whole second."""
    audio = resample(click_song(9, 110), RATE, rate)[: 8 * rate + samples]
    expected = tracker.track(audio, rate)
    monkeypatch.setattr(network_tracker, "BATCH_FRAMES", 200)
    monkeypatch.setattr(network_tracker, "PIECE_SECONDS", 2)
    monkeypatch.setattr(tracker, "activations", None)  # of short songs
    assert_same(tracker.track(audio, rate), expected)


def test_batches_hold_every_song_once_and_are_bounded(monkeypatch):
    monkeypatch.setattr(network_tracker, "BATCH_FRAMES", 1_000)
    frames = np.random.default_rng(0).integers(0, 1_500, 60)
    batches = list(network_tracker.batches((frames * 441).tolist()))
    assert sorted(index for batch in batches for index in batch) == list(range(60))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(frames[index] for index in batch) <= 1_000


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("frames", [101, 1_000])
def test_decodes_networks_that_are_certain(tracker, level, frames):
    """Zeros, ones and sums slightly above 1, as rounded by float32."""
    activations = np.zeros((frames, 3), dtype=np.float32)
    activations[::50] = [0, level, np.nextafter(np.float32(1 - level), np.float32(2))]
    assert (activations[::50, 1:].sum(axis=1) >= 1).all()
    tracked = tracker.decode(np.zeros((frames, 50), dtype=np.float32), activations)
    assert len(tracked.beats) >= frames // 50 - 1
    assert np.isfinite(tracked.beats).all()
    assert 0 <= tracked.confidence <= 1.001


def test_meters_and_tempi_are_the_configs():
    audio = click_song(12, bpm=150, beats_per_bar=4)
    waltz = make_tracker(MadmomConfig(networks=1, beats_per_bar=(3,), max_bpm=100.0)).track(
        audio, RATE
    )
    assert set(waltz.beats[:, 1]) == {1, 2, 3}
    assert 60 / np.median(np.diff(waltz.beats[:, 0])) <= 101
    none = make_tracker(MadmomConfig(networks=1, threshold=1.0)).track(audio, RATE)
    assert len(none.beats) == 0


def test_names_what_was_used(tracker, song):
    tracked = tracker.track(song, RATE)
    assert (tracked.tracker, tracked.version) == ("madmom", "0.16.1, 2 of 8 networks")
