"""Code that several stages share."""

from pathlib import Path

from jukedrummer.config import BeatsConfig, changed

COMMAND = "snakemake --cores all"


def with_trained_tracker(beats: BeatsConfig, folder: Path | None) -> BeatsConfig:
    """The tracker's settings, with the folder of the workflow's trained tracker, if any."""
    return changed(beats, weights=str(folder)) if folder else beats
