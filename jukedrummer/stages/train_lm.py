"""Stage train_lm: clips and codes -> the language model of one experiment."""

from pathlib import Path

from jukedrummer.config import ClipConfig, LMConfig, MelConfig


def train_lm(
    features: list[Path],
    *,
    codes: list[Path],
    output: Path,
    devices: int = 1,
    mel: MelConfig,
    clip: ClipConfig,
    lm: LMConfig,
) -> None:
    """Train the language model over drum codes. An interrupted training continues.

    Args:
        features: Shard of features; repeat.
        codes: Shard of codes, in the order of the features; repeat.
        output: Folder of the model.
        devices: Processes that share the training (DDP).

    Raises:
        UserError: there are no clips, or shards have another mel or do not belong together.
    """
    from jukedrummer.training.lm import fit_lm

    fit_lm(features, codes, output, mel=mel, clip=clip, lm=lm, devices=devices)
