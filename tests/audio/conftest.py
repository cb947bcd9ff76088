"""A small separator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.audio.helpers import write_tiny_demucs


@pytest.fixture(scope="module")
def tiny_demucs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a small demucs model. One thread is used, which is faster for a small model."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield write_tiny_demucs(tmp_path_factory.mktemp("demucs"))
    torch.set_num_threads(threads)
