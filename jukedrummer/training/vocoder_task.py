"""Losses of a vocoder: distances of spectra (arXiv 1910.11480) and of mels."""

import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig, TrainedVocoderConfig, VocoderConfig
from jukedrummer.model.vocoders.griffin_lim import GriffinLim, GriffinLimConfig
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.training.random import random_for
from jukedrummer.training.recordings import Recording, read_stretch
from jukedrummer.training.task import Batch, Metrics, Task, add_up

RESOLUTIONS = (256, 512, 1_024, 2_048)  # lengths of the transforms in samples; hops are a quarter
VALID_CROPS = 16
VALID_FRAMES = 256
DECIBEL = 20 / math.log(10)  # in one neper
CONTEXT = 128  # mel frames on either side of a crop, for the VQ-VAE


def magnitudes(audio: Tensor, size: int) -> Tensor:
    """Magnitudes (B, size / 2 + 1, frames) of the Fourier transforms of (B, N)."""
    window = torch.hann_window(size, device=audio.device)
    spectrum = torch.stft(audio, size, size // 4, window=window, return_complex=True)
    return (torch.view_as_real(spectrum).square().sum(-1) + 1e-8).sqrt()


def spectral_losses(generated: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Spectral convergence and log-magnitude distance of (B, N), means over the resolutions."""
    convergence, distance = [], []
    for size in RESOLUTIONS:
        x, y = magnitudes(generated, size), magnitudes(real, size)
        convergence.append((x - y).norm() / y.norm().clamp(min=1e-3))
        distance.append(l1_loss(x.log(), y.log()))
    return add_up(convergence) / len(RESOLUTIONS), add_up(distance) / len(RESOLUTIONS)


def device_of(network: nn.Module) -> torch.device:
    """The device of a network; the CPU if it has no weights."""
    return next(network.parameters(), torch.zeros(())).device


class VocoderMeasure(Task):
    """Distances between drum recordings and a vocoder's output for their mels.

    Args:
        model: the vocoder.
        config: its settings.
        mel: settings of its mel.
        valid: validation recordings.
        drums: the VQ-VAE that encodes and decodes the mels first, if any.
    """

    config: VocoderConfig
    drums: Autoencoder | None

    def __init__(
        self,
        model: nn.Module,
        config: VocoderConfig,
        mel: MelConfig,
        valid: list[Recording],
        drums: Autoencoder | None = None,
    ) -> None:
        super().__init__()
        self.model, self.config, self.mel, self.valid = model, config, mel, valid
        self.drums = drums

    def stretch_length(self, frames: int) -> int:
        """Samples of a stretch from which `input_and_target` makes this number of mel frames."""
        if self.drums is not None:
            frames += 2 * CONTEXT
            frames += -frames % self.drums.frames_per_code
        return frames * self.mel.hop

    def input_and_target(self, real: Tensor) -> tuple[Tensor, Tensor]:
        """The vocoder's input for stretches (B, N), and the target samples.

        The VQ-VAE receives whole stretches. Their ends are left out, because its context is
        incomplete there.

        Returns:
            Mels (B, F, M) and samples (B, M * hop).
        """
        mel = log_mel(real, self.mel)
        if self.drums is None:
            return mel, real
        edge = CONTEXT * self.mel.hop
        mel = self.drums.decode(self.drums.encode(mel)).float()
        return mel[..., CONTEXT:-CONTEXT], real[:, edge:-edge]

    def forward(self, real: Tensor) -> dict[str, Tensor]:
        """Losses of (B, N) stretches."""
        mel, target = self.input_and_target(real)
        distances = self.distances(self.model(mel), target)
        loss = distances["convergence"] + distances["log_magnitude"] + 2 * distances["mel"]
        return {"loss": loss, **distances}

    def distances(self, generated: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Distances of the spectra and of the mels of waveforms (B, N)."""
        convergence, distance = spectral_losses(generated, real)
        return {
            "convergence": convergence,
            "log_magnitude": distance,
            "mel": self.mel_distance(generated, real),
        }

    def mel_distance(self, generated: Tensor, real: Tensor) -> Tensor:
        """Mean absolute difference of the log10 mels of (B, N)."""
        return l1_loss(log_mel(generated, self.mel), log_mel(real, self.mel))

    def validation_crops(self) -> Iterator[Tensor]:
        """Stretches (1, N) of the validation songs, the same at every call."""
        for number in range(VALID_CROPS):
            track = self.valid[number % len(self.valid)]
            length = self.stretch_length(VALID_FRAMES)
            stretch = read_stretch(track, (number + 0.5) / VALID_CROPS, length)
            yield torch.from_numpy(stretch)[None].to(device_of(self))

    def validate(self) -> Metrics:
        """Mean losses over fixed stretches of the validation songs, and Griffin-Lim's distance.

        A distance in decibel is the mean absolute difference of the log magnitudes over the
        resolutions.
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
        """The distance in decibel that Griffin-Lim reaches on the same stretches."""
        own = self.config
        config = own if isinstance(own, GriffinLimConfig) else GriffinLimConfig()
        vocoder = GriffinLim(config, self.mel).to(device_of(self))
        crops = [self.input_and_target(real) for real in self.validation_crops()]
        distances = [spectral_losses(vocoder(mel), target)[1].item() for mel, target in crops]
        return DECIBEL * float(np.mean(distances))


class VocoderTask(VocoderMeasure):
    """Waveforms of random stretches of the drum recordings, from their mels.

    Args:
        model: the vocoder.
        config: its settings.
        mel: settings of its mel.
        tracks: training recordings.
        valid: validation recordings.
        drums: the VQ-VAE that encodes and decodes the mels first, if any.
    """

    config: TrainedVocoderConfig

    def __init__(
        self,
        model: nn.Module,
        config: TrainedVocoderConfig,
        mel: MelConfig,
        tracks: list[Recording],
        valid: list[Recording],
        drums: Autoencoder | None = None,
    ) -> None:
        super().__init__(model, config, mel, valid, drums)
        self.tracks = tracks

    def batch(self, step: int, part: slice) -> Batch:
        """Random stretches: one tensor (B, N)."""
        random = random_for(self.config.optim.seed, step)
        tracks = random.integers(len(self.tracks), size=self.config.optim.batch_size)
        places = random.random(self.config.optim.batch_size)
        length = self.stretch_length(self.config.crop_frames)
        crops = [
            read_stretch(self.tracks[track], place, length)
            for track, place in zip(tracks[part].tolist(), places[part].tolist(), strict=True)
        ]
        return (torch.from_numpy(np.stack(crops)),)
