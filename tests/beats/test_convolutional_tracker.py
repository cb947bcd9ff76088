"""The convolutional tracker: shapes, silence, short audio, chunks, and the wrong kind of model."""

import numpy as np
import pytest
import torch

from jukedrummer.beats.trackers.convolutional import ConvolutionalConfig, build
from jukedrummer.config import TrackerConfig, load, plain
from jukedrummer.errors import UserError
from jukedrummer.model.build import build as build_network
from jukedrummer.storage.weights import ModelInfo


def network(kind: str = "convolutional") -> tuple:
    config = TrackerConfig(kind=kind, channels=6, dilated_layers=2, hidden=2, layers=1)
    info = ModelInfo("tracker", plain(config), {}, {}, step=0, metrics={}, data_sha256="abc")
    torch.manual_seed(0)
    return build_network(info).eval(), info


@pytest.mark.parametrize("samples", [0, 1, 500, 44_100])
def test_short_audio_has_no_beats(samples: int) -> None:
    tracked = build(ConvolutionalConfig(), "cpu", network()).track(np.zeros(samples, "f4"), 44_100)
    assert tracked.beats.shape == (0, 2)
    assert tracked.embeddings.shape == (len(tracked.activations), 50)


def test_chunks_have_embeddings_and_probabilities_of_every_frame() -> None:
    tracker = build(ConvolutionalConfig(), "cpu", network())
    mel = torch.randn(80, 7_000)
    embedding, logits = tracker.analyse(mel)
    assert embedding.shape == (7_000, 50)
    assert logits.shape == (2, 7_000)
    assert (embedding[:, :6] != 0).any()
    assert (embedding[:, 6:] == 0).all()


def test_another_kind_of_model_is_an_error() -> None:
    with pytest.raises(UserError, match="the model is a tracker of the kind blstm"):
        build(ConvolutionalConfig(), "cpu", network("blstm"))
    with pytest.raises(UserError, match=r"tracker\.kind is drum_aware"):
        load({"beats": {"tracker": "convolutional"}})
