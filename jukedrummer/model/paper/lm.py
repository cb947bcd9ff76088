"""The language model as the authors built it (paper section 3; arXiv 2210.06007), for comparison and import.

Jukebox's decoder (arXiv 2005.00341) over drum codes, with factored attention, and an encoder over the
drumless codes that every tenth layer of the decoder looks at. What is peculiar is kept: the decoder hears of
the beats one step late.
"""

from collections.abc import Iterable
from itertools import repeat

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, pad
from tqdm import tqdm

from jukedrummer.config import LMConfig
from jukedrummer.model.lm import LOW_WIDTH, Conditions
from jukedrummer.model.paper.attention import Cache, FactoredAttention, Pattern, patterns, place
from jukedrummer.model.paper.fast.compiled import CompiledLayers
from jukedrummer.model.paper.fast.dropout import Dropout
from jukedrummer.model.paper.fast.step import QUICK_GELU, LayerStep, StepWeights, step_weights


def quick_gelu(x: Tensor) -> Tensor:
    """x times the logistic function of 1.702 x, an approximation of GELU (arXiv 1606.08415)."""
    return x * (QUICK_GELU * x).sigmoid()


class Layer(nn.Module):
    """Factored attention and a perceptron as wide as the model, each after a norm."""

    def __init__(self, config: LMConfig, pattern: Pattern, causal: bool) -> None:
        super().__init__()
        width, block = config.width, config.context // config.blocks
        self.norm_attention = nn.LayerNorm(width)
        self.attention = FactoredAttention(
            width, config.heads, pattern, block, causal, config.dropout
        )
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp_in = nn.Linear(width, width)
        self.mlp_out = nn.Linear(width, width)
        self.drop = Dropout(config.dropout)

    def forward(self, x: Tensor, memory: Tensor | None, cache: Cache | None = None) -> Tensor:
        """(B, L, D), L whole blocks, and the encoder's output to (B, L, D)."""
        x = x + self.drop(self.attention(self.norm_attention(x), memory, cache))
        return x + self.drop(self._mlp(self.norm_mlp(x)))

    def step_weights(self) -> StepWeights:
        """For one position at a time."""
        return step_weights(
            self.norm_attention, self.attention, self.norm_mlp, self.mlp_in, self.mlp_out
        )

    def _mlp(self, x: Tensor) -> Tensor:
        return self.mlp_out(quick_gelu(self.mlp_in(x)))


class CodeTransformer(nn.Module):
    """Embedded codes through a stack of layers: the decoder, and the encoder.

    Args:
        config: sizes.
        codebook: K.
        layer_patterns: what each layer looks at.
        causal: whether a position sees no later one.
    """

    def __init__(
        self, config: LMConfig, codebook: int, layer_patterns: list[Pattern], causal: bool
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(codebook, config.width)
        self.positions = nn.Parameter(torch.empty(config.context, config.width))
        self.layers = nn.ModuleList(Layer(config, pattern, causal) for pattern in layer_patterns)
        self.drop = Dropout(config.embed_dropout)
        nn.init.normal_(self.positions, std=0.01)

    def forward(
        self,
        embedded: Tensor,
        beats: Tensor,
        memory: Tensor | None = None,
        caches: Iterable[Cache | None] = repeat(None),
    ) -> Tensor:
        """Embedded codes and beats, (B, L, D) each, L whole blocks, to (B, L, D); beats count twice."""
        x = self.drop(embedded) + self.drop(self.positions[: beats.shape[1]]) + beats
        for layer, cache in zip(self.layers, caches, strict=False):
            x = layer(x, memory, cache)
        return x + beats


def initialise(module: nn.Module) -> None:
    """Small normal weights and no biases, as in Jukebox and GPT-2."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
    if isinstance(module, FactoredAttention) and module.pattern == Pattern.CROSS:
        # So the decoder starts as a language model of its own, and learns to listen.
        nn.init.zeros_(module.project_out.weight)


def late(x: Tensor) -> Tensor:
    """One step later, zeros first: (B, L, D) to the same."""
    return pad(x[:, :-1], (0, 0, 1, 0))


class BeatEmbedding(nn.Module):
    """Beat information of one level to width D; unlike the listening family's, `high` has no phase."""

    def __init__(self, beats: str, width: int) -> None:
        super().__init__()
        self.beats = beats
        layers = {
            "low": (nn.Linear, LOW_WIDTH),
            "mid": (nn.Embedding, 2),
            "high": (nn.Embedding, 3),
        }
        make, inputs = layers[beats]
        self.embed = make(inputs, width)

    def forward(self, conditions: Conditions) -> Tensor:
        """(B, L, D)."""
        value = getattr(conditions, self.beats)
        return self.embed(value.float() if self.beats == "low" else value.long())


class PaperLM(nn.Module):
    """Drum codes one after the other; see the module.

    Args:
        config: sizes.
        bands: not read: the drumless input is heard as codes only.
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
        self.config, self.frames_per_code = config, frames_per_code
        self.start = nn.Parameter(0.01 * torch.randn(config.width))
        own = patterns(config.layers, cross=config.encoder)
        self.decoder = CodeTransformer(config, drums_codebook, own, causal=True)
        if config.encoder:
            own = patterns(config.encoder_layers, cross=False)
            self.encoder = CodeTransformer(config, drumless_codebook, own, causal=False)
            self.memory = nn.Sequential(
                nn.Linear(config.width, config.width), nn.LayerNorm(config.width)
            )
        if config.beats != "none":
            self.beats = BeatEmbedding(config.beats, config.width)
        self.apply(initialise)

    @property
    def block(self) -> int:
        """Positions a block of the factored attention."""
        return self.config.context // self.config.blocks

    def forward(
        self, codes: Tensor, conditions: Conditions, hears: Tensor, counts: Tensor
    ) -> Tensor:
        """Logits of every code given those before it.

        Args:
            codes: (B, L) drum codes, L <= context.
            conditions: of the same steps.
            hears: (B,) bool: examples that hear the drumless input; for the others the encoder says zero.
            counts: (B,) bool: examples that know their beats; for the others these add zero.

        Returns:
            (B, L, K).
        """
        length = codes.shape[1]
        fill = -length % self.block
        beats = self.embed_beats(conditions, counts)
        memory = (
            self.encode(conditions.drumless_codes, beats, hears) if self.config.encoder else None
        )
        embedded = pad(self.embed_late(codes), (0, 0, 0, fill))
        return self.logits(
            self.decoder(embedded, pad(late(beats), (0, 0, 0, fill)), memory)[:, :length]
        )

    def embed_late(self, codes: Tensor) -> Tensor:
        """What the decoder sees when it predicts (B, L) codes: those one step before, (B, L, D)."""
        start = self.start.expand(len(codes), 1, -1)
        return torch.cat([start, self.decoder.embed(codes[:, :-1])], 1)

    def embed_beats(self, conditions: Conditions, counts: Tensor) -> Tensor:
        """(B, L, D), zero where the model or the example knows no beats."""
        if self.config.beats == "none":
            return self.start.new_zeros(*conditions.drumless_codes.shape, self.config.width)
        return self.beats(conditions) * counts[:, None, None]

    def encode(self, drumless_codes: Tensor, beats: Tensor, hears: Tensor) -> Tensor:
        """What the decoder looks at: (B, L) codes and (B, L, D) beats to (B, context, D).

        The encoder has learned whole contexts and is not causal: what is shorter is filled up with code 0.
        """
        fill = self.config.context - drumless_codes.shape[1]
        embedded = self.encoder.embed(pad(drumless_codes.long(), (0, fill)))
        return (
            self.memory(self.encoder(embedded, pad(beats, (0, 0, 0, fill)))) * hears[:, None, None]
        )

    def logits(self, x: Tensor) -> Tensor:
        """Of the decoder's output (..., D): (..., K); the weights are those of the embedding."""
        return linear(x, self.decoder.embed.weight)

    def prepare(self, piece: Conditions, known: bool) -> Tensor:
        """What sampling needs to know of a piece (B = 1): (L, 1 + D).

        That is the drumless code of each step, -1 where it is not heard, and the embedded beats. The encoder
        itself sees no more than a window, as in training.

        Args:
            piece: of any length.
            known: False drops input and beats.
        """
        flag = torch.tensor([known], device=piece.drumless_codes.device)
        beats = self.embed_beats(piece, flag)[0]
        codes = piece.drumless_codes[0].to(beats) if known else beats.new_full((len(beats),), -1.0)
        return torch.cat([codes[:, None], beats], 1)

    def steps(self, prepared: Tensor, compiled: bool = False) -> "Steps":
        """Begin a window of the pieces, of which `prepare` gave (B, L, 1 + D), L <= context.

        Compiled steps are faster and give the same logits; see `compiled.py`.
        """
        return Steps(self, prepared, compiled)


class Steps:
    """A window that is drawn code by code, with keys and values kept; see `PaperLM.steps`."""

    @torch.inference_mode()
    def __init__(self, model: PaperLM, prepared: Tensor, compiled: bool) -> None:
        context = model.config.context
        prepared = pad(prepared, (0, 0, 0, context - prepared.shape[1]))
        codes, beats = prepared[..., 0], prepared[..., 1:]
        self.model, self.position = model, 0
        self.beats = late(beats)
        self.memory = None
        if model.config.encoder:
            self.memory = model.encode(codes.clamp(min=0), beats, codes[:, 0] >= 0)
        self.inputs = self.beats + model.decoder.positions
        self.caches = [
            layer.attention.new_cache(context, prepared) for layer in model.decoder.layers
        ]
        weights = [layer.step_weights() for layer in model.decoder.layers]
        self.eager = list(map(LayerStep, weights, self.caches))
        self.compiled = None
        if compiled and not CompiledLayers.broken:
            self.compiled = CompiledLayers(weights, self.caches, model.block)

    @torch.inference_mode()
    def next(self, codes: Tensor) -> Tensor:
        """Take the window's next codes, (B, n), and give the logits of the one after, (B, K).

        The first call takes all codes that are known already, which may be none.
        """
        if not self.position:
            return self._begin(codes)
        for column in codes.unbind(1):
            x = self._step(self.model.decoder.embed(column))
        return self.model.logits(x)

    def _begin(self, codes: Tensor) -> Tensor:
        """All codes at once, in whole blocks; what is filled up is overwritten in its turn."""
        self.position = length = codes.shape[1] + 1
        fill = (0, 0, 0, -length % self.model.block)
        embedded = pad(self.model.embed_late(pad(codes, (0, 1))), fill)
        beats = pad(self.beats[:, :length], fill)
        x = self.model.decoder(embedded, beats, self.memory, self.caches)
        return self.model.logits(x[:, length - 1])

    def _step(self, embedded: Tensor) -> Tensor:
        """The next position, (B, D) to the same."""
        x = self._layers(embedded + self.inputs[:, self.position])
        self.position += 1
        return x + self.beats[:, self.position - 1]

    def _layers(self, x: Tensor) -> Tensor:
        model, position = self.model, self.position
        if self.compiled is not None:
            try:
                return self.compiled(x, position)
            except (RuntimeError, OSError) as error:  # no compiler, or no folder for what it makes
                # What was stored of this position is stored again.
                reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
                tqdm.write(
                    f"sampling is not compiled, which takes longer and changes nothing else: {reason}"
                )
                CompiledLayers.broken = True
                self.compiled = None
        places = {
            pattern: place(pattern, position, model.block, model.config.context)
            for pattern in Pattern
        }
        for layer in self.eager:
            x = layer(x, places[layer.cache.pattern])
        return x
