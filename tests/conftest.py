"""Fixtures and sounds that several test folders share."""

import signal
from pathlib import Path

import numpy as np
import pytest

from tests import tiny

# A background job of a shell ignores Ctrl-C. Programs that tests start must not inherit this.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the workflow's tests first, because they take longest."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of tiny models. Tests must not change it."""
    return tiny.write_bundle(tmp_path_factory.mktemp("bundle"))


def pulses(seconds: float, sample_rate: int = 44_100, bpm: float = 120.0) -> np.ndarray:
    """Decaying tones on every beat, the first of four higher: (N,) float32."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    beat = t * bpm / 60
    pitch = np.where(beat.astype(int) % 4 == 0, 440.0, 220.0)
    tone = np.sin(2 * np.pi * pitch * t) * np.exp(-8 * (beat % 1))
    return (0.5 * tone).astype(np.float32)
