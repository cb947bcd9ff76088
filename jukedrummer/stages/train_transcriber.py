"""Stage train_transcriber: pairs with a drum score -> the transcriber of drums."""

from pathlib import Path

from jukedrummer.config import TranscriberConfig


def train_transcriber(
    pairs: list[Path], *, output: Path, devices: int = 1, transcriber: TranscriberConfig
) -> None:
    """Train the transcriber of drums. An interrupted training continues.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        output: Folder of the model.
        devices: Processes that share the training (DDP).

    Raises:
        UserError: no song has a drum score.
    """
    from jukedrummer.training.transcriber import fit_transcriber

    fit_transcriber(pairs, output, transcriber=transcriber, devices=devices)
