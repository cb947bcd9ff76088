"""Training the vocoder on the drums: with multi-resolution STFT and mel losses, HiFi-GAN with discriminators.

It hears the drums' own mels or, with `vocoder.through_vqvae`, these after they went through the VQ-VAE.
"""

import math
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from jukedrummer.audio.mel import check_same_mel, log_mel
from jukedrummer.config import MelConfig, VocoderConfig, plain
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.errors import UserError
from jukedrummer.model.hifigan import Discriminators, HiFiGAN, plain_weights, with_weight_norm
from jukedrummer.model.vocoder import GriffinLim, make_vocoder
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.storage.files import sha256, write_text
from jukedrummer.storage.weights import ModelInfo, describe, load_model, save_model
from jukedrummer.training.hifigan import adversary_loss, feature_distance, fooling_loss, frozen
from jukedrummer.training.loop import Batch, Metrics, Task, Turn, random_for, train

RESOLUTIONS = (256, 512, 1_024, 2_048)  # lengths of the transforms in samples, hops a quarter of it
VALID_CROPS = 16
VALID_FRAMES = 256
DECIBEL = 20 / math.log(10)  # of one neper
CONTEXT = 128  # mel frames on either side of a crop that the VQ-VAE hears too
MEL_WEIGHT = 45 * math.log(10)  # HiFi-GAN's 45 are for natural logarithms
FEATURE_WEIGHT = 2
# What decides a network's tensors, beside the mel.
SIZES = {
    "istft": ("width", "blocks"),
    "hifigan": ("width", "upsample", "kernels"),
    "griffin_lim": (),
}


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
        raise UserError(
            f"no song of split {split!r} in {len(pairs)} shard(s) of pairs: too few songs?"
        )
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
    """Waveforms of random stretches of the drum tracks, from their mels.

    Args:
        model: the vocoder.
        config: its settings.
        mel: its mel.
        tracks: to train on.
        valid: to validate on.
        drums: the VQ-VAE that the mels go through, if any.
    """

    def __init__(
        self,
        model: nn.Module,
        config: VocoderConfig,
        mel: MelConfig,
        tracks: list[Recording],
        valid: list[Recording],
        drums: Autoencoder | None = None,
    ) -> None:
        super().__init__()
        self.model, self.config, self.mel, self.tracks, self.valid = (
            model,
            config,
            mel,
            tracks,
            valid,
        )
        self.drums = drums

    def batch(self, step: int, part: slice) -> Batch:
        """Random stretches: one tensor (B, N)."""
        random = random_for(self.config.optim.seed, step)
        tracks = random.integers(len(self.tracks), size=self.config.optim.batch)
        places = random.random(self.config.optim.batch)
        length = self._samples(self.config.crop_frames)
        crops = [
            read_stretch(self.tracks[track], place, length)
            for track, place in zip(tracks[part], places[part], strict=True)
        ]
        return (torch.from_numpy(np.stack(crops)),)

    def _samples(self, frames: int) -> int:
        """How long a stretch must be so that the vocoder hears as many frames of it."""
        if self.drums is not None:
            frames += 2 * CONTEXT
            frames += -frames % self.drums.frames_per_code
        return frames * self.mel.hop

    def heard(self, real: Tensor) -> tuple[Tensor, Tensor]:
        """What the vocoder hears of stretches (B, N): mels (B, F, M), and their samples (B, M * hop).

        The VQ-VAE hears the whole stretch, so that at the ends of what is left of it nothing is missing.
        """
        mel = log_mel(real, self.mel)
        if self.drums is None:
            return mel, real
        edge = CONTEXT * self.mel.hop
        mel = self.drums.decode(self.drums.encode(mel)).float()
        return mel[..., CONTEXT:-CONTEXT], real[:, edge:-edge]

    def forward(self, real: Tensor) -> dict[str, Tensor]:
        """Losses of (B, N) stretches."""
        mel, real = self.heard(real)
        distances = self.distances(self.model(mel), real)
        loss = distances["convergence"] + distances["log_magnitude"] + 2 * distances["mel"]
        return {"loss": loss, **distances}

    def distances(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Between waveforms (B, N): of their spectra, and of their mels."""
        convergence, distance = spectral_losses(made, real)
        return {
            "convergence": convergence,
            "log_magnitude": distance,
            "mel": self.mel_distance(made, real),
        }

    def mel_distance(self, made: Tensor, real: Tensor) -> Tensor:
        """Mean absolute difference of the log10 mels of (B, N)."""
        return l1_loss(log_mel(made, self.mel), log_mel(real, self.mel))

    def validation_crops(self) -> Iterator[Tensor]:
        """The same stretches (1, N) of the validation songs at every call."""
        device = next(self.parameters(), torch.zeros(())).device
        for number in range(VALID_CROPS):
            track = self.valid[number % len(self.valid)]
            stretch = read_stretch(track, (number + 0.5) / VALID_CROPS, self._samples(VALID_FRAMES))
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
        vocoder = GriffinLim(self.config, self.mel).to(
            next(self.parameters(), torch.zeros(())).device
        )
        crops = [self.heard(real) for real in self.validation_crops()]
        distances = [spectral_losses(vocoder(mel), real)[1].item() for mel, real in crops]
        return DECIBEL * float(np.mean(distances))


class HiFiGANTask(VocoderTask):
    """HiFi-GAN's training: the discriminators have their turn, then the generator (arXiv 2010.05646).

    Losses, their weights and Adam's betas are the paper's. Its learning rate falls by 0.999 an epoch, to a
    tenth in 2,300 epochs; the loop's cosine ends at a tenth of the peak, too, in `optim.steps`.
    """

    betas = (0.8, 0.99)

    def __init__(self, model: nn.Module, config: VocoderConfig, *others: Any) -> None:
        super().__init__(with_weight_norm(model), config, *others)
        self.adversary = Discriminators(config.discriminator_width)

    def turns(self) -> list[Turn]:
        """The discriminators', then the generator's."""
        return [Turn(self.adversary, "judge", "adversary"), Turn(self.model)]

    def exported(self) -> nn.Module:
        """The generator, with plain weights."""
        plain = HiFiGAN(self.config, self.mel)
        plain.load_state_dict(plain_weights(self.model))
        return plain

    def judge(self, real: Tensor) -> dict[str, Tensor]:
        """How badly the discriminators tell (B, N) stretches from what the generator makes of their mels."""
        mel, real = self.heard(real)
        with torch.no_grad():
            made = self.model(mel)
        return {"adversary": adversary_loss(self.adversary(real), self.adversary(made))}

    def forward(self, real: Tensor) -> dict[str, Tensor]:
        """Losses of (B, N) stretches; in evaluation distances alone: what fools is no measure over time."""
        mel, real = self.heard(real)
        made = self.model(mel)
        if not self.training:
            distances = self.distances(made, real)
            return {"loss": distances["mel"], **distances}
        with frozen(self.adversary):
            with torch.no_grad():
                of_real = self.adversary(real)
            of_made = self.adversary(made)
        distance, features = self.mel_distance(made, real), feature_distance(of_real, of_made)
        fooling = fooling_loss(of_made)
        loss = MEL_WEIGHT * distance + FEATURE_WEIGHT * features + fooling
        return {"loss": loss, "mel": distance, "features": features, "fooling": fooling}


def read_stretch(track: Recording, place: float, length: int) -> np.ndarray:
    """`length` samples at a relative place in [0, 1), silence behind a short track: (N,) float32."""
    start = int(place * max(1, track.samples - length + 1))
    samples, _ = soundfile.read(
        track.path, frames=length, start=start, dtype="float32", fill_value=0.0
    )
    return samples


def mel_statistics(tracks: list[Recording], mel: MelConfig) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each band over a stretch of each of up to 200 tracks: (F,) each."""
    chosen = tracks[:: max(1, len(tracks) // 200)]
    stretches = [torch.from_numpy(read_stretch(track, 0.5, 512 * mel.hop)) for track in chosen]
    frames = torch.cat([log_mel(stretch[None], mel)[0] for stretch in stretches], dim=1)
    return frames.mean(1), frames.std(1)


def data_hash(pairs: list[Path], tracks: list[Recording], models: list[Path]) -> str:
    """Of the tables, the sizes of the drum tracks and the models it starts from: enough to see a change."""
    sizes = [track.path.stat().st_size for track in tracks]
    weights = [folder / "weights.safetensors" for folder in models]
    return f"{sha256(*(folder / 'pairs.tsv' for folder in pairs), *weights)}:{sum(sizes)}"


def load_drums(folder: Path | None, vocoder: VocoderConfig, mel: MelConfig) -> Autoencoder | None:
    """The VQ-VAE that the mels go through, None where they do not.

    Raises:
        UserError: it is missing, needless, not of the drums, or of another mel.
    """
    if vocoder.through_vqvae and folder is None:
        raise UserError(
            "vocoder.through_vqvae is true; name the folder of the drums' VQ-VAE with --drums"
        )
    if folder is None:
        return None
    if not vocoder.through_vqvae:
        raise UserError(
            f"--drums is {folder}, but vocoder.through_vqvae is false: nothing goes through it"
        )
    model, info = load_model(folder, "vqvae")
    if info.part != "drums":
        raise UserError(f"{folder}: is the VQ-VAE of the part {info.part}, expected drums")
    check_same_mel(mel, info.mel, str(folder))
    return model


def start(vocoder: VocoderConfig, mel: MelConfig, tracks: list[Recording]) -> nn.Module:
    """The network that the training starts from: one with random weights, or that of `vocoder.warm_start`.

    Raises:
        UserError: that one is of another kind, of other sizes or of another mel.
    """
    model = make_vocoder(vocoder, mel)
    if vocoder.warm_start is None:
        if vocoder.kind == "istft":
            model.standardise.set(*mel_statistics(tracks, mel))
        return model
    trained, info = load_model(vocoder.warm_start, "vocoder")
    for name in ("kind", *SIZES[vocoder.kind]):
        here, there = plain(vocoder)[name], info.config[name]
        if here != there:
            raise UserError(
                f"vocoder.warm_start {vocoder.warm_start}: its {name} is {there}, vocoder.{name} is {here}"
            )
    check_same_mel(mel, info.mel, str(vocoder.warm_start))
    model.load_state_dict(trained.state_dict())
    return model


def train_vocoder(
    pairs: list[Path],
    output: Path,
    mel: MelConfig,
    vocoder: VocoderConfig,
    drums: Path | None = None,
    devices: int = 1,
) -> ModelInfo:
    """Train the vocoder on the drum tracks of the training songs, and measure it beside Griffin-Lim.

    Griffin-Lim has nothing to train: with it, only the measurement is made.

    Args:
        pairs: folders of the shards.
        output: folder of the model.
        drums: folder of the drums' VQ-VAE, for `vocoder.through_vqvae`.
        devices: processes that share the training.

    Raises:
        UserError: no songs, a VQ-VAE or a `warm_start` that does not fit, HiFi-GAN on several devices.
    """
    if vocoder.kind == "hifigan" and devices > 1:
        raise UserError(
            f"--devices is {devices}; HiFi-GAN, two networks in turns, is trained on one device"
        )
    tracks, valid = recordings(pairs, "train"), recordings(pairs, "valid")
    torch.manual_seed(vocoder.optim.seed)
    codec = load_drums(drums, vocoder, mel)
    model = start(vocoder, mel, tracks)
    kind = HiFiGANTask if vocoder.kind == "hifigan" else VocoderTask
    task = kind(model, vocoder, mel, tracks, valid, codec)
    models = [Path(folder) for folder in (drums, vocoder.warm_start) if folder]
    common = {"sizes": {}, "step": 0, "data_sha256": data_hash(pairs, tracks, models)}
    if vocoder.kind == "griffin_lim":
        info = describe("vocoder", vocoder, mel, metrics=task.validate(), **common)
        save_model(output, model, info)
        write_text(output / "history.csv", "step,seconds\n")
        return info
    return train(
        task,
        output,
        describe("vocoder", vocoder, mel, metrics={}, **common),
        vocoder.optim,
        devices,
    )
