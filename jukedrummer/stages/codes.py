"""Stage codes: clips of one shard -> codes of both VQ-VAEs."""

from pathlib import Path

from jukedrummer.config import ClipConfig, MelConfig


def codes(
    features: Path, *, drums: Path, drumless: Path, output: Path, mel: MelConfig, clip: ClipConfig
) -> None:
    """Encode the mels of one shard with both VQ-VAEs.

    Args:
        features: The shard of features.
        drums: Folder of the drums' VQ-VAE.
        drumless: Folder of the drumless recordings' VQ-VAE.
        output: The shard of codes to write (.h5).

    Raises:
        UserError: a VQ-VAE has another mel or another number of frames for each code.
    """
    from jukedrummer.model.codes import write_codes

    write_codes(features, drums, drumless, output, mel, clip)
