"""Log-mel to waveform by a network with an inverse-STFT head (after Vocos, arXiv 2306.00814).

The mel has the energy of each band. The network adds the fine structure of the magnitudes, and the
phases. One inverse transform makes the waveform.
"""

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from jukedrummer.config import MelConfig, TrainedVocoderConfig, key
from jukedrummer.model.layers import ConvNeXt, Standardise
from jukedrummer.model.spectra import InverseSTFT, LinearMagnitude
from jukedrummer.model.vocoders import Vocoder


class ISTFTConfig(TrainedVocoderConfig):
    """A network with an inverse-STFT head."""

    kind: Literal["istft"] = "istft"
    sizes: ClassVar[tuple[str, ...]] = ("width", "blocks")
    width: int = key(192, "channels of the blocks", 8, 2_048)
    blocks: int = key(4, "ConvNeXt blocks", 1, 32)


class ISTFTVocoder(Vocoder):
    """ConvNeXt blocks over mel frames, then magnitudes and phases for the inverse STFT."""

    def __init__(self, config: ISTFTConfig, mel: MelConfig) -> None:
        super().__init__()
        bins = mel.n_fft // 2 + 1
        self.standardise = Standardise(mel.bands)
        self.magnitude = LinearMagnitude(mel)
        self.embed = nn.Conv1d(mel.bands, config.width, 7, padding=3)
        self.blocks = nn.Sequential(*[ConvNeXt(config.width) for _ in range(config.blocks)])
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, 3 * bins)
        self.inverse = InverseSTFT(mel)
        # Three frames for each convolution of seven taps, and the frames whose transforms overlap.
        self.margin = 3 * (config.blocks + 1) + math.ceil(mel.n_fft / mel.hop)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to (B, N), N = M * hop; not limited to [-1, 1]."""
        hidden = self.blocks(self.embed(self.standardise(mel)))
        gain, real, imaginary = (
            self.head(self.norm(hidden.transpose(1, 2))).float().transpose(1, 2).chunk(3, 1)
        )
        direction = torch.complex(real, imaginary)
        direction = direction / direction.abs().clamp(min=1e-5)
        audio: Tensor = self.inverse(self.magnitude(mel) * gain.clamp(-6, 6).exp() * direction)
        return audio


Config = ISTFTConfig
build = ISTFTVocoder
