"""Steps from mels to waveforms: linear magnitudes, the inverse short-time Fourier transform."""

import torch
from torch import Tensor, nn

from jukedrummer.audio.mel import filterbank
from jukedrummer.config import MelConfig


class LinearMagnitude(nn.Module):
    """Linear magnitudes from a log-mel: each bin is a mean of the bands that cover it."""

    inverse: Tensor

    def __init__(self, mel: MelConfig) -> None:
        super().__init__()
        bank = filterbank(mel)
        # The level of a band is the weighted mean of its filter.
        level = 1 / bank.sum(0).clamp(min=1e-8)
        cover = bank / bank.sum(1, keepdim=True).clamp(min=1e-8)
        self.register_buffer("inverse", cover * level, persistent=False)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, F, M) log10 to (B, n_fft / 2 + 1, M) magnitudes."""
        magnitudes: Tensor = 10.0**mel
        return self.inverse @ magnitudes


class InverseSTFT(nn.Module):
    """Overlap-add of inverse transforms. It removes the padding of `mel.pad_edges`."""

    window: Tensor

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
        images = nn.functional.fold(frames, (1, length), (1, self.n_fft), stride=(1, self.hop))
        return images[:, 0, 0]
