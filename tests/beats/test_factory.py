"""Trackers of a config, and the judge, whose settings are fixed."""

import pytest

from jukedrummer.beats.factory import JUDGE, make_judge, make_tracker
from jukedrummer.beats.trackers.drum_aware import DrumAwareConfig
from jukedrummer.beats.trackers.madmom import MadmomConfig, MadmomTracker
from jukedrummer.config import TrackerConfig, load, plain
from jukedrummer.model.drum_aware import make_tracker_network
from jukedrummer.storage.weights import ModelInfo

# Settings of the decoder that differ from the judge's in every key.
OTHERS = {
    "beats_per_bar": (2, 5),
    "min_bpm": 40.0,
    "max_bpm": 300.0,
    "num_tempi": 20,
    "transition_lambda": 20.0,
    "observation_lambda": 4,
    "threshold": 0.65,
}


def network() -> tuple:
    """An untrained network with its description."""
    config = TrackerConfig(kind="blstm", hidden=2, layers=1, second_stage=0)
    sizes = {"none": 0, "beat": 1, "downbeat": 2}
    info = ModelInfo("tracker", plain(config), {}, sizes, step=0, metrics={}, data_sha256="")
    return make_tracker_network(config), info


@pytest.mark.parametrize("kind", [MadmomConfig, DrumAwareConfig])
def test_the_judge_is_madmoms_with_fixed_settings_whatever_the_models_tracker(kind) -> None:
    tracker = make_tracker(kind(**OTHERS), network=network())
    judge = make_judge()
    assert isinstance(judge, MadmomTracker)
    assert judge.version == "0.16.1, 8 of 8 networks"
    assert judge.decoder.threshold == 0.05
    assert tracker.decoder.threshold == 0.65
    meters = [len(hmm.transition_model.state_space.first_states) for hmm in judge.decoder.hmms]
    assert meters == [3, 4]
    others = [len(hmm.transition_model.state_space.first_states) for hmm in tracker.decoder.hmms]
    assert others == [2, 5]


def test_the_settings_of_the_judge_do_not_follow_the_defaults() -> None:
    assert JUDGE.model_fields_set == set(MadmomConfig.model_fields) - {"tracker"}
    assert plain(JUDGE) == {
        "tracker": "madmom",
        "beats_per_bar": [3, 4],
        "min_bpm": 55.0,
        "max_bpm": 200.0,
        "num_tempi": 60,
        "transition_lambda": 150.0,
        "observation_lambda": 8,
        "threshold": 0.05,
        "networks": 8,
    }


@pytest.mark.parametrize("name", ["drum_aware", "beat_this"])
def test_each_tracker_has_a_threshold_of_its_own(name: str) -> None:
    """With another tracker, shared keys stay. The threshold takes the new tracker's default."""
    settings = {"threshold": 0.65, "min_bpm": 70.0}
    chosen = load({"beats": {"tracker": name, **settings}}).beats
    assert (chosen.threshold, chosen.min_bpm) == (0.65, 70.0)
    changed_back = load({"beats": {"tracker": name, **settings}}, {"beats": {"tracker": "madmom"}})
    assert (changed_back.beats.threshold, changed_back.beats.min_bpm) == (0.05, 70.0)
