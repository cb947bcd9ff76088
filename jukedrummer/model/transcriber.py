"""The transcriber: a convolutional-recurrent network from drums to onsets and velocities of pieces.

It works on log-mels at 100 frames a second. Letters beyond the package's: P pieces, H units in each
direction, T frames of the transcriber.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from jukedrummer.audio.mel import log_mel_of_chunks
from jukedrummer.config import SAMPLE_RATE, MelConfig, TranscriberConfig
from jukedrummer.model.pieces import PIECES

TRANSCRIBER_MEL = MelConfig(hop=441)
FRAME_RATE = SAMPLE_RATE / TRANSCRIBER_MEL.hop  # frames a second
STRIDE = 2  # of each convolution over the bands
QUIETEST_PEAK = 1e-3  # recordings with a lower peak are silent (-60 dBFS)
SCALED_SAMPLES = 2**20  # samples of a recording to scale at a time
RARE = -3.0  # initial logit of an onset: most frames have none


class Transcription(NamedTuple):
    """The output of the network.

    Attributes:
        logits: (B, T, P) of an onset in each frame.
        velocities: (B, T, P), 0 to 1, valid at onsets.
        features: (B, T, 2 H), the output of the recurrent layers.
    """

    logits: Tensor
    velocities: Tensor
    features: Tensor


class TranscriberNetwork(nn.Module):
    """Three convolutions over time and bands, bidirectional GRU layers, two linear outputs.

    Attributes:
        thresholds: (P,) an onset is a peak of the probability above it. They are chosen on
            validation songs in training.
    """

    thresholds: Tensor

    def __init__(self, config: TranscriberConfig) -> None:
        super().__init__()
        wide = 2 * config.channels
        self.input_norm = nn.BatchNorm1d(TRANSCRIBER_MEL.bands)
        self.convolutions = nn.Sequential(
            *_convolution(1, config.channels, 5),
            *_convolution(config.channels, wide, 3),
            *_convolution(wide, wide, 3),
        )
        bands = TRANSCRIBER_MEL.bands // STRIDE**3
        self.squeeze = nn.Linear(wide * bands, config.width)
        self.recurrent = nn.GRU(
            config.width, config.hidden, config.layers, batch_first=True, bidirectional=True
        )
        self.onsets = nn.Linear(2 * config.hidden, len(PIECES))
        self.velocities = nn.Linear(2 * config.hidden, len(PIECES))
        nn.init.constant_(self.onsets.bias, RARE)
        self.register_buffer("thresholds", torch.full((len(PIECES),), 0.5))

    def forward(self, mel: Tensor) -> Transcription:
        """Transcribe log-mels (B, F, T) of `recording_mel`."""
        x = self.convolutions(self.input_norm(mel)[:, None])  # (B, channels, F / 8, T)
        x = torch.relu(self.squeeze(x.flatten(1, 2).transpose(1, 2)))
        features = self.recurrent(x)[0]
        return Transcription(
            self.onsets(features), torch.sigmoid(self.velocities(features)), features
        )


def _convolution(channels: int, wide: int, bands: int) -> tuple[nn.Module, ...]:
    # Strides halve the bands. Pooling would need the values of all bands, and three times as long.
    convolution = nn.Conv2d(
        channels, wide, (bands, 3), (STRIDE, 1), padding=(bands // 2, 1), bias=False
    )
    return convolution, nn.BatchNorm2d(wide), nn.ReLU()


def recording_mel(audio: np.ndarray) -> Tensor:
    """The network's input: the log-mel of a recording that is scaled to a peak of 1.

    Args:
        audio: (N,) float32 at 44,100 Hz.

    Returns:
        (F, T), T = N // 441 but at least 1. A recording whose peak is below -60 dBFS is silence.
    """
    peak = float(max(audio.max(initial=0.0), -audio.min(initial=0.0)))
    scale = np.float32(1 / peak if peak >= QUIETEST_PEAK else 0.0)
    missing = TRANSCRIBER_MEL.n_fft - len(audio)
    padded = np.pad(audio, (0, missing)) if missing > 0 else audio
    chunks = (
        scale * padded[start : start + SCALED_SAMPLES]
        for start in range(0, len(padded), SCALED_SAMPLES)
    )
    mel = torch.cat(list(log_mel_of_chunks(chunks, TRANSCRIBER_MEL)), -1)
    return mel[:, : max(1, len(audio) // TRANSCRIBER_MEL.hop)]
