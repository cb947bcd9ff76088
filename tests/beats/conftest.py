"""A small song, and madmom's own tracker."""

import numpy as np
import pytest

from tests.beats.helpers import Original, click_song


@pytest.fixture(scope="session")
def original() -> Original:
    """madmom's own tracker."""
    return Original()


@pytest.fixture(scope="session")
def song() -> np.ndarray:
    """Five seconds at 120 beats a minute."""
    return click_song(5)
