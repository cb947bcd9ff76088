"""Sampling: the nucleus against a slow reference, windows, independent pieces."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.config import GenerateConfig, changed
from jukedrummer.model.sampling import draw, nucleus, sample, sampling_windows
from tests.model.helpers import FRAMES, L, conditions, make_listening, make_paper

FAMILIES = pytest.mark.parametrize("make", [make_listening, make_paper])

GREEDY = GenerateConfig(temperature=1.0, top_p=0.01)


@given(st.integers(0, 10_000), st.floats(0.05, 1.0), st.floats(0.2, 3.0))
@settings(max_examples=60, deadline=None)
def test_nucleus_follows_a_slow_reference(seed: int, top_p: float, temperature: float) -> None:
    logits = torch.from_numpy(np.random.default_rng(seed).normal(size=(1, 9))).float() * 3
    probabilities = np.exp(logits[0].double().numpy() / temperature)
    probabilities /= probabilities.sum()
    kept, mass = np.zeros(9), 0.0
    for code in np.argsort(-probabilities):
        if mass >= top_p - 1e-6 and mass > 0:
            break
        kept[code] = probabilities[code]
        mass += probabilities[code]
    result = nucleus(logits, temperature, top_p)[0].numpy()
    assert result.sum() == pytest.approx(1, abs=1e-5)
    if abs(mass - top_p) > 1e-4:  # avoid the edge, where rounding decides
        np.testing.assert_allclose(result, kept / kept.sum(), atol=1e-4)


def test_draws_have_the_probabilities() -> None:
    probabilities = torch.tensor([[0.1, 0.0, 0.6, 0.3]])
    uniform = torch.linspace(0, 1 - 1e-6, 10_001)
    codes = draw(probabilities.expand(10_001, 4), uniform)
    share = torch.bincount(codes, minlength=4) / 10_001
    torch.testing.assert_close(share, probabilities[0], atol=1e-3, rtol=0)
    assert share[1] == 0


@given(st.integers(1, 400), st.integers(4, 64))
@settings(deadline=None)
def test_windows_cover_every_code_once_and_keep_three_quarters(length: int, context: int) -> None:
    windows = sampling_windows(length, context)
    drawn = [code for window in windows for code in range(window.known, window.end)]
    assert drawn == list(range(length))
    for window in windows[1:]:
        assert window.end - window.start <= context
        assert window.known - window.start >= context - max(1, context // 4)


@FAMILIES
def test_the_first_window_draws_from_the_models_own_distribution(make: Callable) -> None:
    """Greedy codes are those of the largest logits in a single call with all codes."""
    model, piece = make(), conditions()
    codes = sample(model, [piece], GREEDY, [0])[0]
    yes = torch.ones(1, dtype=torch.bool)
    assert torch.equal(model(codes[None], piece, yes, yes)[0].argmax(-1), codes)


def test_later_windows_continue_from_the_codes_before() -> None:
    model, piece = make_listening(), conditions(length=2 * L)
    codes = sample(model, [piece], GREEDY, [0])[0]
    yes = torch.ones(1, dtype=torch.bool)
    for window in sampling_windows(2 * L, L)[1:]:
        # The conditions are encoded over the whole piece: compare away from the window's edges.
        condition = model.condition(piece, yes, yes)[:, window.start : window.end]
        drawn = codes[None, window.start : window.end]
        x = model.embed(model.shift(drawn)) + model.embed_condition(condition)
        for layer in model.layers:
            x = layer(x, condition, model.tables[:, : drawn.shape[1]])
        expected = model.head(model.norm(x))[0].argmax(-1)
        known = window.known - window.start
        assert torch.equal(expected[known:], drawn[0, known:])


def test_later_windows_of_the_papers_family_are_pieces_of_their_own() -> None:
    model, piece = make_paper(), conditions(length=2 * L + 3)
    codes = sample(model, [piece], GREEDY, [0])[0]
    yes = torch.ones(1, dtype=torch.bool)
    for window in sampling_windows(2 * L + 3, L):
        cropped = piece.crop(window.start, window.end, FRAMES)
        logits = model(codes[None, window.start : window.end], cropped, yes, yes)[0]
        assert torch.equal(
            logits.argmax(-1)[window.known - window.start :], codes[window.known : window.end]
        )


def test_uniform_numbers_decide_as_when_the_model_gets_all_codes_at_once() -> None:
    model, piece = make_listening(), conditions()
    config = GenerateConfig(temperature=1.3, top_p=0.9)
    codes, yes = sample(model, [piece], config, [5])[0], torch.ones(1, dtype=torch.bool)
    probabilities = nucleus(model(codes[None], piece, yes, yes)[0], 1.3, 0.9)
    uniform = torch.rand(L, generator=torch.Generator().manual_seed(5))
    assert torch.equal(draw(probabilities, uniform), codes)


@FAMILIES
def test_a_piece_does_not_depend_on_the_others(make: Callable) -> None:
    model = make()
    long, short = conditions(length=3 * L), conditions(length=L + 5)
    config = GenerateConfig(temperature=1.5, top_p=1.0)
    together = sample(model, [long, short], config, [3, 4])
    for piece, seed, codes in zip((long, short), (3, 4), together, strict=True):
        assert torch.equal(sample(model, [piece], config, [seed])[0], codes)


@FAMILIES
def test_seeds_repeat_and_differ(make: Callable) -> None:
    model, piece = make(), conditions(length=2 * L)
    config = GenerateConfig(temperature=2.0, top_p=1.0)
    first, again, other = (sample(model, [piece], config, [seed])[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@FAMILIES
def test_guidance_of_one_changes_nothing_and_more_does(make: Callable) -> None:
    model, piece = make(), conditions(length=L)
    plain = sample(model, [piece], GREEDY, [0])[0]
    strong = sample(model, [piece], changed(GREEDY, guidance=8.0), [0])[0]
    none = sample(model, [piece], changed(GREEDY, guidance=0.0), [0])[0]
    assert not torch.equal(plain, strong)
    # With a guidance of zero the conditions have no influence.
    moved = piece._replace(
        drumless_mel=piece.drumless_mel + 1.0, drumless_codes=11 - piece.drumless_codes
    )
    assert torch.equal(none, sample(model, [moved], changed(GREEDY, guidance=0.0), [0])[0])
    assert piece.drumless_mel.shape[-1] == L * FRAMES
