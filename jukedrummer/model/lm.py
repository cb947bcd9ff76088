"""The language model of the listening family: drum codes, given what the band plays and where the beat is.

In the original system 2 of 20 layers see the drumless codes, and the beats arrive one step late. Here one
condition vector a step - the drumless mel and code that sound now, with some look-ahead, and the beat - is
added to the input and modulates every layer (adaptive norms, arXiv 2212.09748). Attention is causal over
the drum codes, with rotary positions. Each condition is dropped at random in training, so that the model can
play without, and guidance (arXiv 2207.12598) can strengthen it.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from jukedrummer.config import LMConfig
from jukedrummer.model.layers import ConvNeXt, Standardise

HARMONICS = (
    4  # of beat and bar phase: the fourth tells 16ths apart in a beat, and beats in a bar of four
)
LOW_WIDTH = 50  # of the tracker's embedding (paper: low)
BLOCK = 16_384  # codes of a piece whose conditions are encoded at a time


class Conditions(NamedTuple):
    """What the model may know of every step, for L codes. B and L are those of the drum codes."""

    drumless_mel: Tensor  # (B, F, L * frames_per_code) log10
    drumless_codes: Tensor  # (B, L)
    low: Tensor  # (B, L, 50) tracker embedding
    mid: Tensor  # (B, L) activation peak or not
    high: Tensor  # (B, L) 0 none, 1 downbeat, 2 other beat
    phase: Tensor  # (B, L, 4) sine and cosine of beat phase, of bar phase

    def crop(self, start: int, stop: int, frames_per_code: int) -> "Conditions":
        """The codes [start, stop) of all fields."""
        mel = self.drumless_mel[..., start * frames_per_code : stop * frames_per_code]
        return Conditions(mel, *(value[:, start:stop] for value in self[1:]))


def harmonics(phase: Tensor) -> Tensor:
    """Sines and cosines of multiples 1..4 of both phases: (B, L, 4) to (B, L, 16); zeros stay zeros."""
    parts = []
    for pair in phase.float().split(2, dim=-1):
        known = (pair.square().sum(-1, keepdim=True) > 0.25).float()
        angle = torch.atan2(pair[..., :1], pair[..., 1:]) * torch.arange(
            1, HARMONICS + 1, device=phase.device
        )
        parts += [angle.sin() * known, angle.cos() * known]
    return torch.cat(parts, -1)


class BeatEmbedding(nn.Module):
    """Beat information of one level (paper: none, low, mid, high) to width D.

    `high` knows beat and downbeat positions; their phases, which follow from the positions, are part of it.
    """

    def __init__(self, beats: str, width: int) -> None:
        super().__init__()
        self.beats = beats
        if beats == "low":
            self.low = nn.Linear(LOW_WIDTH, width)
        elif beats == "mid":
            self.mid = nn.Embedding(2, width)
        elif beats == "high":
            self.high = nn.Embedding(3, width)
            self.phase = nn.Linear(4 * HARMONICS, width)

    def forward(self, conditions: Conditions) -> Tensor:
        """(B, L, D)."""
        if self.beats == "low":
            return self.low(conditions.low.float())
        if self.beats == "mid":
            return self.mid(conditions.mid.long())
        return self.high(conditions.high.long()) + self.phase(harmonics(conditions.phase))


class ConditionEncoder(nn.Module):
    """All that is known of a step in one vector; look-ahead by convolutions over the whole recording."""

    def __init__(
        self, config: LMConfig, bands: int, frames_per_code: int, drumless_codebook: int
    ) -> None:
        super().__init__()
        width = config.condition_width
        self.config, self.frames_per_code = config, frames_per_code
        self.reach = 4 * config.listen_blocks  # codes that a step looks back and ahead
        if config.encoder:
            self.standardise = Standardise(bands)
            self.mel = nn.Conv1d(bands, width, frames_per_code, stride=frames_per_code)
            self.code = nn.Embedding(drumless_codebook, width)
            self.listen = nn.Sequential(
                *[ConvNeXt(width, 9, config.dropout) for _ in range(config.listen_blocks)]
            )
            self.no_drumless = nn.Parameter(torch.zeros(width))
        if config.beats != "none":
            self.beats = BeatEmbedding(config.beats, width)
            self.no_beats = nn.Parameter(torch.zeros(width))
        self.merge = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, conditions: Conditions, hears: Tensor, counts: Tensor) -> Tensor:
        """Encode.

        Args:
            conditions: see there.
            hears: (B,) whether each example hears the drumless input.
            counts: (B,) whether each example knows its beats.

        Returns:
            (B, L, condition_width).
        """
        batch, length = conditions.drumless_codes.shape
        condition = conditions.low.new_zeros(
            batch, length, self.config.condition_width, dtype=torch.float32
        )
        if self.config.encoder:
            condition = torch.where(
                hears[:, None, None], self._listen(conditions), self.no_drumless
            )
        if self.config.beats != "none":
            condition = condition + torch.where(
                counts[:, None, None], self.beats(conditions), self.no_beats
            )
        return condition + self.merge(condition)

    def _listen(self, conditions: Conditions) -> Tensor:
        mel = self.mel(self.standardise(conditions.drumless_mel.float()))
        codes = self.code(conditions.drumless_codes.long()).transpose(1, 2)
        return self.listen(mel + codes).transpose(1, 2)


def rotary_tables(length: int, width: int) -> Tensor:
    """Cosines and sines of rotary positions (arXiv 2104.09864): (2, length, width / 2)."""
    frequency = 1e4 ** (-torch.arange(0, width, 2) / width)
    angle = torch.arange(length)[:, None] * frequency
    return torch.stack([angle.cos(), angle.sin()])


def rotate(x: Tensor, tables: Tensor) -> Tensor:
    """Rotate halves of (B, heads, L, width) by the tables of its positions, (2, L, width / 2)."""
    first, second = x.chunk(2, -1)
    cos, sin = tables
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


class Cache:
    """Keys and values of one layer for the steps so far: a place for `context` steps, filled in turn."""

    def __init__(self) -> None:
        self.keys = self.values = None

    def extend(
        self, keys: Tensor, values: Tensor, start: int, context: int
    ) -> tuple[Tensor, Tensor]:
        """Put (B, heads, n, width) at `start`; returns all from 0 to start + n."""
        if self.keys is None:
            shape = (*keys.shape[:2], context, keys.shape[3])
            self.keys, self.values = keys.new_zeros(shape), values.new_zeros(shape)
        end = start + keys.shape[2]
        self.keys[:, :, start:end] = keys
        self.values[:, :, start:end] = values
        return self.keys[:, :, :end], self.values[:, :, :end]


class Layer(nn.Module):
    """Causal attention and a perceptron; the condition scales and shifts what both see."""

    def __init__(self, config: LMConfig) -> None:
        super().__init__()
        width = config.width
        self.heads, self.context, self.dropout = config.heads, config.context, config.dropout
        self.modulate = nn.Linear(config.condition_width, 4 * width)
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)
        self.norm_attention = nn.LayerNorm(width, elementwise_affine=False)
        self.norm_mlp = nn.LayerNorm(width, elementwise_affine=False)
        self.project_in = nn.Linear(width, 3 * width)
        self.project_out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width)
        )
        self.drop = nn.Dropout(config.dropout)

    def forward(
        self,
        x: Tensor,
        condition: Tensor,
        tables: Tensor,
        start: int = 0,
        cache: Cache | None = None,
    ) -> Tensor:
        """(B, L, D) to the same; with a cache, x holds the steps from `start` on."""
        return self.apply_modulated(x, self.modulate(condition), tables, start, cache)

    def apply_modulated(
        self, x: Tensor, modulation: Tensor, tables: Tensor, start: int, cache: Cache | None
    ) -> Tensor:
        """As `forward`, with the scales and shifts (B, L, 4 * D) computed before."""
        scale_a, shift_a, scale_m, shift_m = modulation.chunk(4, -1)
        x = x + self.drop(
            self._attend(self.norm_attention(x) * (1 + scale_a) + shift_a, tables, start, cache)
        )
        return x + self.drop(self.mlp(self.norm_mlp(x) * (1 + scale_m) + shift_m))

    def _attend(self, x: Tensor, tables: Tensor, start: int, cache: Cache | None) -> Tensor:
        batch, length, width = x.shape
        parts = self.project_in(x).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, L, D / heads)
        query, key = rotate(query, tables), rotate(key, tables)
        if cache is not None:
            key, value = cache.extend(key, value, start, self.context)
        # A single new step sees all before it; several at once only what is not later than themselves.
        result = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=length > 1)
        return self.project_out(result.transpose(1, 2).reshape(batch, length, width))


class DrumLM(nn.Module):
    """Drum codes one after the other, each from all before it and from the condition at its step.

    Args:
        config: sizes.
        bands: F.
        frames_per_code: mel frames a code.
        drums_codebook: K of the drums.
        drumless_codebook: K of the drumless input.
    """

    def __init__(
        self,
        config: LMConfig,
        bands: int,
        frames_per_code: int,
        drums_codebook: int,
        drumless_codebook: int,
    ) -> None:
        super().__init__()
        self.config, self.frames_per_code, self.start_code = config, frames_per_code, drums_codebook
        self.condition = ConditionEncoder(config, bands, frames_per_code, drumless_codebook)
        self.embed = nn.Embedding(drums_codebook + 1, config.width)
        self.drop = nn.Dropout(config.embed_dropout)
        self.embed_condition = nn.Linear(config.condition_width, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, drums_codebook)
        tables = rotary_tables(config.context, config.width // config.heads)
        self.register_buffer("tables", tables, persistent=False)

    def shift(self, codes: Tensor) -> Tensor:
        """What the model sees when it predicts `codes`: those one step before, after a start code."""
        return nn.functional.pad(codes[:, :-1], (1, 0), value=self.start_code)

    def forward(
        self, codes: Tensor, conditions: Conditions, hears: Tensor, counts: Tensor
    ) -> Tensor:
        """Logits of every code given those before it.

        Args:
            codes: (B, L) drum codes, L <= context.
            conditions: of the same steps.
            hears: (B,) bool: examples that hear the drumless input.
            counts: (B,) bool: examples that know their beats.

        Returns:
            (B, L, K).
        """
        condition = self.condition(conditions, hears, counts)
        x = self.drop(self.embed(self.shift(codes))) + self.embed_condition(condition)
        for layer in self.layers:
            x = layer(x, condition, self.tables[:, : codes.shape[1]])
        return self.head(self.norm(x))

    def prepare(self, piece: Conditions, known: bool) -> Tensor:
        """What sampling needs to know of a piece (B = 1): the condition of every step, (L, condition_width).

        It is encoded over the whole piece, so that the windows of the sampling have no edges here.

        Args:
            piece: of any length.
            known: False drops input and beats.
        """
        flag = torch.tensor([known], device=piece.drumless_codes.device)
        length, margin, parts = piece.drumless_codes.shape[1], self.condition.reach, []
        for start in range(0, length, BLOCK):
            first, stop = max(0, start - margin), min(start + BLOCK, length)
            block = piece.crop(first, min(stop + margin, length), self.frames_per_code)
            parts.append(self.condition(block, flag, flag)[0, start - first : stop - first])
        return torch.cat(parts)

    def steps(self, prepared: Tensor) -> "Steps":
        """Begin a window of the pieces, of which `prepare` gave (B, L, condition_width), L <= context."""
        return Steps(self, prepared)


class Steps:
    """A window that is drawn code by code; see `DrumLM.steps`."""

    def __init__(self, model: DrumLM, condition: Tensor) -> None:
        self.model = model
        self.modulations = [layer.modulate(condition) for layer in model.layers]
        self.added = model.embed_condition(condition)
        self.caches = [Cache() for _ in model.layers]
        self.done = 0  # steps of the window that the caches hold

    def next(self, codes: Tensor) -> Tensor:
        """Take the window's next codes, (B, n), and give the logits of the one after, (B, K).

        The first call takes all codes that are known already, which may be none.
        """
        if not self.done:
            codes = torch.nn.functional.pad(codes, (1, 0), value=self.model.start_code)
        where = slice(self.done, self.done + codes.shape[1])
        x = self.model.embed(codes) + self.added[:, where]
        tables = self.model.tables[:, where]
        for layer, modulation, cache in zip(
            self.model.layers, self.modulations, self.caches, strict=True
        ):
            x = layer.apply_modulated(x, modulation[:, where], tables, self.done, cache)
        self.done = where.stop
        return self.model.head(self.model.norm(x[:, -1]))
