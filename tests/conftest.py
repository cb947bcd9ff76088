"""Fixtures that several folders of tests share."""

import signal
from pathlib import Path

import numpy as np
import pytest

from tests import tiny

# Where a shell runs the tests in its background, Ctrl-C is ignored, and what they start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first: at the end of files side by side, these long ones would be waited for."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of tiny models; not to be written to."""
    return tiny.write_bundle(tmp_path_factory.mktemp("bundle"))


def pulses(seconds: float, sample_rate: int = 44_100, bpm: float = 120.0) -> np.ndarray:
    """Decaying tones on every beat, the first of four higher: (N,) float32."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    beat = t * bpm / 60
    pitch = np.where(beat.astype(int) % 4 == 0, 440.0, 220.0)
    tone = np.sin(2 * np.pi * pitch * t) * np.exp(-8 * (beat % 1))
    return (0.5 * tone).astype(np.float32)
