"""madmom's 314 features in PyTorch: log-filtered spectrograms of three window lengths and their rises.

Source: Böck, Krebs, Widmer: "Joint Beat and Downbeat Tracking with Recurrent Neural Networks", ISMIR 2016,
and madmom's `RNNDownBeatProcessor`, which this equals within 1e-4.
"""

import numpy as np
import torch
from torch import Tensor, nn

from jukedrummer.beats.madmom_shim import load_madmom

SAMPLE_RATE = 44_100
HOP = 441
WIDTH = 314
BANDS = 157
_WINDOWS = (1_024, 2_048, 4_096)
_BANDS_PER_OCTAVE = (3, 6, 12)
_LOWEST_HZ, _HIGHEST_HZ = 30, 17_000
# Frames that are transformed at once: bounds the memory of a long song.
_BLOCK = 1_024


def frame_count(samples: int) -> int:
    """T of a waveform of `samples` samples at 44,100 Hz: a frame every 441, the first centred at 0."""
    return -(-samples // HOP)


class DownbeatFeatures(nn.Module):
    """Waveform to features: for each window length, log10(1 + bands) and its positive difference."""

    def __init__(self) -> None:
        super().__init__()
        resolutions = zip(_WINDOWS, _BANDS_PER_OCTAVE, strict=True)
        self.resolutions = nn.ModuleList(_Resolution(*resolution) for resolution in resolutions)

    @torch.inference_mode()
    def forward(self, audio: Tensor) -> Tensor:
        """Features of one waveform.

        Args:
            audio: (N,) float32 at 44,100 Hz, in [-1, 1]. madmom reads integers on another scale: float only.

        Returns:
            (T, 314) float32, T = ceil(N / 441).
        """
        return self.with_rises(self.bands(audio))

    @torch.inference_mode()
    def bands(self, audio: Tensor) -> Tensor:
        """The first half of the features, from which the other follows: (N,) to (T, 157)."""
        return torch.cat([resolution(audio) for resolution in self.resolutions], dim=1)

    def with_rises(self, bands: Tensor) -> Tensor:
        """What `bands` gives, (..., T, 157), to the features (..., T, 314)."""
        parts = bands.split(
            [resolution.filters.shape[1] for resolution in self.resolutions], dim=-1
        )
        pairs = zip(self.resolutions, parts, strict=True)
        return torch.cat(
            [half for resolution, part in pairs for half in (part, resolution.rises(part))], -1
        )


class _Resolution(nn.Module):
    """One window length: (N,) to (T, bands)."""

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
        window = np.hanning(size)  # symmetric, unlike torch.hann_window's default
        self.size = size
        # The difference is taken to the frame whose window overlaps by half its height.
        half_height = size / 2 - np.argmax(window > 0.5 * window.max())
        self.lag = max(1, round(half_height / HOP))
        self.register_buffer("window", torch.from_numpy(window.astype(np.float32)))
        self.register_buffer("filters", torch.from_numpy(np.array(filters, dtype=np.float32)))

    def forward(self, audio: Tensor) -> Tensor:
        frames = frame_count(len(audio))
        if not frames:
            return audio.new_zeros(0, self.filters.shape[1])
        padded = nn.functional.pad(audio, (self.size // 2, self.size))
        windows = padded.unfold(0, self.size, HOP)[:frames]
        return torch.cat([self._bands(block) for block in windows.split(_BLOCK)])

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
        return (spectrum @ self.filters).add_(1).log10_()
