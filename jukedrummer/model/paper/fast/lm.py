"""The faster form of the paper's language model: faster dropout and faster sampling."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from tqdm import tqdm

from jukedrummer.model.language_model import CodeSteps
from jukedrummer.model.paper.attention import Pattern
from jukedrummer.model.paper.fast.cache import FactoredCache, place
from jukedrummer.model.paper.fast.compiled import CompiledLayers
from jukedrummer.model.paper.fast.dropout import FastDropout
from jukedrummer.model.paper.fast.replace import replace_modules
from jukedrummer.model.paper.fast.step import LayerStep, step_weights
from jukedrummer.model.paper.lm import PaperLayer, PaperLM, PaperLMConfig


class FastPaperLM(PaperLM):
    """`PaperLM` with faster parts. It has the same arguments."""

    def __init__(
        self,
        config: PaperLMConfig,
        bands: int,
        frames_per_code: int,
        drums_codebook: int,
        drumless_codebook: int,
    ) -> None:
        super().__init__(config, bands, frames_per_code, drums_codebook, drumless_codebook)
        replace_modules(self, nn.Dropout, lambda dropout: FastDropout(dropout.p))

    @property
    def compiles(self) -> bool:
        """Whether `steps` can be compiled: on a processor."""
        return self.start.device.type == "cpu"

    def steps(self, prepared: Tensor, compiled: bool = False) -> CodeSteps:
        """Begin a window of several pieces.

        Args:
            prepared: (B, L, 1 + D), the window's part of the output of `prepare`; L <= context.
            compiled: compile the steps, which gives the same logits up to rounding.
        """
        return FastPaperSteps(self, prepared, compiled)


class FastPaperSteps:
    """`PaperSteps` with stored keys and values. A step computes only its own position.

    Args:
        model: the language model.
        prepared: (B, L, 1 + D); see `FastPaperLM.steps`.
        compiled: compile the steps.
    """

    @torch.inference_mode()
    def __init__(self, model: PaperLM, prepared: Tensor, compiled: bool) -> None:
        self.model, self.position = model, 0
        self.beats, self.memory = model.unpack(prepared)
        self.inputs = self.beats + model.decoder.positions
        layers = cast(list[PaperLayer], list(model.decoder.layers))
        self.caches = [
            FactoredCache.of(layer.attention, model.config.context, prepared) for layer in layers
        ]
        weights = [step_weights(layer) for layer in layers]
        self.eager = list(map(LayerStep, weights, self.caches))
        self.compiled: CompiledLayers | None = None
        if compiled and not CompiledLayers.broken:
            self.compiled = CompiledLayers(weights, self.caches, model.config.block)

    @torch.inference_mode()
    def next(self, codes: Tensor) -> Tensor:
        """Logits (B, K) of the code after `codes` (B, n). The first call takes all known codes."""
        if not self.position:
            return self._begin(codes)
        for column in codes.unbind(1):
            x = self._step(self.model.decoder.embed(column))
        return self.model.logits(x)

    def _begin(self, codes: Tensor) -> Tensor:
        """All known codes at once. Later steps overwrite the places of the padded block."""
        self.position = codes.shape[1] + 1
        keep = [cache.fill for cache in self.caches]
        x = self.model.decode(pad(codes, (0, 1)), self.beats[:, : self.position], self.memory, keep)
        return self.model.logits(x[:, -1])

    def _step(self, embedded: Tensor) -> Tensor:
        """The next position, (B, D) to the same shape."""
        x = self._run_layers(embedded + self.inputs[:, self.position])
        self.position += 1
        return x + self.beats[:, self.position - 1]

    def _run_layers(self, x: Tensor) -> Tensor:
        if self.compiled is not None:
            try:
                return self.compiled(x, self.position)
            except (RuntimeError, OSError) as error:  # no compiler, or no folder for its output
                self._stop_compiling(error)
        config = self.model.config
        places = {
            pattern: place(pattern, self.position, config.block, config.context)
            for pattern in Pattern
        }
        for layer in self.eager:  # which store this position again
            x = layer(x, places[layer.cache.pattern])
        return x

    def _stop_compiling(self, error: Exception) -> None:
        """Print the reason. From now on, use plain steps in all windows of this process."""
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        tqdm.write(f"sampling is not compiled; it is slower, with equal results: {reason}")
        CompiledLayers.broken = True
        self.compiled = None


Config = PaperLMConfig
build = FastPaperLM
