"""The reference of drum tracks: its songs in words."""

import pytest

from jukedrummer.evaluation.reference import describe_songs
from tests.tiny import pair


@pytest.mark.parametrize(
    ("home", "separated", "away", "left_out", "which", "expected"),
    [
        (16, 0, 0, 0, "all", "16 songs with annotated beats"),
        (14, 2, 0, 0, "test", "16 held-out songs (2 of them with separated drums)"),
        (3, 0, 0, 1, "test", "3 held-out songs (1 without annotated beats left out)"),
        (3, 0, 2, 0, "test", "3 home songs and 2 away songs"),
        (3, 0, 2, 0, "all", "5 songs with annotated beats, 2 of them away songs"),
    ],
)
def test_songs_are_described(home, separated, away, left_out, which, expected) -> None:
    pairs = [pair(f"h{n}", "test", 1.0) for n in range(home)]
    pairs += [pair(f"s{n}", "test", 1.0, kind="separated") for n in range(separated)]
    pairs += [pair(f"a{n}", "away", 1.0) for n in range(away)]
    assert describe_songs(pairs, left_out, which, "annotated beats") == expected
