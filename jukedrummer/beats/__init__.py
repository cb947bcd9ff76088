"""Beats: trackers, annotations, representations for language models, and the clips of songs."""
