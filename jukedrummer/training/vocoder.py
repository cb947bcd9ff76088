"""Training the vocoder on the drums: multi-resolution STFT and mel losses, no discriminator."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from jukedrummer.config import MelConfig, VocoderConfig
from jukedrummer.errors import UserError
from jukedrummer.files import sha256, write_text
from jukedrummer.mel import log_mel
from jukedrummer.model.vocoder import GriffinLim, make_vocoder
from jukedrummer.pairs import read_pairs
from jukedrummer.training.loop import Batch, Metrics, Task, random_for, train
from jukedrummer.weights import ModelInfo, describe, save_model

RESOLUTIONS = (256, 512, 1_024, 2_048)  # lengths of the transforms in samples, hops a quarter of it
VALID_CROPS = 16
VALID_FRAMES = 256
DECIBEL = 20 / np.log(10)  # of one neper


class Recording(NamedTuple):
    """A drum track on disk."""

    path: Path
    samples: int


def recordings(pairs: list[Path], split: str) -> list[Recording]:
    """The drum tracks of one split, in the order of the shards.

    Raises:
        UserError: there is none.
    """
    found = [
        Recording(folder / pair.song / "drums.flac", pair.samples)
        for folder in pairs
        for pair in read_pairs(folder)
        if pair.split == split
    ]
    if not found:
        raise UserError(f"no song of split {split!r} in {len(pairs)} shard(s) of pairs: too few songs?")
    return found


def spectra(audio: Tensor, size: int) -> Tensor:
    """Magnitudes (B, size / 2 + 1, frames) of (B, N)."""
    window = torch.hann_window(size, device=audio.device)
    spectrum = torch.stft(audio, size, size // 4, window=window, return_complex=True)
    return (torch.view_as_real(spectrum).square().sum(-1) + 1e-8).sqrt()


def spectral_losses(made: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Spectral convergence and log-magnitude distance, means over the resolutions (arXiv 1910.11480)."""
    convergence, distance = [], []
    for size in RESOLUTIONS:
        x, y = spectra(made, size), spectra(real, size)
        convergence.append((x - y).norm() / y.norm().clamp(min=1e-3))
        distance.append(l1_loss(x.log(), y.log()))
    return sum(convergence) / len(RESOLUTIONS), sum(distance) / len(RESOLUTIONS)


class VocoderTask(Task):
    """Waveforms of random stretches of the drum tracks, from their own mels."""

    def __init__(
        self,
        model: nn.Module,
        config: VocoderConfig,
        mel: MelConfig,
        tracks: list[Recording],
        valid: list[Recording],
    ) -> None:
        super().__init__()
        self.model, self.config, self.mel, self.tracks, self.valid = model, config, mel, tracks, valid

    def batch(self, step: int, part: slice) -> Batch:
        """Random stretches: one tensor (B, N)."""
        random = random_for(self.config.optim.seed, step)
        tracks = random.integers(len(self.tracks), size=self.config.optim.batch)
        places = random.random(self.config.optim.batch)
        length = self.config.crop_frames * self.mel.hop
        crops = [
            read_stretch(self.tracks[track], place, length)
            for track, place in zip(tracks[part], places[part], strict=True)
        ]
        return (torch.from_numpy(np.stack(crops)),)

    def forward(self, real: Tensor) -> dict[str, Tensor]:
        """Losses of (B, N) stretches."""
        mel = log_mel(real, self.mel)
        made = self.model(mel)
        convergence, distance = spectral_losses(made, real)
        mel_distance = l1_loss(log_mel(made, self.mel), mel)
        loss = convergence + distance + 2 * mel_distance
        return {"loss": loss, "convergence": convergence, "log_magnitude": distance, "mel": mel_distance}

    def validation_crops(self) -> Iterator[Tensor]:
        """The same stretches (1, N) of the validation songs at every call."""
        device = next(self.parameters(), torch.zeros(())).device
        for number in range(VALID_CROPS):
            track = self.valid[number % len(self.valid)]
            stretch = read_stretch(track, (number + 0.5) / VALID_CROPS, VALID_FRAMES * self.mel.hop)
            yield torch.from_numpy(stretch)[None].to(device)

    def validate(self) -> Metrics:
        """Mean losses over fixed stretches of the validation songs, and the distance beside Griffin-Lim's.

        The distance in decibel is the mean absolute difference of the log magnitudes over the resolutions.
        """
        losses: dict[str, list[float]] = {}
        for real in self.validation_crops():
            for name, value in self(real).items():
                losses.setdefault(name, []).append(value.item())
        means = {name: float(np.mean(values)) for name, values in losses.items()}
        return {
            **means,
            "distance_db": DECIBEL * means["log_magnitude"],
            "griffin_lim_distance_db": self._griffin_lim,
        }

    @cached_property
    def _griffin_lim(self) -> float:
        """What Griffin-Lim reaches on the same stretches."""
        vocoder = GriffinLim(self.config, self.mel).to(next(self.parameters(), torch.zeros(())).device)
        crops = list(self.validation_crops())
        distances = [spectral_losses(vocoder(log_mel(real, self.mel)), real)[1].item() for real in crops]
        return DECIBEL * float(np.mean(distances))


def read_stretch(track: Recording, place: float, length: int) -> np.ndarray:
    """`length` samples at a relative place in [0, 1), silence behind a short track: (N,) float32."""
    start = int(place * max(1, track.samples - length + 1))
    samples, _ = soundfile.read(track.path, frames=length, start=start, dtype="float32", fill_value=0.0)
    return samples


def mel_statistics(tracks: list[Recording], mel: MelConfig) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each band over a stretch of each of up to 200 tracks: (F,) each."""
    chosen = tracks[:: max(1, len(tracks) // 200)]
    stretches = [torch.from_numpy(read_stretch(track, 0.5, 512 * mel.hop)) for track in chosen]
    frames = torch.cat([log_mel(stretch[None], mel)[0] for stretch in stretches], dim=1)
    return frames.mean(1), frames.std(1)


def data_hash(pairs: list[Path], tracks: list[Recording]) -> str:
    """Of the tables and of the sizes of the drum tracks: enough to see that the data changed."""
    sizes = [track.path.stat().st_size for track in tracks]
    return f"{sha256(*(folder / 'pairs.tsv' for folder in pairs))}:{sum(sizes)}"


def train_vocoder(
    pairs: list[Path], output: Path, mel: MelConfig, vocoder: VocoderConfig, devices: int = 1
) -> ModelInfo:
    """Train the vocoder on the drum tracks of the training songs, and measure it beside Griffin-Lim.

    Griffin-Lim has nothing to train: with it, only the measurement is made.

    Args:
        pairs: folders of the shards.
        output: folder of the model.

    Raises:
        UserError: no songs.
    """
    tracks, valid = recordings(pairs, "train"), recordings(pairs, "valid")
    torch.manual_seed(vocoder.optim.seed)
    model = make_vocoder(vocoder, mel)
    task = VocoderTask(model, vocoder, mel, tracks, valid)
    common = {"sizes": {}, "step": 0, "data_sha256": data_hash(pairs, tracks)}
    if vocoder.kind == "griffin_lim":
        info = describe("vocoder", vocoder, mel, metrics=task.validate(), **common)
        save_model(output, model, info)
        write_text(output / "history.csv", "step,seconds\n")
        return info
    model.standardise.set(*mel_statistics(tracks, mel))
    return train(
        task, output, describe("vocoder", vocoder, mel, metrics={}, **common), vocoder.optim, devices
    )
