"""The paths through the drum-aware network; tests/foreign compares it with the original."""

import pytest
import torch

from jukedrummer.config import TrackerConfig
from jukedrummer.model.drum_aware import Content, DrumAware, make_tracker_network

SMALL = {"hidden": 3, "layers": 2, "second_stage": 4, "unmix_hidden": 8, "unmix_layers": 1}


@pytest.fixture
def network() -> DrumAware:
    torch.manual_seed(0)
    return DrumAware(TrackerConfig(**SMALL)).eval()


@pytest.mark.parametrize("content", ["drumless", "drums"])
def test_a_part_takes_its_own_network_alone(network: DrumAware, content: Content) -> None:
    embedding, logits = network.analyse(torch.rand(2, 9, 314), content)
    assert (embedding.shape, logits.shape) == ((2, 9, 6), (2, 9, 3))
    logits.sum().backward()
    touched = {
        name.partition(".")[0]
        for name, value in network.named_parameters()
        if value.grad is not None
    }
    assert touched == {content}


def test_a_mix_takes_the_whole_network(network: DrumAware) -> None:
    mix = torch.rand(2, 9, 314)
    logits = network.analyse(mix, "mix")[1]
    logits.sum().backward()
    untouched = [name for name, value in network.named_parameters() if value.grad is None]
    assert untouched == []
    output = network(mix)
    torch.testing.assert_close(output.logits, logits)
    torch.testing.assert_close(
        output.drumless.logits, network.drumless(output.drumless_features).logits
    )
    torch.testing.assert_close(output.drums.logits, network.drums(output.drums_features).logits)


def test_unmixing_is_a_mask(network: DrumAware) -> None:
    mix = torch.rand(1, 20, 314)
    mix[:, 5:9, 10:20] = 0
    output = network(mix)
    for part in (output.drumless_features, output.drums_features):
        assert (part >= 0).all()
        assert (part[:, 5:9, 10:20] == 0).all()


@pytest.mark.parametrize("second_stage", [0, 4])
def test_the_single_network_is_the_same_for_all_content(second_stage: int) -> None:
    config = TrackerConfig(kind="blstm", **SMALL | {"second_stage": second_stage})
    network = make_tracker_network(config)
    features = torch.rand(1, 7, 314)
    embedding, logits = network.analyse(features, "mix")
    assert torch.equal(logits, network.analyse(features, "drums")[1])
    assert (embedding.shape, logits.shape) == ((1, 7, 6), (1, 7, 3))
