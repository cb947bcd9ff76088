"""A small separator."""

from tests.audio.conftest import tiny_demucs

__all__ = ["tiny_demucs"]
