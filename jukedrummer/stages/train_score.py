"""Stage train_score: pairs with beats and a drum score -> the score model."""

from pathlib import Path

from jukedrummer.config import ScoreConfig


def train_score(pairs: list[Path], *, output: Path, devices: int = 1, score: ScoreConfig) -> None:
    """Train the score model: recordings and beats to drum scores. A stopped training continues.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        output: Folder of the model.
        devices: Processes that share the training (DDP).

    Raises:
        UserError: no song has beats and a drum score.
    """
    from jukedrummer.training.score import fit_score

    fit_score(pairs, output, score=score, devices=devices)
