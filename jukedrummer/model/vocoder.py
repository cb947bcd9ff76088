"""Log-mel to waveform: a network with an inverse-STFT head (after Vocos, arXiv 2306.00814), or Griffin-Lim.

The mel says how strong each band is; the network adds to that what the bands leave open - the fine structure
of the magnitudes, and the phases - and one inverse transform makes the sound. HiFi-GAN, the paper's vocoder,
is in `hifigan.py`.

Every vocoder has a `margin`: the mel frames on either side of a frame that its samples depend on, so that
`in_blocks` can play a long piece with the same result.
"""

import math

import torch
from torch import Tensor, nn

from jukedrummer.audio.mel import filterbank
from jukedrummer.config import MelConfig, VocoderConfig
from jukedrummer.model.hifigan import HiFiGAN
from jukedrummer.model.layers import ConvNeXt, Standardise


class LinearMagnitude(nn.Module):
    """The smoothest guess of the linear magnitudes behind a log-mel: the filters' normalised transpose."""

    def __init__(self, mel: MelConfig) -> None:
        super().__init__()
        bank = filterbank(mel)
        # Each bin takes the mean of the bands that cover it, a band's level being its filter's weighted mean.
        level = 1 / bank.sum(0).clamp(min=1e-8)
        cover = bank / bank.sum(1, keepdim=True).clamp(min=1e-8)
        self.register_buffer("inverse", cover * level, persistent=False)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to (B, n_fft / 2 + 1, M) magnitudes."""
        return self.inverse @ 10.0**mel


class InverseSTFT(nn.Module):
    """Overlap-add of inverse transforms: M frames give M * hop samples, as `mel.pad_edges` took them."""

    def __init__(self, mel: MelConfig) -> None:
        super().__init__()
        self.n_fft, self.hop = mel.n_fft, mel.hop
        self.register_buffer("window", torch.hann_window(mel.n_fft), persistent=False)

    def forward(self, spectrum: Tensor) -> Tensor:
        """(B, n_fft / 2 + 1, M) complex to (B, N), N = M * hop."""
        frames = torch.fft.irfft(spectrum, self.n_fft, dim=1) * self.window[:, None]
        samples = self._overlap_add(frames)
        envelope = self._overlap_add(
            self.window.square()[:, None].expand(1, -1, spectrum.shape[-1])
        )
        edge = (self.n_fft - self.hop) // 2
        keep = slice(edge, edge + spectrum.shape[-1] * self.hop)
        return samples[:, keep] / envelope[:, keep].clamp(min=1e-3)

    def _overlap_add(self, frames: Tensor) -> Tensor:
        length = (frames.shape[-1] - 1) * self.hop + self.n_fft
        return nn.functional.fold(frames, (1, length), (1, self.n_fft), stride=(1, self.hop))[
            :, 0, 0
        ]


class ISTFTVocoder(nn.Module):
    """ConvNeXt blocks over mel frames, then magnitudes and phases for the inverse STFT."""

    def __init__(self, config: VocoderConfig, mel: MelConfig) -> None:
        super().__init__()
        bins = mel.n_fft // 2 + 1
        self.standardise = Standardise(mel.bands)
        self.magnitude = LinearMagnitude(mel)
        self.embed = nn.Conv1d(mel.bands, config.width, 7, padding=3)
        self.blocks = nn.Sequential(*[ConvNeXt(config.width) for _ in range(config.blocks)])
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, 3 * bins)
        self.inverse = InverseSTFT(mel)
        # Three frames a convolution of seven; and those whose transforms overlap.
        self.margin = 3 * (config.blocks + 1) + math.ceil(mel.n_fft / mel.hop)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to (B, N), N = M * hop; not limited to [-1, 1]."""
        hidden = self.blocks(self.embed(self.standardise(mel)))
        gain, real, imaginary = (
            self.head(self.norm(hidden.transpose(1, 2))).float().transpose(1, 2).chunk(3, 1)
        )
        direction = torch.complex(real, imaginary)
        direction = direction / direction.abs().clamp(min=1e-5)
        return self.inverse(self.magnitude(mel) * gain.clamp(-6, 6).exp() * direction)


class GriffinLim(nn.Module):
    """Phases by alternating projections (Griffin and Lim 1984), accelerated (Perraudin et al. 2013).

    Starts from fixed pseudo-random phases, so that the same mel gives the same sound.
    """

    margin = (
        64  # a guess: its iterations reach further, and its first phases differ from block to block
    )

    def __init__(self, config: VocoderConfig, mel: MelConfig, momentum: float = 0.99) -> None:
        super().__init__()
        self.mel, self.iterations, self.momentum = mel, config.iterations, momentum
        self.magnitude = LinearMagnitude(mel)
        self.inverse = InverseSTFT(mel)

    @torch.no_grad()
    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to (B, N), N = M * hop; not limited to [-1, 1]."""
        magnitude = self.magnitude(mel)
        angles = (
            torch.rand(magnitude.shape, generator=torch.Generator().manual_seed(0)).to(mel)
            * 2
            * torch.pi
        )
        phase = torch.polar(torch.ones_like(magnitude), angles)
        before = torch.zeros_like(phase)
        for _ in range(self.iterations):
            rebuilt = self._transform(self.inverse(magnitude * phase))
            moved = rebuilt - self.momentum / (1 + self.momentum) * before
            phase = moved / moved.abs().clamp(min=1e-12)
            before = rebuilt
        return self.inverse(magnitude * phase)

    def _transform(self, audio: Tensor) -> Tensor:
        edge = (self.mel.n_fft - self.mel.hop) // 2
        padded = nn.functional.pad(audio, (edge, self.mel.n_fft - self.mel.hop - edge))
        window = self.inverse.window
        return torch.stft(
            padded, self.mel.n_fft, self.mel.hop, window=window, center=False, return_complex=True
        )


def make_vocoder(config: VocoderConfig, mel: MelConfig) -> nn.Module:
    """The vocoder that the config names: a module from (B, F, M) log10 to (B, M * hop)."""
    kinds = {"istft": ISTFTVocoder, "hifigan": HiFiGAN, "griffin_lim": GriffinLim}
    return kinds[config.kind](config, mel)
