"""The score model's network: what it is conditioned on, and that takes follow its probabilities."""

import numpy as np
import pytest
import torch

from jukedrummer.config import ScoreConfig
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.score import SLOTS, STROKES, ScoreInput, ScoreNetwork, score_input

SMALL = ScoreConfig(registers=8, width=16, slot_width=4, layers=2, heads=2, dropout=0.0)
BEATS = 11


@pytest.fixture
def network() -> ScoreNetwork:
    torch.manual_seed(0)
    network = ScoreNetwork(SMALL).eval()
    for name in ("earlier_slots", "earlier_bars.weight"):  # zero before the training
        torch.nn.init.normal_(network.get_parameter(name), std=0.3)
    return network


def song(receives: bool = True) -> ScoreInput:
    random = np.random.default_rng(0)
    features = random.normal(size=(BEATS, SLOTS, 16)).astype(np.float32)
    positions = np.array([3, *[0, 1, 2, 3] * 2, 0, 1])
    lengths = np.full(BEATS, 4)
    return score_input(features, positions, lengths, 100.0, receives)


def test_padding_after_the_song_changes_nothing(network: ScoreNetwork) -> None:
    own = song()
    padded = ScoreInput(
        *(torch.nn.functional.pad(x, (0, 0, 0, 0, 0, 5)) for x in own[:1]),
        *(torch.nn.functional.pad(x, (0, 5), value=1) for x in own[1:3]),
        *own[3:5],
        torch.nn.functional.pad(own.beat_mask, (0, 5)),
    )
    torch.testing.assert_close(network.encode(padded)[:, :BEATS], network.encode(own))


def test_without_the_recording_its_features_do_not_matter(network: ScoreNetwork) -> None:
    own = song(receives=False)
    other = own._replace(features=own.features + 1)
    torch.testing.assert_close(network.encode(other), network.encode(own))
    assert not torch.allclose(network.encode(song()), network.encode(own))


def test_a_stroke_is_conditioned_on_earlier_strokes_only(network: ScoreNetwork) -> None:
    own = song()
    encoded = network.encode(own).detach()
    strokes = torch.rand(1, BEATS, SLOTS, len(PIECES)).requires_grad_()
    logits = network.conditionals(encoded, strokes, strokes, own.lengths)
    flat = logits.reshape(-1)
    for place in (0, 5, STROKES * 4 + 20, STROKES * BEATS - 1):
        (gradient,) = torch.autograd.grad(flat[place], strokes, retain_graph=True)
        influence = gradient.reshape(-1) != 0
        assert not influence[place:].any()
        assert influence[:place].any() == (place > 0)


def test_takes_are_drawn_from_the_conditional_probabilities(network: ScoreNetwork) -> None:
    own = song()
    encoded = network.encode(own)
    uniform = torch.rand(3, BEATS, STROKES, generator=torch.Generator().manual_seed(1))
    takes = network.draw(encoded, own.lengths, uniform, temperature=0.7)
    assert 0 < takes.float().mean() < 0.9
    strokes = takes.float()
    lengths = own.lengths.expand(3, -1)
    logits = network.conditionals(encoded.expand(3, -1, -1), strokes, strokes, lengths)
    chances = (logits / 0.7).sigmoid().flatten(2)
    assert ((uniform < chances) == takes.flatten(2)).float().mean() > 0.999  # but for rounding


def test_velocities_and_offsets_have_limits(network: ScoreNetwork) -> None:
    velocities, offsets = network.velocities_and_offsets(100 * network.encode(song()))
    assert velocities.min() >= 0
    assert velocities.max() <= 1
    assert offsets.abs().max() <= 40
