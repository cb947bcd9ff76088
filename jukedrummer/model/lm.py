"""The language model of the listening family: drum codes from the drumless recording and the beats.

In the original system, 2 of 20 layers receive the drumless codes, and the beats are one step late.
Here every step has one condition vector. It is made of the drumless mel and code of the step, with
some look-ahead, and of the beat. The condition is added to the input and modulates every layer
(adaptive norms, arXiv 2212.09748). Attention is causal over the drum codes, with rotary positions.
Each condition is dropped at random in training. So the model works without it, and guidance (arXiv
2207.12598) can strengthen it.
"""

from typing import ClassVar, Literal, cast

import torch
from torch import Tensor, nn

from jukedrummer.config import LMConfig, key
from jukedrummer.model.conditions import BeatEmbedding, Conditions, beat_arrays
from jukedrummer.model.layers import ConvNeXt, Standardise

CHUNK = 16_384  # codes of a piece whose conditions are encoded at a time


class ListeningLMConfig(LMConfig):
    """The condition modulates every layer (ours)."""

    renamed: ClassVar[dict[str, str | None]] = {"listen_blocks": "lookahead_blocks"}
    reads_mel: ClassVar[bool] = True
    family: Literal["listening"] = "listening"
    condition_width: int = key(96, "D of the condition that modulates every layer", 8, 8_192)
    lookahead_blocks: int = key(
        3, "ConvNeXt blocks over the drumless recording, with a look-ahead of 4 codes each", 0, 64
    )


class ConditionEncoder(nn.Module):
    """One vector for each step. Convolutions over the whole recording give the look-ahead."""

    def __init__(
        self, config: ListeningLMConfig, bands: int, frames_per_code: int, drumless_codebook: int
    ) -> None:
        super().__init__()
        width = config.condition_width
        self.config, self.frames_per_code = config, frames_per_code
        # Codes before and after a step that its condition depends on.
        self.reach = 4 * config.lookahead_blocks
        if config.encoder:
            self.standardise = Standardise(bands)
            self.mel = nn.Conv1d(bands, width, frames_per_code, stride=frames_per_code)
            self.code = nn.Embedding(drumless_codebook, width)
            # Tensors of stored models have this name.
            self.listen = nn.Sequential(
                *[ConvNeXt(width, 9, config.dropout) for _ in range(config.lookahead_blocks)]
            )
            self.no_drumless = nn.Parameter(torch.zeros(width))
        if config.beats != "none":
            self.beats = BeatEmbedding(beat_arrays(config.beats), width)
            self.no_beats = nn.Parameter(torch.zeros(width))
        self.merge = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, conditions: Conditions, audio_mask: Tensor, beat_mask: Tensor) -> Tensor:
        """Encode.

        Args:
            conditions: conditions of L codes.
            audio_mask: (B,) bool: examples that receive the drumless recording.
            beat_mask: (B,) bool: examples that receive the beats.

        Returns:
            (B, L, condition_width).
        """
        codes = conditions.drumless_codes
        condition = torch.zeros(*codes.shape, self.config.condition_width, device=codes.device)
        if self.config.encoder:
            condition = torch.where(
                audio_mask[:, None, None], self._encode_audio(conditions), self.no_drumless
            )
        if self.config.beats != "none":
            condition = condition + torch.where(
                beat_mask[:, None, None], self.beats(conditions), self.no_beats
            )
        merged: Tensor = self.merge(condition)
        return condition + merged

    def _encode_audio(self, conditions: Conditions) -> Tensor:
        """(B, L, condition_width) of the recording alone."""
        mel = self.mel(self.standardise(conditions.drumless_mel.float()))
        codes = self.code(conditions.drumless_codes.long()).transpose(1, 2)
        encoded: Tensor = self.listen(mel + codes)
        return encoded.transpose(1, 2)


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


class KeyValueCache:
    """Keys and values of one layer for the steps so far, with space for `context` steps."""

    def __init__(self) -> None:
        self.stored: tuple[Tensor, Tensor] | None = None

    def extend(
        self, keys: Tensor, values: Tensor, start: int, context: int
    ) -> tuple[Tensor, Tensor]:
        """Store (B, heads, n, width) from the step `start` on. Return all steps to start + n."""
        if self.stored is None:
            shape = (*keys.shape[:2], context, keys.shape[3])
            self.stored = keys.new_zeros(shape), values.new_zeros(shape)
        end = start + keys.shape[2]
        all_keys, all_values = self.stored
        all_keys[:, :, start:end] = keys
        all_values[:, :, start:end] = values
        return all_keys[:, :, :end], all_values[:, :, :end]


class ListeningLayer(nn.Module):
    """Causal attention and a perceptron. The condition scales and shifts the input of both."""

    def __init__(self, config: ListeningLMConfig) -> None:
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
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """(B, L, D) to the same shape. With a cache, x has the steps from `start` on."""
        return self.apply_modulated(x, self.modulate(condition), tables, start, cache)

    def apply_modulated(
        self, x: Tensor, modulation: Tensor, tables: Tensor, start: int, cache: KeyValueCache | None
    ) -> Tensor:
        """As `forward`, with given scales and shifts (B, L, 4 * D)."""
        scale_a, shift_a, scale_m, shift_m = modulation.chunk(4, -1)
        modulated = self.norm_attention(x) * (1 + scale_a) + shift_a
        x = x + self.drop(self._attend(modulated, tables, start, cache))
        change: Tensor = self.drop(self.mlp(self.norm_mlp(x) * (1 + scale_m) + shift_m))
        return x + change

    def _attend(self, x: Tensor, tables: Tensor, start: int, cache: KeyValueCache | None) -> Tensor:
        batch, length, width = x.shape
        parts = self.project_in(x).view(batch, length, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, L, D / heads)
        queries, keys = rotate(queries, tables), rotate(keys, tables)
        if cache is not None:
            keys, values = cache.extend(keys, values, start, self.context)
        # A single new step attends to all steps. Several steps need the causal mask.
        attended = nn.functional.scaled_dot_product_attention(
            queries, keys, values, is_causal=length > 1
        )
        result: Tensor = self.project_out(attended.transpose(1, 2).reshape(batch, length, width))
        return result


class DrumLM(nn.Module):
    """A `LanguageModel`: each drum code from all before it and from the condition of its step.

    Args:
        config: sizes.
        bands: F.
        frames_per_code: mel frames for each code.
        drums_codebook: K of the drums.
        drumless_codebook: K of the drumless recording.
    """

    tables: Tensor
    compiles = False

    def __init__(
        self,
        config: ListeningLMConfig,
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
        self.layers = nn.ModuleList(ListeningLayer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, drums_codebook)
        tables = rotary_tables(config.context, config.width // config.heads)
        self.register_buffer("tables", tables, persistent=False)

    def shift(self, codes: Tensor) -> Tensor:
        """The input that predicts `codes` (B, L): a start code, then all codes but the last."""
        return nn.functional.pad(codes[:, :-1], (1, 0), value=self.start_code)

    def standardise_input(self, mean: Tensor, deviation: Tensor) -> None:
        """Set the training split's statistics of the drumless mel, (F,) each."""
        if self.config.encoder:
            self.condition.standardise.set(mean, deviation)

    def forward(
        self, codes: Tensor, conditions: Conditions, audio_mask: Tensor, beat_mask: Tensor
    ) -> Tensor:
        """Logits of every code, given those before it.

        Args:
            codes: (B, L) drum codes, L <= context.
            conditions: conditions of the same steps.
            audio_mask: (B,) bool: examples that receive the drumless recording.
            beat_mask: (B,) bool: examples that receive the beats.

        Returns:
            (B, L, K).
        """
        condition = self.condition(conditions, audio_mask, beat_mask)
        x = self.drop(self.embed(self.shift(codes))) + self.embed_condition(condition)
        for layer in self.layers:
            x = layer(x, condition, self.tables[:, : codes.shape[1]])
        logits: Tensor = self.head(self.norm(x))
        return logits

    def prepare(self, piece: Conditions, known: bool) -> Tensor:
        """The condition of every step of a piece (B = 1): (L, condition_width).

        It is encoded over the whole piece, so it has no edges between the windows of the sampling.

        Args:
            piece: conditions of any length.
            known: False hides the recording and the beats.
        """
        mask = torch.tensor([known], device=piece.drumless_codes.device)
        length, margin, parts = piece.drumless_codes.shape[1], self.condition.reach, []
        for start in range(0, length, CHUNK):
            first, stop = max(0, start - margin), min(start + CHUNK, length)
            chunk = piece.crop(first, min(stop + margin, length), self.frames_per_code)
            parts.append(self.condition(chunk, mask, mask)[0, start - first : stop - first])
        return torch.cat(parts)

    def steps(self, prepared: Tensor, compiled: bool = False) -> "ListeningSteps":
        """Begin a window of several pieces.

        Args:
            prepared: (B, L, condition_width), the window's part of the output of `prepare`; L <=
                context.
            compiled: without effect, because these steps cannot be compiled.
        """
        return ListeningSteps(self, prepared)


class ListeningSteps:
    """The `CodeSteps` of `DrumLM`.

    Args:
        model: the language model.
        condition: (B, L, condition_width).
    """

    def __init__(self, model: DrumLM, condition: Tensor) -> None:
        self.model = model
        self.modulations = [layer.modulate(condition) for layer in _layers(model)]
        self.added = model.embed_condition(condition)
        self.caches = [KeyValueCache() for _ in model.layers]
        self.done = 0  # steps of the window in the caches

    def next(self, codes: Tensor) -> Tensor:
        """Logits (B, K) of the code after `codes` (B, n). The first call takes all known codes."""
        if not self.done:
            codes = torch.nn.functional.pad(codes, (1, 0), value=self.model.start_code)
        where = slice(self.done, self.done + codes.shape[1])
        x = self.model.embed(codes) + self.added[:, where]
        tables = self.model.tables[:, where]
        for layer, modulation, cache in zip(
            _layers(self.model), self.modulations, self.caches, strict=True
        ):
            x = layer.apply_modulated(x, modulation[:, where], tables, self.done, cache)
        self.done = where.stop
        logits: Tensor = self.model.head(self.model.norm(x[:, -1]))
        return logits


def _layers(model: DrumLM) -> list[ListeningLayer]:
    return cast(list[ListeningLayer], list(model.layers))


Config = ListeningLMConfig
build = DrumLM
