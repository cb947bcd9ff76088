"""Random times of events for property tests."""

import numpy as np
from hypothesis import strategies as st

gaps = st.lists(st.floats(0.05, 2.0), min_size=2, max_size=30)
seconds = st.lists(st.floats(0, 30), max_size=40).map(
    lambda values: np.unique(np.array(values, dtype=float))
)


def ascending(steps: list[float]) -> np.ndarray:
    """Times with these gaps between them, (n,) seconds."""
    return np.cumsum(np.array(steps))
