"""Training a VQ-VAE on random crops of the clips' mels (paper section 3)."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.audio.mel import check_same_mel
from jukedrummer.config import ClipConfig, MelConfig, Part, VQVAEConfig
from jukedrummer.model.families import make_vqvae
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import Clips
from jukedrummer.storage.weights import ModelInfo, describe
from jukedrummer.training.loop import Batch, Metrics, Task, random_for, train


class VQVAETask(Task):
    """Reconstruction of standardised mels plus commitment."""

    def __init__(
        self, model: Autoencoder, config: VQVAEConfig, part: Part, train: Clips, valid: Clips
    ) -> None:
        super().__init__()
        self.model, self.config = model, config
        self.name, self.clips, self.valid = f"{part}_mel", train, valid
        self.example_width = config.width * config.crop_frames

    def batch(self, step: int, part: slice) -> Batch:
        """Random crops: one tensor (B, F, crop_frames)."""
        random = random_for(self.config.optim.seed, step)
        clips = random.integers(len(self.clips), size=self.config.optim.batch)
        places = random.random(self.config.optim.batch)
        return (
            torch.from_numpy(
                np.stack([self._crop(*at) for at in zip(clips[part], places[part], strict=True)])
            ),
        )

    def _crop(self, clip: int, place: float) -> np.ndarray:
        mel = self.clips.read(clip, self.name)
        start = int(place * (mel.shape[-1] - self.config.crop_frames + 1))
        return mel[:, start : start + self.config.crop_frames].astype(np.float32)

    def forward(self, mel: Tensor) -> dict[str, Tensor]:
        """Losses of crops (B, F, M)."""
        result = self.model(mel)
        reconstruction = torch.nn.functional.mse_loss(result.mel, result.target)
        loss = reconstruction + self.config.commitment * result.commitment
        return {"loss": loss, "reconstruction": reconstruction, "commitment": result.commitment}

    def begin_turn(self) -> None:
        """Forget latents of parts that did not fit into memory."""
        self.model.quantizer.heard.clear()

    def end_turn(self) -> None:
        """Move the codebook."""
        self.model.quantizer.move()

    def validate(self) -> Metrics:
        """Mean losses over whole clips, and how often each code is used over the epoch."""
        usage = torch.zeros(self.config.codebook, dtype=torch.long)
        losses: dict[str, list[float]] = {}
        device = next(self.model.parameters()).device
        for index in range(len(self.valid)):
            mel = torch.from_numpy(self.valid.read(index, self.name).astype(np.float32))[None].to(
                device
            )
            for name, value in self(mel).items():
                losses.setdefault(name, []).append(value.item())
            usage += torch.bincount(self.model.encode(mel).flatten().cpu(), minlength=len(usage))
        means = {name: float(np.mean(values)) for name, values in losses.items()}
        return {
            **means,
            "perplexity": perplexity(usage),
            "used": int((usage > 0).sum()),
            "usage": usage.tolist(),
        }


def perplexity(usage: Tensor) -> float:
    """2 to the entropy of the codes' frequencies: how many codes do the work. `usage` is counts, (K,)."""
    share = usage.double() / usage.sum().clamp(min=1)
    return float(2 ** -(share * share.clamp(min=1e-12).log2()).sum())


def mel_statistics(clips: Clips, name: str) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each mel band over all frames of `clips`, one clip in memory: (F,) each."""
    count, total, squares = 0, 0.0, 0.0
    for index in tqdm(range(len(clips)), desc=f"statistics of {name}", unit="clip", leave=False):
        mel = clips.read(index, name).astype(np.float64)
        count += mel.shape[1]
        total = total + mel.sum(axis=1)
        squares = squares + (mel**2).sum(axis=1)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return torch.from_numpy(mean).float(), torch.from_numpy(deviation).float()


def train_vqvae(
    part: Part,
    features: list[Path],
    output: Path,
    mel: MelConfig,
    clip: ClipConfig,
    vqvae: VQVAEConfig,
    devices: int = 1,
) -> ModelInfo:
    """Train the VQ-VAE of one part on the shards' training clips.

    Args:
        part: drums or drumless.
        features: shards of features.
        output: folder of the model.

    Raises:
        UserError: no clips, crops longer than a clip, or shards of another mel.
    """
    clips, valid = (Clips(features, "features", split) for split in ("train", "valid"))
    for shard in clips.shards:
        check_same_mel(mel, shard.attribute("mel"), str(shard.path))
    vqvae.check_fits(clip, part)
    torch.manual_seed(vqvae.optim.seed)
    model = make_vqvae(vqvae, mel.bands, clip.frames_per_code)
    model.standardise.set(*mel_statistics(clips, f"{part}_mel"))
    info = describe(
        "vqvae",
        vqvae,
        mel,
        part=part,
        sizes={"frames_per_code": clip.frames_per_code},
        step=0,
        metrics={},
        data_sha256=sha256(*features),
    )
    return train(VQVAETask(model, vqvae, part, clips, valid), output, info, vqvae.optim, devices)
