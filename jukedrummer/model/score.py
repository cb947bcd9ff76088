"""The score model: from a recording and its beats to a drum score for the whole song.

An encoder reads all beats of the song, in both directions. It has two outputs. The *marginals* are
the probability of each stroke. The *takes* are drawn stroke by stroke: each is conditioned on the
strokes of the beats before it, of the same beats one and two bars ago, and of the slots before it
in its beat. So a take is one plausible part, in which bars repeat as they do in music. Letters
beyond the package's: Q beats, S slots of a beat, P pieces, H attention heads.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad, scaled_dot_product_attention

from jukedrummer.config import ScoreConfig
from jukedrummer.model.pieces import PIECES
from jukedrummer.model.score_grid import PHASES

SLOTS = len(PHASES)
STROKES = SLOTS * len(PIECES)
LONGEST_BAR = 12  # beats; longer bars and later positions count as this
FARTHEST = 160  # beats; farther beats have the same attention bias as this
TYPICAL_BPM = 110.0
RARE = -2.0  # initial logit of a stroke: most slots have none
LONGEST_OFFSET = 40.0  # milliseconds from the slot


class ScoreInput(NamedTuple):
    """Songs, or crops of them, as the network receives them.

    Attributes:
        features: (B, Q, S, 2 R), see `slot_features`.
        positions: (B, Q) int64, bar position from 0.
        lengths: (B, Q) int64, beats of the bar.
        bpm: (B,) tempo.
        audio_mask: (B,) bool, whether the model receives the recording.
        beat_mask: (B, Q) bool, False after the end of a song.
    """

    features: Tensor
    positions: Tensor
    lengths: Tensor
    bpm: Tensor
    audio_mask: Tensor
    beat_mask: Tensor


def score_input(
    features: np.ndarray, positions: np.ndarray, lengths: np.ndarray, bpm: float, receives: bool
) -> ScoreInput:
    """One song as a batch: arrays of `ScoreInput` without the batch's dimension.

    `receives` is whether the model receives the recording.
    """
    return ScoreInput(
        torch.from_numpy(features)[None],
        torch.from_numpy(positions)[None],
        torch.from_numpy(lengths)[None],
        torch.tensor([bpm], dtype=torch.float32),
        torch.tensor([receives]),
        torch.ones(1, len(positions), dtype=torch.bool),
    )


class BeatAttention(nn.Module):
    """A pre-norm Transformer layer over beats.

    The attention has a bias for the distance in beats, and one for beats at the same position of
    their bars.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 3 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(3 * width, width),
        )
        self.dropout = nn.Dropout(dropout)
        self.distance = nn.Embedding(2 * FARTHEST + 1, heads)
        nn.init.normal_(self.distance.weight, std=0.02)
        self.same_position = nn.Parameter(torch.zeros(heads))

    def forward(self, x: Tensor, positions: Tensor, beat_mask: Tensor) -> Tensor:
        """(B, Q, D) to the same shape."""
        songs, beats, width = x.shape
        split = self.qkv(self.attention_norm(x)).view(songs, beats, 3, self.heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        places = torch.arange(beats, device=x.device)
        steps = (places[None] - places[:, None]).clamp(-FARTHEST, FARTHEST) + FARTHEST
        same = (positions[:, None, :, None] == positions[:, None, None, :]).to(x.dtype)
        bias = self.distance(steps).permute(2, 0, 1) + self.same_position[:, None, None] * same
        bias = bias.masked_fill(~beat_mask[:, None, None, :], -1e4)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=bias)
        x = x + self.dropout(self.output(mixed.transpose(1, 2).reshape(songs, beats, width)))
        y: Tensor = x + self.dropout(self.mlp(self.mlp_norm(x)))
        return y


class ScoreNetwork(nn.Module):
    """The encoder and its outputs; see the module."""

    def __init__(self, config: ScoreConfig) -> None:
        super().__init__()
        width = config.width
        self.registers = config.registers
        self.slots = nn.Sequential(
            nn.Linear(2 * config.registers, config.slot_width),
            nn.GELU(),
            nn.Dropout(config.dropout),
        )
        self.join = nn.Linear(SLOTS * config.slot_width, width)
        self.no_recording = nn.Parameter(torch.zeros(width))
        self.position = nn.Embedding(LONGEST_BAR, width)
        self.bar_length = nn.Embedding(LONGEST_BAR + 1, width)
        self.tempo = nn.Linear(2, width)
        self.convolution = nn.Conv1d(width, width, 5, padding=2, groups=4)
        self.layers = nn.ModuleList(
            BeatAttention(width, config.heads, config.dropout) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width)
        self.marginal = nn.Linear(width, STROKES)
        self.dynamics = nn.Linear(width, 2 * STROKES)
        self.memory = nn.GRU(width + 3 * STROKES, width, batch_first=True)
        self.take = nn.Linear(2 * width, STROKES)
        self.earlier_bars = nn.Linear(2 * STROKES, STROKES)
        self.earlier_slots = nn.Parameter(torch.zeros(STROKES, STROKES))
        for layer in (self.marginal, self.take):
            nn.init.constant_(layer.bias, RARE)
        nn.init.zeros_(self.earlier_bars.weight)
        nn.init.zeros_(self.earlier_bars.bias)

    def encode(self, song: ScoreInput) -> Tensor:
        """What the other methods need of songs: (B, Q, D)."""
        x = self.join(self.slots(song.features).flatten(2))
        x = torch.where(song.audio_mask[:, None, None], x, self.no_recording)
        octaves = (song.bpm / TYPICAL_BPM).log2()
        positions = song.positions.clamp(0, LONGEST_BAR - 1)
        x = x + self.position(positions) + self.bar_length(song.lengths.clamp(1, LONGEST_BAR))
        x = x + self.tempo(torch.stack([octaves, octaves.square()], -1))[:, None]
        x = x * song.beat_mask[..., None]
        x = x + gelu(self.convolution(x.transpose(1, 2)).transpose(1, 2))
        for layer in self.layers:
            x = layer(x, positions, song.beat_mask)
        y: Tensor = self.norm(x)
        return y

    def marginals(self, encoded: Tensor) -> Tensor:
        """Logits of each stroke, not conditioned on others: (B, Q, S, P)."""
        logits: Tensor = self.marginal(encoded)
        return _by_slot(logits)

    def velocities_and_offsets(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """Velocity, 0 to 1, and offset in milliseconds of each possible stroke: (B, Q, S, P)."""
        values = self.dynamics(encoded).view(*encoded.shape[:2], 2, SLOTS, len(PIECES))
        return values[..., 0, :, :].sigmoid(), LONGEST_OFFSET * values[..., 1, :, :].tanh()

    def conditionals(
        self, encoded: Tensor, strokes: Tensor, earlier: Tensor, lengths: Tensor
    ) -> Tensor:
        """Logits of each stroke of a take, conditioned on the strokes before it.

        Args:
            encoded: (B, Q, D) of `encode`.
            strokes: (B, Q, S, P) 0 or 1; within a beat, the strokes of earlier slots condition.
            earlier: the same with errors, which conditions later beats. Training adds the errors,
                so that a take does not depend too much on what it has played.
            lengths: (B, Q) beats of each bar.

        Returns:
            (B, Q, S, P).
        """
        flat = strokes.flatten(2)
        history = _history(earlier.flatten(2), lengths)
        state, _ = self.memory(torch.cat([encoded, history], -1))
        logits = self._from_history(state, encoded, history)
        logits = logits + flat @ torch.tril(self.earlier_slots, -1).T
        return _by_slot(logits)

    def _from_history(self, state: Tensor, encoded: Tensor, history: Tensor) -> Tensor:
        logits: Tensor = self.take(torch.cat([state, encoded], -1))
        bars: Tensor = self.earlier_bars(history[..., STROKES:])
        return logits + bars

    @torch.inference_mode()
    def draw(
        self, encoded: Tensor, lengths: Tensor, uniform: Tensor, temperature: float = 1.0
    ) -> Tensor:
        """Takes of one song.

        Args:
            encoded: (1, Q, D) of `encode`.
            lengths: (1, Q) beats of each bar.
            uniform: (takes, Q, S * P), numbers in [0, 1) that decide the strokes.
            temperature: below 1, likely strokes become more likely.

        Returns:
            (takes, Q, S, P) bool.
        """
        takes, beats = uniform.shape[:2]
        played = encoded.new_zeros(takes, beats + 1, STROKES)  # one more at the start
        within = torch.tril(self.earlier_slots, -1)
        state = None
        for beat in range(beats):
            length = int(lengths[0, beat])
            history = torch.cat(
                [played[:, max(0, beat + 1 - k)] for k in (1, length, 2 * length)], -1
            )
            beat_encoded = encoded[:, beat].expand(takes, -1)
            output, state = self.memory(torch.cat([beat_encoded, history], -1)[:, None], state)
            logits = self._from_history(output[:, 0], beat_encoded, history)
            current = played[:, beat + 1]
            for place in range(STROKES):
                logit = logits[:, place] + current[:, :place] @ within[place, :place]
                current[:, place] = (
                    uniform[:, beat, place] < (logit / temperature).sigmoid()
                ).float()
        return _by_slot(played[:, 1:]) > 0


def _by_slot(values: Tensor) -> Tensor:
    """(B, Q, S * P) to (B, Q, S, P)."""
    return values.view(*values.shape[:2], SLOTS, len(PIECES))


def _history(strokes: Tensor, lengths: Tensor) -> Tensor:
    """The strokes (B, Q, S P) of the beat before, and of the beats one and two bars before."""
    padded = pad(strokes, (0, 0, 1, 0))
    places = torch.arange(strokes.shape[1], device=strokes.device).expand(strokes.shape[:2])
    before = [
        (places + 1 - steps).clamp(min=0)
        for steps in (torch.ones_like(lengths), lengths, 2 * lengths)
    ]
    chosen = [
        padded.gather(1, beats[..., None].expand(-1, -1, strokes.shape[-1])) for beats in before
    ]
    return torch.cat(chosen, -1)
