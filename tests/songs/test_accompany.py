"""What accompany says of the beats that the drums follow."""

from types import SimpleNamespace

import numpy as np
import pytest

from jukedrummer.songs.accompany import _warnings


@pytest.mark.parametrize(
    ("told", "tracker", "beats", "warning"),
    [
        (
            {"beats": "high", "encoder": True},
            "madmom",
            0,
            "no beat was found; the drums go by the sound alone",
        ),
        (
            {"beats": "high", "encoder": False},
            "madmom",
            0,
            "no beat was found; the drums have nothing to go by",
        ),
        (
            {"beats": "high", "encoder": False},
            "given",
            1,
            "tells no tempo; the drums have nothing to go by",
        ),
        ({"beats": "none", "encoder": True}, "given", 8, "the beats you gave are ignored"),
        (
            {"beats": "none", "encoder": False},
            "madmom",
            8,
            "told neither the recording nor its beats",
        ),
        ({"beats": "none", "encoder": True}, "madmom", 0, None),
        ({"beats": "high", "encoder": True}, "madmom", 8, None),
    ],
)
def test_what_the_drums_go_by_is_said(
    told: dict, tracker: str, beats: int, warning: str | None
) -> None:
    drummer = SimpleNamespace(infos={"lm": SimpleNamespace(config=told)})
    result = SimpleNamespace(tracker=tracker, beats=np.zeros((beats, 2)), confidence=0.5)
    found = list(_warnings(result, drummer))
    assert (len(found) == 1 and warning in found[0]) if warning else found == []
