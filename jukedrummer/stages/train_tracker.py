"""Stage train_tracker: pairs with annotated beats -> the drum-aware beat tracker."""

from pathlib import Path

from jukedrummer.config import TrackerConfig


def train_tracker(
    pairs: list[Path], *, output: Path, devices: int = 1, tracker: TrackerConfig
) -> None:
    """Train the drum-aware beat tracker. An interrupted training continues.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        output: Folder of the model.
        devices: Processes that share the training (DDP).

    Raises:
        UserError: no song has annotated beats.
    """
    from jukedrummer.training.tracker import fit_tracker

    fit_tracker(pairs, output, tracker=tracker, devices=devices)
