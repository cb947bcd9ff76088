"""Stage train_vocoder: drum recordings -> the vocoder."""

from pathlib import Path

from jukedrummer.config import MelConfig, VocoderConfig


def train_vocoder(
    pairs: list[Path],
    *,
    output: Path,
    drums: Path | None = None,
    devices: int = 1,
    mel: MelConfig,
    vocoder: VocoderConfig,
) -> None:
    """Train the vocoder on the drums. An interrupted training continues.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        output: Folder of the model.
        drums: Folder of the drums' VQ-VAE, where vocoder.through_vqvae is set.
        devices: Processes that share the training (DDP).

    Raises:
        UserError: there are no songs, or a VQ-VAE or `vocoder.warm_start` does not fit.
    """
    from jukedrummer.training.vocoder import fit_vocoder

    fit_vocoder(pairs, output, mel=mel, vocoder=vocoder, drums=drums, devices=devices)
