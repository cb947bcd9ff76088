"""Beat trackers on songs of impulses: choice of songs, settings and errors."""

from pathlib import Path
from typing import Any

import mir_eval
import numpy as np
import pytest

from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.trackers.drum_aware import DrumAwareConfig
from jukedrummer.beats.trackers.madmom import MadmomConfig
from jukedrummer.config import BeatsConfig
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.errors import UserError
from jukedrummer.evaluation import beat_tracking as tracking
from tests.evaluation.helpers.corpus import Corpus
from tests.evaluation.helpers.tracking import (
    ImpulseTracker,
    beats_of,
    trackers,
    two_trackers,
    write_impulses,
)
from tests.tiny import write_pairs_table


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_impulses(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def results(corpus: Corpus) -> list[tracking.SongResult]:
    songs, _ = tracking.compared_songs(corpus, "test")
    return list(tracking.track_songs(songs, two_trackers()))


def test_which_songs_are_tracked(corpus: Corpus) -> None:
    songs, left_out = tracking.compared_songs(corpus, "test")
    assert ([song.song.song for song in songs], left_out) == (["a", "b", "c"], 1)
    songs, _ = tracking.compared_songs(corpus, "all")
    assert [song.song.song for song in songs] == ["a", "b", "c", "trained"]


def test_each_version_is_what_it_says(results: list[tracking.SongResult]) -> None:
    outcomes = {(r.version, r.tracker): r.outcome for r in results if r.song == "a"}
    assert outcomes == {
        ("drums", "madmom"): "right",
        ("drumless", "madmom"): "off_beat",
        ("mix", "madmom"): "double",
        ("drums", "drum_aware"): "half",
        ("drumless", "drum_aware"): "other",
        ("mix", "drum_aware"): "right",
    }


def test_a_perfect_tracker_is_perfect_and_one_without_beats_is_not() -> None:
    beats = beats_of("a")[:, 0]
    assert tracking.continuity(beats, beats) == (1, 1)
    assert tracking.outcome(beats, beats) == "right"
    for nothing in (np.zeros(0), beats[:1]):
        assert tracking.continuity(beats, nothing) == (0, 0)
        assert tracking.outcome(beats, nothing) == "other"


@pytest.mark.parametrize("first", [0, 1])
def test_levels_of_the_beat(first: int) -> None:
    beats = np.cumsum(np.random.default_rng(0).uniform(0.48, 0.52, 40))
    half, double = beats[first::2], np.sort(np.concatenate([beats, (beats[1:] + beats[:-1]) / 2]))
    late = (beats[1:] + beats[:-1]) / 2
    for estimate, expected in ((half, "half"), (double, "double"), (late, "off_beat")):
        assert tracking.outcome(beats, estimate) == expected
        cmlt, amlt = tracking.continuity(beats, estimate)
        assert cmlt < 0.1
        assert amlt > 0.9
    thirds = np.interp(np.arange(0, 39, 2 / 3), np.arange(40), beats)
    assert tracking.outcome(beats, thirds) == "other"


def test_the_first_seconds_count() -> None:
    beats = np.arange(0.0, 10.0, 0.5)
    late = beats[beats >= 5]
    trimmed = mir_eval.beat.trim_beats(beats), mir_eval.beat.trim_beats(late)
    assert mir_eval.beat.continuity(*trimmed)[1] == 1
    assert tracking.continuity(beats, late)[0] == 0.5
    assert tracking.outcome(beats, late) == "other"


def test_a_tracker_that_fails_names_the_song(corpus: Corpus) -> None:
    def fail(times: np.ndarray) -> np.ndarray:
        raise RuntimeError("out of luck")

    songs, _ = tracking.compared_songs(corpus, "test")
    with pytest.raises(UserError, match=r"madmom failed on the full mix of a \(.*out of luck"):
        list(tracking.track_songs(songs, trackers(ImpulseTracker(fail))))


def test_nothing_annotated_is_an_error(corpus: Corpus, tmp_path: Path) -> None:
    kept = [pair for pair in read_pairs(corpus[0]) if pair.song == "unknown"]
    alone = write_pairs_table(tmp_path / "alone", *kept)
    with pytest.raises(UserError, match="none of its 1 songs of split test has annotated beats"):
        tracking.compared_songs([alone], "test")


def test_a_trained_tracker_needs_its_folder() -> None:
    with pytest.raises(UserError, match=r"--trained-tracker or as beats\.weights"):
        tracking.make_trackers(("drum_aware",), MadmomConfig(), None)


def test_each_tracker_has_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracker of the section `beats` has its settings. The others have their defaults."""
    own = DrumAwareConfig(threshold=0.3, min_bpm=70.0, weights="somewhere")
    settings = tracking.tracker_settings(("madmom", "drum_aware", "beat_this"), own)
    assert settings["drum_aware"] == own
    assert settings["madmom"] == MadmomConfig()
    assert type(settings["beat_this"]).__name__ == "BeatThisConfig"
    assert (settings["beat_this"].threshold, settings["beat_this"].weights) == (0.05, None)

    given: list[BeatsConfig] = []

    def record(config: BeatsConfig, *others: Any) -> ImpulseTracker:
        given.append(config)
        return ImpulseTracker(lambda times: times)

    monkeypatch.setattr(tracking, "make_tracker", record)
    tracking.make_trackers(("madmom",), own, None)
    assert given == [MadmomConfig()]
    tracking.make_trackers(("madmom",), MadmomConfig(threshold=0.3), None)
    assert given[1].threshold == 0.3


def test_madmom_is_made() -> None:
    config = MadmomConfig(networks=1)
    made = tracking.make_trackers(("madmom",), config, None)
    assert set(made["madmom"]) == set(tracking.VERSIONS)
    assert made["madmom"]["mix"].name == make_tracker(config).name == "madmom"
