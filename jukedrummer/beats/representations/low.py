"""The tracker's embedding (paper: low)."""

import numpy as np

from jukedrummer.beats.representations import Array, CodeGrid, Representation
from jukedrummer.beats.tracker import FPS, Tracked
from jukedrummer.config import EMBEDDING_WIDTH


def low(tracked: Tracked, grid: CodeGrid) -> np.ndarray:
    """The tracker's embeddings at the centres of the codes, linearly interpolated: (L, 50) float32.

    The song lasts from its first frame to one frame after the last. Outside, all values are 0.
    Without embeddings, all values are 0.
    """
    result = np.zeros((grid.codes, EMBEDDING_WIDTH), dtype=np.float32)
    embeddings = tracked.embeddings
    if embeddings is None or not len(embeddings):
        return result
    position = grid.centres * FPS
    inside = (position >= 0) & (position <= len(embeddings))
    clipped = np.clip(position[inside], 0, len(embeddings) - 1)
    left = np.minimum(clipped.astype(int), max(len(embeddings) - 2, 0))
    right = np.minimum(left + 1, len(embeddings) - 1)
    share = (clipped - left)[:, None]
    result[inside] = embeddings[left] * (1 - share) + embeddings[right] * share
    return result


REPRESENTATION = Representation(
    "the beat tracker's 50-dimensional embedding",
    (Array("low", low, "float16", width=EMBEDDING_WIDTH),),
    needs_embedding=True,
)
