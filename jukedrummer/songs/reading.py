"""Reads a user's recording as far as it can be read, and makes it mono for the models."""

import sys
from pathlib import Path

import numpy as np

from jukedrummer.audio.io import read_channels
from jukedrummer.audio.mono import mono_signal
from jukedrummer.config import PairsConfig
from jukedrummer.errors import UserError

MOST_MONO_LOSS_DB = PairsConfig().max_mono_loss_db  # the default of the training data


def read_song(song: Path) -> tuple[np.ndarray, int]:
    """All channels of a recording, (N, channels) float32, and the sample rate.

    If the file is cut off or damaged, a warning is printed on standard error, and what can be read
    is returned.

    Raises:
        UserError: nothing can be read, or a sample is not finite.
    """

    def warn(error: UserError) -> None:
        print(f"{error} (what can be read is used)", file=sys.stderr)

    return read_channels(song, on_incomplete=warn)


def song_mono(channels: np.ndarray) -> tuple[np.ndarray, str]:
    """The mono signal that the models receive.

    Args:
        channels: (N, channels) float32.

    Returns:
        (N,) float32, and a note if it is not the mean of the channels, which cancel each other;
        else "".
    """
    mono, choice = mono_signal(channels, MOST_MONO_LOSS_DB)
    return mono, "" if choice.mono == "mid" else choice.note(f"{MOST_MONO_LOSS_DB:g} dB")
