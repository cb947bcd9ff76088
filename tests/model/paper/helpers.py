"""Slow references and small networks for the tests of the paper's networks."""

import torch

from jukedrummer.model.paper.attention import Pattern

BLOCK, BLOCKS, HEADS, WIDTH = 4, 3, 2, 32
POSITIONS = BLOCK * BLOCKS
FACTORED = [Pattern.BLOCK, Pattern.COLUMN, Pattern.PREVIOUS]


def attention_mask(pattern: Pattern, causal: bool) -> torch.Tensor:
    """Slow reference: (L, L), whether position i attends to position j."""
    mask = torch.zeros(POSITIONS, POSITIONS, dtype=torch.bool)
    for i in range(POSITIONS):
        for j in range(POSITIONS):
            ahead = causal and j > i
            mask[i, j] = {
                Pattern.BLOCK: i // BLOCK == j // BLOCK and not ahead,
                Pattern.COLUMN: i % BLOCK == j % BLOCK and not ahead,
                Pattern.PREVIOUS: i // BLOCK == j // BLOCK + 1,
            }[pattern]
    return mask
