"""Drawing drum codes: nucleus sampling, guidance, and windows that continue over a piece of any length."""

from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.config import GenerateConfig
from jukedrummer.model.lm import Cache, Conditions, DrumLM

BLOCK = 16_384  # codes whose conditions are encoded at a time


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
    model: DrumLM,
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
    lengths = [piece.drumless_codes.shape[1] for piece in pieces]
    conditions = [encode_condition(model, piece, True) for piece in pieces]
    if config.guidance != 1.0:
        conditions += [encode_condition(model, piece, False) for piece in pieces]
    condition = torch.nn.utils.rnn.pad_sequence(conditions, batch_first=True)
    uniform = torch.zeros(len(pieces), max(lengths))
    for row, seed, length in zip(uniform, seeds, lengths, strict=True):
        row[:length] = torch.rand(length, generator=torch.Generator().manual_seed(seed))
    uniform = uniform.to(condition.device)
    codes = torch.full(uniform.shape, model.start_code, device=uniform.device)
    with tqdm(total=max(lengths), desc="playing", unit="code", disable=not progress) as bar:
        for window in windows(max(lengths), model.config.context):
            _fill(model, condition[:, window.start : window.end], codes, uniform, window, config, bar)
    return [row[:length] for row, length in zip(codes, lengths, strict=True)]


def encode_condition(model: DrumLM, piece: Conditions, known: bool) -> Tensor:
    """The condition of every step of one piece: (L, condition_width); `known` False drops input and beats."""
    flag = torch.tensor([known], device=piece.drumless_codes.device)
    parts = []
    length = piece.drumless_codes.shape[1]
    margin = model.condition.reach
    for start in range(0, length, BLOCK):
        first, stop = max(0, start - margin), min(start + BLOCK, length)
        block = piece.crop(first, min(stop + margin, length), model.frames_per_code)
        parts.append(model.condition(block, flag, flag)[0, start - first : stop - first])
    return torch.cat(parts)


def _fill(
    model: DrumLM,
    condition: Tensor,
    codes: Tensor,
    uniform: Tensor,
    window: Window,
    config: GenerateConfig,
    bar: tqdm,
) -> None:
    """Draw the codes [known, end) of a window in place."""
    batch = len(codes)
    copies = len(condition) // batch  # 2 with guidance: with the condition, and without
    modulations = [layer.modulate(condition) for layer in model.layers]
    added = model.embed_condition(condition)
    caches = [Cache() for _ in model.layers]
    done = 0  # steps of the window that the caches hold
    for at in range(window.known, window.end):
        step = at - window.start
        seen = model.shift(codes[:, window.start : at + 1])[:, done:].repeat(copies, 1)
        x = model.embed(seen) + added[:, done : step + 1]
        for layer, modulation, cache in zip(model.layers, modulations, caches, strict=True):
            tables = model.tables[:, done : step + 1]
            x = layer.apply_modulated(x, modulation[:, done : step + 1], tables, done, cache)
        logits = model.head(model.norm(x[:, -1]))
        if copies == 2:
            logits = logits[batch:] + config.guidance * (logits[:batch] - logits[batch:])
        codes[:, at] = draw(nucleus(logits, config.temperature, config.top_p), uniform[:, at])
        done = step + 1
        bar.update()
