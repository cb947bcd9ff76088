"""No data set, but the model that separates mixes: a random one, small enough for tests."""

from pathlib import Path

from tests.audio.helpers import write_tiny_demucs


def make(root: Path) -> Path:
    """Write the model `tiny` into the folder `root`."""
    root.mkdir(parents=True)
    return write_tiny_demucs(root)
