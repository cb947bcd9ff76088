"""The networks equal madmom's, alone and in a batch."""

import numpy as np
import pytest
import torch

from jukedrummer.beats import downbeat_networks
from jukedrummer.beats.downbeat_networks import DownbeatNetworks


@pytest.fixture(scope="module")
def features(original, song) -> np.ndarray:
    return original.features(song[: 3 * 44_100])


@pytest.fixture(scope="module")
def networks() -> DownbeatNetworks:
    return DownbeatNetworks()


def run(networks: DownbeatNetworks, songs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    padded = torch.nn.utils.rnn.pad_sequence(
        [torch.from_numpy(song) for song in songs], batch_first=True
    )
    embeddings, activations = networks(padded, torch.tensor([len(song) for song in songs]))
    return embeddings.numpy(), activations.numpy()


def test_every_network_equals_madmom(networks, features, original):
    embeddings, activations = run(networks, [features])
    assert embeddings.shape == (1, len(features), 8, 50)
    for network in range(8):
        expected = original.embeddings(features, network)
        np.testing.assert_allclose(embeddings[0, :, network], expected, atol=1e-5)
    np.testing.assert_allclose(activations[0], original.activations(features), atol=1e-5)


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_networks_vote(features, original, count):
    embeddings, activations = run(DownbeatNetworks(count), [features])
    assert embeddings.shape[2] == count
    np.testing.assert_allclose(activations[0], original.activations(features, count), atol=1e-5)


def test_a_batch_equals_its_songs(networks, features):
    songs = [features, features[50:51], features[20:200]]
    embeddings, activations = run(networks, songs)
    for index, song in enumerate(songs):
        alone_embeddings, alone_activations = run(networks, [song])
        np.testing.assert_allclose(embeddings[index, : len(song)], alone_embeddings[0], atol=1e-5)
        np.testing.assert_allclose(activations[index, : len(song)], alone_activations[0], atol=1e-5)


def test_does_not_depend_on_the_chunks(networks, features, monkeypatch):
    expected = run(networks, [features])[1]
    monkeypatch.setattr(downbeat_networks, "RECURRENT_CHUNK", 41)
    np.testing.assert_allclose(run(networks, [features])[1], expected, atol=1e-6)


def test_activations_are_probabilities(networks, features):
    activations = run(networks, [features])[1]
    assert (activations >= 0).all()
    np.testing.assert_allclose(activations.sum(-1), 1, atol=1e-5)


def test_leaves_the_number_of_threads(networks, features):
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        run(networks, [features[:10]])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_equals_the_cpu(features):
    expected = run(DownbeatNetworks(), [features])
    networks = DownbeatNetworks().cuda()
    embeddings, activations = networks(
        torch.from_numpy(features)[None].cuda(), torch.tensor([len(features)]).cuda()
    )
    np.testing.assert_allclose(embeddings.cpu(), expected[0], atol=1e-4)
    np.testing.assert_allclose(activations.cpu(), expected[1], atol=1e-4)
