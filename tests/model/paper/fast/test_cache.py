"""Attention position by position, compared with masked attention; and with fixed shapes."""

import pytest
import torch

from jukedrummer.model.paper.attention import FactoredAttention, Pattern
from jukedrummer.model.paper.fast.cache import FactoredCache, attend_masked, group_size, place
from jukedrummer.model.paper.fast.step import LayerStep, step_weights
from jukedrummer.model.paper.lm import PaperLayer, PaperLMConfig
from tests.model.paper.helpers import (
    BLOCK,
    BLOCKS,
    FACTORED,
    HEADS,
    POSITIONS,
    WIDTH,
    attention_mask,
)


@pytest.mark.parametrize("pattern", FACTORED)
def test_the_cache_attends_where_the_mask_does(pattern: Pattern) -> None:
    """Every position's value is a row of the identity matrix, so the output equals the weights."""
    mask = attention_mask(pattern, causal=True)
    cache = FactoredCache(pattern, BLOCK, POSITIONS, torch.empty(0), (1, 1, POSITIONS))
    for position in range(POSITIONS):
        projected = torch.zeros(1, 3 * POSITIONS)  # equal keys: all weights are equal
        projected[0, 2 * POSITIONS + position] = 1.0
        attended = cache.attend(projected, place(pattern, position, BLOCK, POSITIONS))
        if attended is None:
            assert not mask[position].any()
        else:
            torch.testing.assert_close(attended[0], mask[position] / mask[position].sum())


@pytest.mark.parametrize("pattern", list(Pattern))
def test_steps_give_the_result_of_all_at_once(pattern: Pattern) -> None:
    torch.manual_seed(0)
    config = PaperLMConfig(width=WIDTH, heads=HEADS, attention_blocks=BLOCKS, context=POSITIONS)
    layer = PaperLayer(config, pattern, causal=True).eval()
    for value in layer.parameters():
        torch.nn.init.normal_(value, std=0.3)
    x, memory = torch.randn(2, 2, POSITIONS, WIDTH)
    expected = layer(x, memory)
    # The first blocks at once, which fills the cache, and the rest step by step.
    step = LayerStep(step_weights(layer), FactoredCache.of(layer.attention, POSITIONS, x))
    step.cache.stored.fill_(torch.nan)
    with torch.no_grad():
        start = layer(x[:, : 2 * BLOCK], memory, step.cache.fill)
        rest = [
            step(x[:, at], place(pattern, at, BLOCK, POSITIONS))
            for at in range(2 * BLOCK, POSITIONS)
        ]
    outputs = torch.cat([start, torch.stack(rest, 1)], 1)
    torch.testing.assert_close(outputs, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pattern", list(Pattern))
def test_masked_attention_gives_the_result_of_the_cache(pattern: Pattern) -> None:
    torch.manual_seed(0)
    layer = FactoredAttention(WIDTH, HEADS, pattern, BLOCK, causal=True, dropout=0.0)
    like = torch.empty(3, 0)
    caches = [FactoredCache.of(layer, POSITIONS, like) for _ in range(2)]
    if pattern == Pattern.CROSS:
        key, value = torch.randn(2, 3, layer.heads, POSITIONS, layer.inner // layer.heads)
        for cache in caches:
            cache.fill(key, value)
    members = group_size(pattern, BLOCK, POSITIONS)
    for position in range(POSITIONS):
        projected = torch.randn(3, layer.project_in.out_features)
        at = place(pattern, torch.tensor([position]), BLOCK, POSITIONS)
        masked = attend_masked(caches[0].stored, members, projected, at)
        expected = caches[1].attend(projected, place(pattern, position, BLOCK, POSITIONS))
        torch.testing.assert_close(
            masked, torch.zeros_like(masked) if expected is None else expected
        )
    torch.testing.assert_close(caches[0].stored, caches[1].stored)
