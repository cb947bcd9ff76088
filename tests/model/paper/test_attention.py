"""Factored attention against dense attention with a mask."""

import pytest
import torch

from jukedrummer.model.paper.attention import Pattern, attend, patterns
from tests.model.paper.helpers import BLOCK, FACTORED, HEADS, POSITIONS, attention_mask


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("pattern", FACTORED)
def test_blocks_give_the_result_of_a_mask(pattern: Pattern, causal: bool) -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, HEADS, POSITIONS, 5)
    mask = attention_mask(pattern, causal)
    weight = (query @ key.mT / 5**0.5).masked_fill(~mask, -torch.inf).softmax(-1)
    expected = weight.nan_to_num() @ value  # zero if there is nothing to attend to
    attended = attend(pattern, query, key, value, BLOCK, causal, 0.0)
    torch.testing.assert_close(attended, expected, rtol=1e-4, atol=1e-5)


def test_the_papers_patterns() -> None:
    assert patterns(20, cross=True).count(Pattern.CROSS) == 2
    assert patterns(20, cross=True)[9] == patterns(20, cross=True)[19] == Pattern.CROSS
    assert patterns(5, cross=False) == [1, 2, 3, 1, 2]
    assert patterns(3, cross=True) == [1, 2, 6]  # a small model uses the encoder too
