"""Pieces by the names of instruments, with names of published kits."""

import pytest

from jukedrummer.kits.piece_names import named_piece, plainness


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("c3 - bass drum 1", "kick"),
        ("BassDrum", "kick"),
        ("Snare Jazz", "snare"),
        ("Snare1", "snare"),
        ("Pearl Side Stick", "side_stick"),
        ("Rim Click (Pearl Free Floating Maple 14x3.5)", "side_stick"),
        ("Hand Clap", "side_stick"),
        ('Hi-Hat Closed (Paiste Alpha Metal edge 14")', "closed_hat"),
        ("Pedal HH", "closed_hat"),
        ("Hat Semi-Open", "closed_hat"),
        ("Hi Hat Opened", "open_hat"),
        ("a#3 - hi-hat open", "open_hat"),
        ("tomhi2", "toms"),
        ("Floor Tom", "toms"),
        ("Ride (Custom, Zagrebin 22)", "ride"),
        ("Crash/Ride (Paiste Rude)", "crash"),
        ("Cymbal", "crash"),
        ("Cowbell", None),
        ("Bongo Hi", None),
        ("Snare Roll", None),
        ("17", None),
        ("", None),
    ],
)
def test_pieces(name: str, piece: str | None) -> None:
    assert named_piece(name) == piece


def test_the_usual_sound_of_a_piece_comes_first() -> None:
    assert plainness("Snare") < plainness("Snare Rimshot")
    assert plainness("Ride") < plainness("Ride Bell")
    assert plainness("Crash") < plainness("Splash") < plainness("Zildjian Splash Choke")
