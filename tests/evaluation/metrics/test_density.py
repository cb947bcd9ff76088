"""Onsets a second."""

import numpy as np
import pytest

from jukedrummer.evaluation.metrics.density import density


def test_density() -> None:
    assert density(np.array([0.1, 0.2, 0.3]), 2.0) == 1.5
    with pytest.raises(ValueError, match="seconds is 0"):
        density(np.zeros(0), 0)
