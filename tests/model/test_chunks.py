"""Chunks with margins give the result of the whole."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.model.chunks import in_chunks


@given(st.integers(1, 200), st.integers(1, 40), st.integers(3, 20))
@settings(deadline=None)
def test_equals_the_whole_for_a_short_memory(length: int, size: int, margin: int) -> None:
    kernel = torch.randn(1, 1, 7, generator=torch.Generator().manual_seed(0))
    x = torch.randn(1, 1, length, generator=torch.Generator().manual_seed(1))
    smooth = lambda signal: torch.nn.functional.conv1d(signal, kernel, padding=3)  # noqa: E731
    torch.testing.assert_close(in_chunks(smooth, x, 1, size, margin), smooth(x))


@given(st.integers(1, 100), st.integers(1, 30))
@settings(deadline=None)
def test_ratio(length: int, size: int) -> None:
    x = torch.arange(length)[None].float()
    repeat = lambda signal: signal.repeat_interleave(3, -1)  # noqa: E731
    assert torch.equal(in_chunks(repeat, x, 3, size, 2), repeat(x))
