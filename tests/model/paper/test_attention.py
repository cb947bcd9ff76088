"""Factored attention against dense attention with a mask, at once and position by position."""

import pytest
import torch

from jukedrummer.config import LMConfig
from jukedrummer.model.paper.attention import Cache, Pattern, attend, patterns, place
from jukedrummer.model.paper.fast.step import LayerStep
from jukedrummer.model.paper.lm import Layer

BLOCK, BLOCKS, HEADS, WIDTH = 4, 3, 2, 32
L = BLOCK * BLOCKS
FACTORED = [Pattern.BLOCK, Pattern.COLUMN, Pattern.PREVIOUS]


def looks(pattern: Pattern, causal: bool) -> torch.Tensor:
    """Slow reference: (L, L), whether position i looks at position j."""
    mask = torch.zeros(L, L, dtype=torch.bool)
    for i in range(L):
        for j in range(L):
            ahead = causal and j > i
            mask[i, j] = {
                Pattern.BLOCK: i // BLOCK == j // BLOCK and not ahead,
                Pattern.COLUMN: i % BLOCK == j % BLOCK and not ahead,
                Pattern.PREVIOUS: i // BLOCK == j // BLOCK + 1,
            }[pattern]
    return mask


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("pattern", FACTORED)
def test_blocks_give_what_a_mask_gives(pattern: Pattern, causal: bool) -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, HEADS, L, 5)
    weight = (query @ key.mT / 5**0.5).masked_fill(~looks(pattern, causal), -torch.inf).softmax(-1)
    expected = weight.nan_to_num() @ value  # who looks at nothing gets zero
    found = attend(pattern, query, key, value, BLOCK, causal, 0.0)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pattern", FACTORED)
def test_the_cache_looks_where_the_mask_does(pattern: Pattern) -> None:
    """Every position's value is a row of the identity: what comes out are the weights."""
    mask = looks(pattern, causal=True)
    cache = Cache(pattern, BLOCK, L, torch.empty(0), (1, 1, L))
    for position in range(L):
        projected = torch.zeros(1, 3 * L)  # equal keys: all that is seen weighs the same
        projected[0, 2 * L + position] = 1.0
        found = cache.attend(projected, place(pattern, position, BLOCK, L))
        if found is None:
            assert not mask[position].any()
        else:
            torch.testing.assert_close(found[0], mask[position] / mask[position].sum())


@pytest.mark.parametrize("pattern", list(Pattern))
def test_steps_give_what_all_at_once_gives(pattern: Pattern) -> None:
    torch.manual_seed(0)
    config = LMConfig(family="paper", width=WIDTH, heads=HEADS, blocks=BLOCKS, context=L)
    layer = Layer(config, pattern, causal=True).eval()
    for value in layer.parameters():
        torch.nn.init.normal_(value, std=0.3)
    x, memory = torch.randn(2, 2, L, WIDTH)
    expected = layer(x, memory)
    # The first blocks at once, which fills the cache, and the rest step by step.
    step = LayerStep(layer.step_weights(), layer.attention.new_cache(L, x))
    step.cache.stored.fill_(torch.nan)
    with torch.no_grad():
        start = layer(x[:, : 2 * BLOCK], memory, step.cache)
        rest = [step(x[:, at], place(pattern, at, BLOCK, L)) for at in range(2 * BLOCK, L)]
    found = torch.cat([start, torch.stack(rest, 1)], 1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_the_papers_patterns() -> None:
    assert patterns(20, cross=True).count(Pattern.CROSS) == 2
    assert patterns(20, cross=True)[9] == patterns(20, cross=True)[19] == Pattern.CROSS
    assert patterns(5, cross=False) == [1, 2, 3, 1, 2]
    assert patterns(3, cross=True) == [1, 2, 6]  # a small model hears too
