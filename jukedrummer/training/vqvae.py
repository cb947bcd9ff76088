"""Training of a VQ-VAE on random crops of the clips' mels (paper section 3)."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.audio.mel import check_same_mel
from jukedrummer.config import ClipConfig, MelConfig, Part, VQVAEConfig
from jukedrummer.evaluation.statistics import perplexity
from jukedrummer.model.build import make_vqvae
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import Clips
from jukedrummer.storage.weights import ModelInfo, describe
from jukedrummer.training.loop import train
from jukedrummer.training.random import random_for
from jukedrummer.training.task import Batch, Metrics, Task


class VQVAETask(Task):
    """Reconstruction of standardised mels, and commitment to the codes.

    Args:
        model: the VQ-VAE.
        config: its settings.
        part: the part whose mels it is trained on.
        clips: training clips.
        valid: validation clips.
    """

    model: Autoencoder

    def __init__(
        self, model: Autoencoder, config: VQVAEConfig, part: Part, clips: Clips, valid: Clips
    ) -> None:
        super().__init__()
        self.model, self.config = model, config
        self.name, self.clips, self.valid = f"{part}_mel", clips, valid
        self.example_width = config.width * config.crop_frames

    def batch(self, step: int, part: slice) -> Batch:
        """Random crops: one tensor (B, F, crop_frames)."""
        random = random_for(self.config.optim.seed, step)
        clips = random.integers(len(self.clips), size=self.config.optim.batch_size)
        places = random.random(self.config.optim.batch_size)
        crops = [self._crop(*drawn) for drawn in zip(clips[part], places[part], strict=True)]
        return (torch.from_numpy(np.stack(crops)),)

    def _crop(self, clip: int, place: float) -> np.ndarray:
        """(F, crop_frames) float32 at a relative place in [0, 1)."""
        mel = self.clips.read(clip, self.name)
        start = int(place * (mel.shape[-1] - self.config.crop_frames + 1))
        return mel[:, start : start + self.config.crop_frames].astype(np.float32)

    def forward(self, mel: Tensor) -> dict[str, Tensor]:
        """Losses of crops (B, F, M)."""
        result = self.model(mel)
        reconstruction = torch.nn.functional.mse_loss(result.mel, result.target)
        loss = reconstruction + self.config.commitment * result.commitment
        return {"loss": loss, "reconstruction": reconstruction, "commitment": result.commitment}

    def before_backward(self) -> None:
        """Drop the latents of parts that did not fit into memory."""
        self.model.quantizer.pending.clear()

    def after_step(self) -> None:
        """Update the codebook."""
        self.model.quantizer.update_codebook()

    def validate(self) -> Metrics:
        """Mean losses over whole clips, and the number of uses of each code in all of them."""
        usage = torch.zeros(self.config.codebook_size, dtype=torch.long)
        losses: dict[str, list[float]] = {}
        device = next(self.model.parameters()).device
        for index in range(len(self.valid)):
            clip = self.valid.read(index, self.name).astype(np.float32)
            mel = torch.from_numpy(clip)[None].to(device)
            for name, value in self(mel).items():
                losses.setdefault(name, []).append(value.item())
            usage += torch.bincount(self.model.encode(mel).flatten().cpu(), minlength=len(usage))
        means = {name: float(np.mean(values)) for name, values in losses.items()}
        return {
            **means,
            "perplexity": perplexity(usage.numpy()),
            "used": int((usage > 0).sum()),
            "usage": usage.tolist(),
        }


def mel_statistics(clips: Clips, name: str) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each mel band over all frames of all clips, read one by one.

    Args:
        clips: clips with mels.
        name: name of the mel, drums_mel or drumless_mel.

    Returns:
        Mean (F,) and deviation (F,), float32.
    """
    count, total, squares = 0, 0.0, 0.0
    for index in tqdm(range(len(clips)), desc=f"statistics of {name}", unit="clip", leave=False):
        mel = clips.read(index, name).astype(np.float64)
        count += mel.shape[1]
        total = total + mel.sum(axis=1)
        squares = squares + (mel**2).sum(axis=1)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return torch.from_numpy(mean).float(), torch.from_numpy(deviation).float()


def fit_vqvae(
    part: Part,
    features: list[Path],
    output: Path,
    *,
    mel: MelConfig,
    clip: ClipConfig,
    vqvae: VQVAEConfig,
    devices: int = 1,
) -> ModelInfo:
    """Train the VQ-VAE of one part on the training clips of the shards.

    Args:
        part: drums or drumless.
        features: shards of features.
        output: folder of the model.
        mel: settings of the features' mel.
        clip: sizes of the clips.
        vqvae: settings of this part's VQ-VAE.
        devices: processes that share the training.

    Raises:
        UserError: there are no clips, crops do not fit into a clip, or shards have another mel.
    """
    vqvae.check_clip(clip, f"vqvae.{part}")
    clips, valid = (Clips(features, "features", split) for split in ("train", "valid"))
    for shard in clips.shards:
        check_same_mel(mel, shard.attribute("mel"), str(shard.path))
    clips.check_length(f"{part}_mel", clip.frames, "clip.frames")
    torch.manual_seed(vqvae.optim.seed)
    model = make_vqvae(vqvae, mel.bands, clip.frames_per_code)
    model.standardise.set(*mel_statistics(clips, f"{part}_mel"))
    sizes, data = {"frames_per_code": clip.frames_per_code}, sha256(*features)
    info = describe(
        "vqvae", vqvae, mel, part=part, sizes=sizes, step=0, metrics={}, data_sha256=data
    )
    return train(VQVAETask(model, vqvae, part, clips, valid), output, info, vqvae.optim, devices)
