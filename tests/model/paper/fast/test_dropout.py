"""Dropout from few random bits: the probability, the mean, and the gradient."""

import pytest
import torch

from jukedrummer.model.paper.fast.dropout import FastDropout


@pytest.mark.parametrize("chance", [0.0, 0.1, 0.3, 0.9])
def test_drops_with_the_chance_and_keeps_the_mean(chance: float) -> None:
    torch.manual_seed(0)
    dropped = FastDropout(chance)(torch.ones(1_000, 333))
    zero = dropped == 0
    assert zero.float().mean() == pytest.approx(chance, abs=3e-3)
    torch.testing.assert_close(
        dropped[~zero], torch.full_like(dropped[~zero], 1 / (1 - chance)), rtol=1e-4, atol=0
    )
    # Neighbours come from the same 64 bits and must be independent.
    flat = zero.flatten().float() - zero.float().mean()
    for apart in (1, 2, 3, 4):
        assert (flat[apart:] * flat[:-apart]).mean().abs() < 2e-3


def test_the_gradient_is_dropped_alike() -> None:
    x = torch.ones(7, 9, requires_grad=True)
    y = FastDropout(0.5)(x)
    y.sum().backward()
    assert torch.equal(x.grad, y)
    assert 0 < (y == 0).sum() < y.numel()


def test_the_seed_decides_and_evaluation_drops_nothing() -> None:
    x, drop = torch.randn(3, 5, 7), FastDropout(0.5)
    torch.manual_seed(1)
    first = drop(x)
    assert not torch.equal(drop(x), first)
    torch.manual_seed(1)
    assert torch.equal(drop(x), first)
    assert drop.eval()(x) is x


def test_takes_views_and_half_precision() -> None:
    x = torch.ones(6, 4, dtype=torch.bfloat16).T[::2]
    dropped = FastDropout(0.5)(x)
    assert dropped.dtype == torch.bfloat16
    assert set(dropped.unique().tolist()) <= {0.0, 2.0}
