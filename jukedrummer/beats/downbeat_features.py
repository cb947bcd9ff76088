"""madmom's features in PyTorch: log-filtered spectrograms of three window lengths and their rises.

Source: Böck, Krebs, Widmer: "Joint Beat and Downbeat Tracking with Recurrent Neural Networks",
ISMIR 2016, and madmom's `RNNDownBeatProcessor`. The features equal madmom's within 1e-4.
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from jukedrummer.beats.madmom_shim import load_madmom
from jukedrummer.beats.tracker import FPS
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.model.drum_aware import FEATURE_WIDTH

HOP = SAMPLE_RATE // FPS
BANDS = FEATURE_WIDTH // 2
FEATURE_CHUNK = 1_024  # frames computed at a time: bounds the memory of a long song
_WINDOWS = (1_024, 2_048, 4_096)
_BANDS_PER_OCTAVE = (3, 6, 12)
_LOWEST_HZ, _HIGHEST_HZ = 30, 17_000


def frame_count(samples: int) -> int:
    """T of `samples` samples at 44,100 Hz: a frame every 441, the first centred at sample 0."""
    return -(-samples // HOP)


class DownbeatFeatures(nn.Module):
    """Waveform to features: of each window length, log10(1 + bands) and positive differences."""

    def __init__(self) -> None:
        super().__init__()
        resolutions = zip(_WINDOWS, _BANDS_PER_OCTAVE, strict=True)
        self.resolutions = nn.ModuleList(_Resolution(*resolution) for resolution in resolutions)

    @torch.inference_mode()
    def forward(self, audio: Tensor) -> Tensor:
        """Features of one waveform.

        Args:
            audio: (N,) float32 at 44,100 Hz, in [-1, 1].

        Returns:
            (T, 314) float32, T = ceil(N / 441).
        """
        return self.with_rises(self.bands(audio))

    @torch.inference_mode()
    def bands(self, audio: Tensor) -> Tensor:
        """The bands of one waveform, (N,) to (T, 157); `with_rises` adds the rises."""
        return torch.cat([resolution(audio) for resolution in self.resolutions], dim=1)

    def with_rises(self, bands: Tensor) -> Tensor:
        """The features (..., T, 314) that belong to bands (..., T, 157)."""
        resolutions = [cast(_Resolution, resolution) for resolution in self.resolutions]
        widths = [resolution.filters.shape[1] for resolution in resolutions]
        parts = torch.split(bands, widths, dim=-1)
        pairs = zip(resolutions, parts, strict=True)
        return torch.cat(
            [half for resolution, part in pairs for half in (part, resolution.rises(part))], -1
        )


class _Resolution(nn.Module):
    """One window length: (N,) to (T, bands)."""

    window: Tensor
    filters: Tensor

    def __init__(self, size: int, bands_per_octave: int) -> None:
        super().__init__()
        load_madmom()
        from madmom.audio.filters import LogarithmicFilterbank
        from madmom.audio.stft import fft_frequencies

        filters = LogarithmicFilterbank(
            fft_frequencies(size // 2, SAMPLE_RATE),
            num_bands=bands_per_octave,
            fmin=_LOWEST_HZ,
            fmax=_HIGHEST_HZ,
            norm_filters=True,
        )
        window = np.hanning(size)  # symmetric; by default torch.hann_window is not
        self.size = size
        # The difference is taken to the frame whose window overlaps by half its height.
        half_height = size / 2 - np.argmax(window > 0.5 * window.max())
        self.lag = max(1, round(half_height / HOP))
        self.register_buffer("window", torch.from_numpy(window.astype(np.float32)))
        self.register_buffer("filters", torch.from_numpy(np.array(filters, dtype=np.float32)))

    def forward(self, audio: Tensor) -> Tensor:
        """Bands of one waveform, (N,) to (T, bands)."""
        frames = frame_count(len(audio))
        if not frames:
            return audio.new_zeros(0, self.filters.shape[1])
        padded = nn.functional.pad(audio, (self.size // 2, self.size))
        windows = padded.unfold(0, self.size, HOP)[:frames]
        return torch.cat([self._bands(chunk) for chunk in torch.split(windows, FEATURE_CHUNK)])

    def rises(self, bands: Tensor) -> Tensor:
        """Positive differences of (..., T, bands), 0 at the start."""
        rises = torch.zeros_like(bands)
        rises[..., self.lag :, :] = (
            bands[..., self.lag :, :] - bands[..., : -self.lag, :]
        ).clamp_min(0)
        return rises

    def _bands(self, windows: Tensor) -> Tensor:
        # madmom leaves out the bin at Nyquist.
        spectrum = torch.fft.rfft(windows * self.window)[:, :-1].abs()
        bands: Tensor = spectrum @ self.filters
        return bands.add_(1).log10_()
