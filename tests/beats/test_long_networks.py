"""Networks on long songs give the results of all networks at once."""

import pytest
import torch

from jukedrummer.beats import long_networks
from jukedrummer.beats.downbeat_networks import DownbeatNetworks
from jukedrummer.beats.long_networks import LongNetworks


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("together", [1, 2, 8])
@pytest.mark.parametrize("chunk", [7, 512])
def test_equals_the_networks_at_once(monkeypatch, count, together, chunk):
    monkeypatch.setattr(long_networks, "TOGETHER", together)
    monkeypatch.setattr(long_networks, "RECURRENT_CHUNK", chunk)
    networks = DownbeatNetworks(count)
    before = [weights.clone() for weights in networks.buffers()]
    long = LongNetworks(networks)
    generator = torch.Generator().manual_seed(0)
    for frames in (1, 7, 150):
        features = torch.rand(frames, 314, generator=generator)
        embeddings, activations = long(features)
        expected = networks(features[None], torch.tensor([frames]))
        torch.testing.assert_close(embeddings, expected[0][0, :, 0], atol=1e-5, rtol=0)
        torch.testing.assert_close(activations, expected[1][0], atol=1e-5, rtol=0)
    assert all(torch.equal(*pair) for pair in zip(before, networks.buffers(), strict=True))
