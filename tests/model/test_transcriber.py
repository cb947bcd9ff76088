"""The transcriber's network and its input."""

import numpy as np
import torch

from jukedrummer.config import TranscriberConfig
from jukedrummer.model.build import build
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.transcriber import TRANSCRIBER_MEL, TranscriberNetwork, recording_mel
from jukedrummer.storage.weights import describe

SMALL = TranscriberConfig(channels=2, width=8, hidden=4)


def test_shapes_and_first_probabilities() -> None:
    info = describe(
        "transcriber", SMALL, TRANSCRIBER_MEL, sizes={}, step=0, metrics={}, data_sha256="none"
    )
    network = build(info)
    assert isinstance(network, TranscriberNetwork)
    output = network(torch.randn(3, 80, 50))
    assert output.logits.shape == output.velocities.shape == (3, 50, len(PIECES))
    assert output.features.shape == (3, 50, 8)
    assert output.logits.sigmoid().mean() < 0.2  # onsets are rare
    assert (network.thresholds == 0.5).all()


def test_the_input_does_not_depend_on_the_level() -> None:
    audio = np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32)
    mel = recording_mel(audio)
    assert mel.shape == (80, 100)
    torch.testing.assert_close(recording_mel(0.05 * audio), mel, atol=1e-3, rtol=0)


def test_silence_and_short_recordings_have_an_input() -> None:
    floor = float(np.log10(TRANSCRIBER_MEL.floor))
    for audio in (np.zeros(0), np.zeros(100), np.full(4_410, 5e-4)):
        mel = recording_mel(audio.astype(np.float32))
        assert mel.shape == (80, max(1, len(audio) // 441))
        torch.testing.assert_close(mel, torch.full_like(mel, floor))
