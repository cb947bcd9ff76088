"""The authors' language model (paper section 3; arXiv 2210.06007).

It is Jukebox's decoder (arXiv 2005.00341) over drum codes, with factored attention. Every tenth
layer of the decoder attends to an encoder over the drumless codes. As in the original, the decoder
receives the beats one step late.

This file is the readable form of the network. The package uses the faster form in `fast.lm`, which
has the same weights.
"""

from collections.abc import Iterable
from itertools import repeat
from typing import ClassVar, Literal

import torch
from pydantic import model_validator
from torch import Tensor, nn
from torch.nn.functional import linear, pad

from jukedrummer.config import LMConfig, key
from jukedrummer.errors import UserError
from jukedrummer.model.conditions import Conditions, as_input, beat_arrays, embedding
from jukedrummer.model.language_model import CodeSteps
from jukedrummer.model.paper.attention import FactoredAttention, Keep, Pattern, patterns

QUICK_GELU = 1.702


class PaperLMConfig(LMConfig):
    """The authors' factored attention."""

    renamed: ClassVar[dict[str, str | None]] = {"blocks": "attention_blocks"}
    family: Literal["paper"] = "paper"
    encoder_layers: int = key(9, "layers of the encoder over the drumless codes (paper: 9)", 1, 128)
    attention_blocks: int = key(
        16, "blocks of the factored attention, which divide the context (paper: 16)", 1, 4_096
    )

    @model_validator(mode="after")
    def _check_attention(self) -> "PaperLMConfig":
        if self.context % self.attention_blocks:
            raise UserError(
                f"lm.context is {self.context}, "
                f"not a multiple of lm.attention_blocks {self.attention_blocks}"
            )
        if self.width % (4 * self.heads):
            raise UserError(
                f"lm.width is {self.width}: lm.heads {self.heads} must divide a quarter of it, "
                "the width of the paper's attention"
            )
        return self

    @property
    def block(self) -> int:
        """Positions in a block of the factored attention."""
        return self.context // self.attention_blocks


def quick_gelu(x: Tensor) -> Tensor:
    """x times the logistic function of 1.702 x, an approximation of GELU (arXiv 1606.08415)."""
    return x * (QUICK_GELU * x).sigmoid()


class PaperLayer(nn.Module):
    """Factored attention and a perceptron as wide as the model, each after a norm."""

    def __init__(self, config: PaperLMConfig, pattern: Pattern, causal: bool) -> None:
        super().__init__()
        width = config.width
        self.norm_attention = nn.LayerNorm(width)
        self.attention = FactoredAttention(
            width, config.heads, pattern, config.block, causal, config.dropout
        )
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp_in = nn.Linear(width, width)
        self.mlp_out = nn.Linear(width, width)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, memory: Tensor | None, keep: Keep | None = None) -> Tensor:
        """(B, L, D), L whole blocks, to the same shape; see `FactoredAttention` for the others."""
        x = x + self.drop(self.attention(self.norm_attention(x), memory, keep))
        change: Tensor = self.drop(self.mlp_out(quick_gelu(self.mlp_in(self.norm_mlp(x)))))
        return x + change


class CodeTransformer(nn.Module):
    """Embedded codes through a stack of layers: the decoder, and the encoder.

    Args:
        config: sizes.
        codebook: K.
        layer_patterns: the attention pattern of each layer.
        causal: whether positions do not attend to later positions.
    """

    def __init__(
        self, config: PaperLMConfig, codebook: int, layer_patterns: list[Pattern], causal: bool
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(codebook, config.width)
        self.positions = nn.Parameter(torch.empty(config.context, config.width))
        self.layers = nn.ModuleList(
            PaperLayer(config, pattern, causal) for pattern in layer_patterns
        )
        self.drop = nn.Dropout(config.embed_dropout)
        nn.init.normal_(self.positions, std=0.01)

    def forward(
        self,
        embedded: Tensor,
        beats: Tensor,
        memory: Tensor | None = None,
        keep: Iterable[Keep | None] = repeat(None),
    ) -> Tensor:
        """All layers; the beats are added before the first and after the last.

        Args:
            embedded: codes, (B, L, D), L whole blocks.
            beats: (B, L, D).
            memory: the encoder's output, for the decoder.
            keep: one function for each layer; see `FactoredAttention`.

        Returns:
            (B, L, D).
        """
        x: Tensor = self.drop(embedded) + self.drop(self.positions[: beats.shape[1]]) + beats
        for layer, keep_layer in zip(self.layers, keep, strict=False):
            x = layer(x, memory, keep_layer)
        return x + beats


def initialise(module: nn.Module) -> None:
    """Set small normal weights and zero biases, as in Jukebox and GPT-2."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
    if isinstance(module, FactoredAttention) and module.pattern == Pattern.CROSS:
        # At the start, the encoder has no effect on the decoder.
        nn.init.zeros_(module.project_out.weight)


def shift_right(x: Tensor) -> Tensor:
    """Shift by one step, with zeros first: (B, L, D) to the same shape."""
    return pad(x[:, :-1], (0, 0, 1, 0))


class PaperBeatEmbedding(nn.Module):
    """The first array of a beat representation, embedded to width D: `high` without its phase."""

    def __init__(self, representation: str, width: int) -> None:
        super().__init__()
        self.array = beat_arrays(representation)[0]
        self.embed = embedding(self.array, width)

    def forward(self, conditions: Conditions) -> Tensor:
        """(B, L, D)."""
        result: Tensor = self.embed(as_input(self.array, conditions.beats[self.array.name]))
        return result


class PaperLM(nn.Module):
    """A `LanguageModel`; see the module.

    Args:
        config: sizes.
        bands: F; not used, because the model receives the drumless recording as codes alone.
        frames_per_code: mel frames for each code; not used.
        drums_codebook: K of the drums.
        drumless_codebook: K of the drumless recording.
    """

    def __init__(
        self,
        config: PaperLMConfig,
        bands: int,
        frames_per_code: int,
        drums_codebook: int,
        drumless_codebook: int,
    ) -> None:
        super().__init__()
        self.config = config
        self.start = nn.Parameter(0.01 * torch.randn(config.width))
        decoder_patterns = patterns(config.layers, cross=config.encoder)
        self.decoder = CodeTransformer(config, drums_codebook, decoder_patterns, causal=True)
        if config.encoder:
            encoder_patterns = patterns(config.encoder_layers, cross=False)
            self.encoder = CodeTransformer(
                config, drumless_codebook, encoder_patterns, causal=False
            )
            self.memory = nn.Sequential(
                nn.Linear(config.width, config.width), nn.LayerNorm(config.width)
            )
        if config.beats != "none":
            self.beats = PaperBeatEmbedding(config.beats, config.width)
        self.apply(initialise)

    @property
    def compiles(self) -> bool:
        """Whether `steps` can be compiled. This form cannot."""
        return False

    def standardise_input(self, mean: Tensor, deviation: Tensor) -> None:
        """Do nothing, because the model does not use the mel."""

    def forward(
        self, codes: Tensor, conditions: Conditions, audio_mask: Tensor, beat_mask: Tensor
    ) -> Tensor:
        """Logits of every code, given those before it.

        Args:
            codes: (B, L) drum codes, L <= context.
            conditions: conditions of the same steps.
            audio_mask: (B,) bool, examples that receive the drumless recording. For the others, the
                encoder's output is zero.
            beat_mask: (B,) bool, examples that receive the beats. For the others, the beats are
                zero.

        Returns:
            (B, L, K).
        """
        beats = self.embed_beats(conditions, beat_mask)
        memory = None
        if self.config.encoder:
            memory = self.encode(conditions.drumless_codes, beats, audio_mask)
        return self.logits(self.decode(codes, shift_right(beats), memory))

    def decode(
        self,
        codes: Tensor,
        shifted_beats: Tensor,
        memory: Tensor | None,
        keep: Iterable[Keep | None] = repeat(None),
    ) -> Tensor:
        """The decoder's output (B, L, D) for codes, from which `logits` predicts them.

        Args:
            codes: (B, L).
            shifted_beats: (B, L, D), one step late.
            memory: the encoder's output.
            keep: one function for each layer; see `FactoredAttention`.
        """
        length = codes.shape[1]
        fill = (0, 0, 0, -length % self.config.block)
        embedded = pad(self.embed_shifted(codes), fill)
        x: Tensor = self.decoder(embedded, pad(shifted_beats, fill), memory, keep)
        return x[:, :length]

    def embed_shifted(self, codes: Tensor) -> Tensor:
        """The decoder's input that predicts (B, L) codes: a start, then all codes but the last."""
        start = self.start.expand(len(codes), 1, -1)
        return torch.cat([start, self.decoder.embed(codes[:, :-1])], 1)

    def embed_beats(self, conditions: Conditions, beat_mask: Tensor) -> Tensor:
        """(B, L, D); zero if the model or the example receives no beats."""
        if self.config.beats == "none":
            return self.start.new_zeros(*conditions.drumless_codes.shape, self.config.width)
        embedded: Tensor = self.beats(conditions)
        return embedded * beat_mask[:, None, None]

    def encode(self, drumless_codes: Tensor, beats: Tensor, audio_mask: Tensor) -> Tensor:
        """The encoder's output: (B, L) codes and (B, L, D) beats to (B, context, D).

        The encoder is trained on whole contexts and is not causal. So shorter input is padded with
        code 0.
        """
        fill = self.config.context - drumless_codes.shape[1]
        embedded = self.encoder.embed(pad(drumless_codes.long(), (0, fill)))
        memory: Tensor = self.memory(self.encoder(embedded, pad(beats, (0, 0, 0, fill))))
        return memory * audio_mask[:, None, None]

    def logits(self, x: Tensor) -> Tensor:
        """Logits (..., K) of the decoder's output (..., D), with the weights of the embedding."""
        return linear(x, self.decoder.embed.weight)

    def prepare(self, piece: Conditions, known: bool) -> Tensor:
        """The conditions of a piece (B = 1) for `steps`: (L, 1 + D).

        These are the drumless code of each step, or -1 if it is hidden, and the embedded beats. The
        encoder runs over each window alone, as in training.

        Args:
            piece: conditions of any length.
            known: False hides the recording and the beats.
        """
        mask = torch.tensor([known], device=piece.drumless_codes.device)
        beats = self.embed_beats(piece, mask)[0]
        codes = piece.drumless_codes[0].to(beats) if known else beats.new_full((len(beats),), -1.0)
        return torch.cat([codes[:, None], beats], 1)

    def unpack(self, prepared: Tensor) -> tuple[Tensor, Tensor | None]:
        """The decoder's conditions for a window, from (B, L, 1 + D) of `prepare`.

        Returns:
            The beats one step late (B, context, D), and the encoder's output.
        """
        filled = pad(prepared, (0, 0, 0, self.config.context - prepared.shape[1]))
        codes, beats = filled[..., 0], filled[..., 1:]
        memory = None
        if self.config.encoder:
            memory = self.encode(codes.clamp(min=0), beats, codes[:, 0] >= 0)
        return shift_right(beats), memory

    def steps(self, prepared: Tensor, compiled: bool = False) -> CodeSteps:
        """Begin a window of several pieces.

        Args:
            prepared: (B, L, 1 + D), the window's part of the output of `prepare`; L <= context.
            compiled: without effect in this form.
        """
        return PaperSteps(self, prepared)


class PaperSteps:
    """The `CodeSteps` of `PaperLM`. Every step runs the decoder over all codes so far.

    Args:
        model: the language model.
        prepared: (B, L, 1 + D); see `PaperLM.steps`.
    """

    def __init__(self, model: PaperLM, prepared: Tensor) -> None:
        self.model = model
        self.beats, self.memory = model.unpack(prepared)
        self.codes = torch.zeros(len(prepared), 0, dtype=torch.long, device=prepared.device)

    def next(self, codes: Tensor) -> Tensor:
        """Logits (B, K) of the code after `codes` (B, n). The first call takes all known codes."""
        self.codes = torch.cat([self.codes, codes], 1)
        length = self.codes.shape[1] + 1
        x = self.model.decode(pad(self.codes, (0, 1)), self.beats[:, :length], self.memory)
        return self.model.logits(x[:, -1])
