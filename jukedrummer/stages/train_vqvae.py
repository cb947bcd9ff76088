"""Stage train_vqvae: clips -> the VQ-VAE of one part."""

from pathlib import Path

from jukedrummer.config import ClipConfig, MelConfig, Part, VQVAEParts


def train_vqvae(
    part: Part,
    *,
    features: list[Path],
    output: Path,
    devices: int = 1,
    mel: MelConfig,
    clip: ClipConfig,
    vqvae: VQVAEParts,
) -> None:
    """Train the VQ-VAE of one part. An interrupted training continues.

    Args:
        part: Which of the two VQ-VAEs: drums or drumless.
        features: Shard of features; repeat.
        output: Folder of the model.
        devices: Processes that share the training (DDP).

    Raises:
        UserError: there are no clips, or shards have another mel.
    """
    from jukedrummer.training.vqvae import fit_vqvae

    settings = vqvae.drums if part == "drums" else vqvae.drumless
    fit_vqvae(part, features, output, mel=mel, clip=clip, vqvae=settings, devices=devices)
