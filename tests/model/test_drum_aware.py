"""The drum-aware network's paths; that it equals the original is tested with the converter."""

import pytest
import torch

from jukedrummer.config import TrackerConfig
from jukedrummer.model.drum_aware import make_tracker_network

SMALL = {"hidden": 3, "layers": 2, "second_stage": 4, "unmix_hidden": 8, "unmix_layers": 1}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return make_tracker_network(TrackerConfig(**SMALL)).eval()


@pytest.mark.parametrize("heard", ["drumless", "drums"])
def test_what_is_not_a_mix_meets_its_own_network_only(network, heard):
    embedding, logits = network.hear(torch.rand(2, 9, 314), heard)
    assert (embedding.shape, logits.shape) == ((2, 9, 6), (2, 9, 3))
    logits.sum().backward()
    touched = {
        name.partition(".")[0]
        for name, value in network.named_parameters()
        if value.grad is not None
    }
    assert touched == {heard}


def test_a_mix_meets_all_of_it(network):
    mix = torch.rand(2, 9, 314)
    logits = network.hear(mix, "mix")[1]
    logits.sum().backward()
    untouched = [name for name, value in network.named_parameters() if value.grad is None]
    assert untouched == []
    found = network(mix)
    torch.testing.assert_close(found.logits, logits)
    torch.testing.assert_close(
        found.drumless.logits, network.drumless(found.drumless_features).logits
    )
    torch.testing.assert_close(found.drums.logits, network.drums(found.drums_features).logits)


def test_unmixing_is_a_mask(network):
    mix = torch.rand(1, 20, 314)
    mix[:, 5:9, 10:20] = 0
    found = network(mix)
    for part in (found.drumless_features, found.drums_features):
        assert (part >= 0).all()
        assert (part[:, 5:9, 10:20] == 0).all()


@pytest.mark.parametrize("second_stage", [0, 4])
def test_the_single_network_hears_everything_alike(second_stage):
    config = TrackerConfig(kind="blstm", **SMALL | {"second_stage": second_stage})
    network = make_tracker_network(config)
    features = torch.rand(1, 7, 314)
    embedding, logits = network.hear(features, "mix")
    assert torch.equal(logits, network.hear(features, "drums")[1])
    assert (embedding.shape, logits.shape) == ((1, 7, 6), (1, 7, 3))
