"""Events in time are checked before they are used."""

import math

import numpy as np
import pytest

from jukedrummer.evaluation.events import downbeats, validate


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (np.zeros((3, 2)), "column of a beats array"),
        (np.array([0.0, math.nan]), "1 of 2 are NaN"),
        (np.array([1.0, 44_100.0]), "samples or frames"),
        (np.array([-2.0, 1.0]), "start of the audio"),
        (np.array([1.0, 3.0, 2.0]), "number 3 .2 s. does not come after number 2"),
        (np.array([1.0, 1.0]), "drop doubles"),
    ],
)
def test_validate_message(times: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=f"beats: .*{message}"):
        validate(times, "beats")


def test_downbeats() -> None:
    beats = np.array([[0.5, 4], [1.0, 1], [1.5, 2], [2.0, 1]])
    assert downbeats(beats).tolist() == [1.0, 2.0]
