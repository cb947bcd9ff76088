"""Drawing drum codes: nucleus sampling, guidance, and windows that continue over a piece of any length."""

from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.config import GenerateConfig
from jukedrummer.model.families import LanguageModel
from jukedrummer.model.lm import Conditions, Steps
from jukedrummer.model.paper.lm import PaperLM
from jukedrummer.model.paper.lm import Steps as PaperSteps


def nucleus(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """Probabilities of the likeliest codes that add up to `top_p`, the others 0 (arXiv 1904.09751).

    Args:
        logits: (B, K).
        temperature: the logits are divided by it.
        top_p: in (0, 1]; at least the likeliest code is always kept.

    Returns:
        (B, K), rows sum to 1.
    """
    probabilities, order = (logits.float() / temperature).softmax(-1).sort(dim=-1, descending=True)
    before = probabilities.cumsum(-1) - probabilities
    kept = probabilities.masked_fill(before >= top_p, 0.0)
    kept = kept / kept.sum(-1, keepdim=True)
    return torch.zeros_like(kept).scatter_(-1, order, kept)


def draw(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """One code a row, by inversion: (B, K) and (B,) in [0, 1) to (B,)."""
    reached = probabilities.cumsum(-1) > uniform[:, None] * probabilities.sum(-1, keepdim=True)
    return reached.int().argmax(-1)


@dataclass(frozen=True)
class Window:
    """Codes [start, end) of a piece; those before `known` were drawn in the windows before."""

    start: int
    known: int
    end: int


def windows(length: int, context: int) -> list[Window]:
    """Cover `length` codes by windows of `context` codes that keep three quarters of the one before."""
    hop = max(1, context // 4)
    result = [Window(0, 0, min(context, length))]
    while result[-1].end < length:
        start = result[-1].start + hop
        result.append(Window(start, result[-1].end, min(start + context, length)))
    return result


@torch.no_grad()
def sample(
    model: LanguageModel,
    pieces: list[Conditions],
    config: GenerateConfig,
    seeds: list[int],
    progress: bool = False,
) -> list[Tensor]:
    """Draw drum codes for several pieces at once.

    Each piece has its own conditions and draws from its own generator, so its codes do not depend on what
    else is in the batch (up to rounding).

    Args:
        model: in evaluation mode.
        pieces: conditions of each, B = 1, any L.
        config: temperature, top-p, guidance.
        seeds: one a piece.
        progress: show a bar with the time left.

    Returns:
        For each piece (L,) codes, int64.
    """
    compiled = _compiles(model, pieces, config)
    if compiled and progress:
        tqdm.write(
            "compiling the sampling steps: half a minute, seconds where that was done before"
        )
    lengths = [piece.drumless_codes.shape[1] for piece in pieces]
    known = [True] if config.guidance == 1.0 else [True, False]
    prepared = torch.nn.utils.rnn.pad_sequence(
        [model.prepare(piece, flag) for flag in known for piece in pieces], batch_first=True
    )
    uniform = torch.zeros(len(pieces), max(lengths))
    for row, seed, length in zip(uniform, seeds, lengths, strict=True):
        row[:length] = torch.rand(length, generator=torch.Generator().manual_seed(seed))
    uniform = uniform.to(prepared.device)
    codes = torch.zeros(uniform.shape, dtype=torch.long, device=uniform.device)
    with tqdm(total=max(lengths), desc="playing", unit="code", disable=not progress) as bar:
        for window in windows(max(lengths), model.config.context):
            stretch = prepared[:, window.start : window.end]
            steps = model.steps(stretch, compiled=True) if compiled else model.steps(stretch)
            _fill(steps, codes, uniform, window, config, bar)
    return [row[:length] for row, length in zip(codes, lengths, strict=True)]


def _compiles(model: LanguageModel, pieces: list[Conditions], config: GenerateConfig) -> bool:
    """Whether compiling pays: the paper's family on a processor, and enough codes one after the other."""
    codes = [piece.drumless_codes for piece in pieces]
    on_processor = isinstance(model, PaperLM) and codes[0].device.type == "cpu"
    return on_processor and 0 < config.compile_from <= max(value.shape[1] for value in codes)


def _fill(
    steps: Steps | PaperSteps,
    codes: Tensor,
    uniform: Tensor,
    window: Window,
    config: GenerateConfig,
    bar: tqdm,
) -> None:
    """Draw the codes [known, end) of a window in place."""
    batch = len(codes)
    copies = 1 if config.guidance == 1.0 else 2  # with guidance: with the condition, and without
    known = codes[:, window.start : window.known]
    for at in range(window.known, window.end):
        logits = steps.next(known.repeat(copies, 1))
        if copies == 2:
            logits = logits[batch:] + config.guidance * (logits[:batch] - logits[batch:])
        codes[:, at] = draw(nucleus(logits, config.temperature, config.top_p), uniform[:, at])
        known = codes[:, at : at + 1]
        bar.update()
