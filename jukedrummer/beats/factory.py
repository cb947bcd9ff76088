"""Makes the tracker of a config, and the judge: the tracker that measures drum tracks."""

from torch import nn

from jukedrummer.beats.tracker import Tracker
from jukedrummer.beats.trackers.madmom import MadmomConfig
from jukedrummer.config import TRACKERS, BeatsConfig
from jukedrummer.storage.weights import ModelInfo

# Settings of the judge. They are the same for all models, so that all models can be compared.
JUDGE = MadmomConfig(
    networks=8,
    beats_per_bar=(3, 4),
    min_bpm=55.0,
    max_bpm=200.0,
    num_tempi=60,
    transition_lambda=150.0,
    observation_lambda=8,
    threshold=0.05,
)


def make_tracker(
    config: BeatsConfig, device: str = "cpu", network: tuple[nn.Module, ModelInfo] | None = None
) -> Tracker:
    """The tracker of a config.

    Args:
        config: its settings.
        device: where it runs, e.g. "cpu" or "cuda".
        network: model and description of a trained tracker, instead of those in the folder
            `beats.weights`.

    Raises:
        UserError: a network, a file or a package is missing.
    """
    tracker: Tracker = TRACKERS[config.kind_name].build(config, device, network)
    return tracker


def make_judge() -> Tracker:
    """The judge: madmom's tracker with the settings `JUDGE`, on the processor."""
    return make_tracker(JUDGE)
