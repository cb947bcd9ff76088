"""A dilated convolutional network from log-mels to beats and downbeats.

It works on log-mels at 100 frames a second, those of `recording_mel`. Letters beyond the package's:
C channels, T frames.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, pad

from jukedrummer.config import TrackerConfig
from jukedrummer.model.transcriber import TRANSCRIBER_MEL

KERNEL = 5  # frames of a dilated convolution
FRONT = 64  # channels of the first convolution
DROPOUT = 0.1
RISE_SCALE = 3.0  # rises of log-mels are smaller than the normalised log-mels
RARE_BEAT = -3.0  # initial logit: most frames have no beat


class BeatConvolutions(nn.Module):
    """Two convolutions, residual dilated convolutions, two outputs.

    Attributes:
        context: frames to each side that an output depends on, apart from the normalisation.
    """

    def __init__(self, config: TrackerConfig) -> None:
        super().__init__()
        bands, channels = TRANSCRIBER_MEL.bands, config.channels
        dilations = [2**layer for layer in range(config.dilated_layers)]
        self.context = (KERNEL // 2) * sum(dilations) + 3
        self.input_norm = nn.BatchNorm1d(bands)
        self.front = nn.Sequential(
            nn.Conv1d(2 * bands, FRONT, 3, padding=1),
            nn.ELU(),
            nn.Dropout(DROPOUT),
            nn.Conv1d(FRONT, channels, 3, padding=1),
            nn.ELU(),
        )
        self.norms = nn.ModuleList(nn.GroupNorm(1, channels) for _ in dilations)
        self.dilated = nn.ModuleList(
            nn.Conv1d(channels, channels, KERNEL, padding=KERNEL // 2 * step, dilation=step)
            for step in dilations
        )
        self.pointwise = nn.ModuleList(nn.Conv1d(channels, channels, 1) for _ in dilations)
        self.dropout = nn.Dropout(DROPOUT)
        self.outputs = nn.Conv1d(channels, 2, 1)
        nn.init.constant_(self.outputs.bias, RARE_BEAT)  # type: ignore[arg-type]  # has a bias

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Analyse log-mels (B, F, T).

        Returns:
            The last hidden layer (B, C, T), and logits (B, 2, T): of a beat, which a downbeat is
            too, and of a downbeat.
        """
        rises = pad(mel[..., 1:] - mel[..., :-1], (1, 0)).clamp(min=0)
        x = self.front(torch.cat([self.input_norm(mel), RISE_SCALE * rises], 1))
        layers = zip(self.norms, self.dilated, self.pointwise, strict=True)
        for norm, dilated, pointwise in layers:
            x = x + self.dropout(pointwise(elu(dilated(norm(x)))))
        hidden = elu(x)
        return hidden, self.outputs(hidden)


def class_probabilities(logits: Tensor) -> Tensor:
    """Logits (2, T) to probabilities of none, beat and downbeat (T, 3), which add up to 1."""
    beat, downbeat = logits.sigmoid()
    either = torch.maximum(beat, downbeat)
    return torch.stack([1 - either, either - downbeat, downbeat], dim=-1)
