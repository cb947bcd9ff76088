"""Factored attention against dense attention with a mask, at once and position by position."""

import pytest
import torch

from jukedrummer.model.paper.attention import FactoredAttention, Pattern, attend, patterns, seen

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
def test_the_cached_positions_are_those_of_the_mask(pattern: Pattern) -> None:
    mask = looks(pattern, causal=True)
    for position in range(L):
        assert (
            torch.arange(L)[seen(pattern, position, BLOCK)].tolist()
            == mask[position].nonzero()[:, 0].tolist()
        )


@pytest.mark.parametrize("pattern", list(Pattern))
def test_steps_give_what_all_at_once_gives(pattern: Pattern) -> None:
    torch.manual_seed(0)
    attention = FactoredAttention(WIDTH, HEADS, pattern, BLOCK, causal=True, dropout=0.0)
    x, memory = torch.randn(2, 2, L, WIDTH)
    expected = attention(x, memory)
    # The first blocks at once, which fills the cache, and the rest step by step.
    cache = torch.full((2, L, WIDTH // 2), torch.nan)
    start = attention(x[:, : 2 * BLOCK], memory, cache)
    rest = [attention.step(x[:, at], cache, at, seen(pattern, at, BLOCK)) for at in range(2 * BLOCK, L)]
    found = torch.cat([start, torch.stack(rest, 1)], 1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_the_papers_patterns() -> None:
    assert patterns(20, cross=True).count(Pattern.CROSS) == 2
    assert patterns(20, cross=True)[9] == patterns(20, cross=True)[19] == Pattern.CROSS
    assert patterns(5, cross=False) == [1, 2, 3, 1, 2]
    assert patterns(3, cross=True) == [1, 2, 6]  # a small model hears too
