"""Griffin-Lim: magnitudes from the mel, phases by iteration. Nothing is trained."""

from typing import Literal

import torch
from torch import Tensor, nn

from jukedrummer.config import MelConfig, VocoderConfig, key
from jukedrummer.model.spectra import InverseSTFT, LinearMagnitude
from jukedrummer.model.vocoders import Vocoder


class GriffinLimConfig(VocoderConfig):
    """Griffin-Lim (no training)."""

    kind: Literal["griffin_lim"] = "griffin_lim"
    iterations: int = key(60, "iterations", 1, 1_000)


class GriffinLim(Vocoder):
    """Phases by alternating projections (Griffin, Lim 1984), accelerated (Perraudin et al. 2013).

    The first phases are pseudo-random and fixed, so the same mel gives the same sound.
    """

    # An estimate, because iterations reach further and the first phases differ between chunks.
    margin = 64

    def __init__(self, config: GriffinLimConfig, mel: MelConfig, momentum: float = 0.99) -> None:
        super().__init__()
        self.mel, self.iterations, self.momentum = mel, config.iterations, momentum
        self.magnitude = LinearMagnitude(mel)
        self.inverse = InverseSTFT(mel)

    @torch.no_grad()
    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to (B, N), N = M * hop; not limited to [-1, 1]."""
        magnitude: Tensor = self.magnitude(mel)
        uniform = torch.rand(magnitude.shape, generator=torch.Generator().manual_seed(0))
        angles = uniform.to(mel) * 2 * torch.pi
        phase = torch.polar(torch.ones_like(magnitude), angles)
        before = torch.zeros_like(phase)
        for _ in range(self.iterations):
            rebuilt = self._transform(self.inverse(magnitude * phase))
            moved = rebuilt - self.momentum / (1 + self.momentum) * before
            phase = moved / moved.abs().clamp(min=1e-12)
            before = rebuilt
        audio: Tensor = self.inverse(magnitude * phase)
        return audio

    def _transform(self, audio: Tensor) -> Tensor:
        edge = (self.mel.n_fft - self.mel.hop) // 2
        padded = nn.functional.pad(audio, (edge, self.mel.n_fft - self.mel.hop - edge))
        window = self.inverse.window
        return torch.stft(
            padded, self.mel.n_fft, self.mel.hop, window=window, center=False, return_complex=True
        )


Config = GriffinLimConfig
build = GriffinLim
