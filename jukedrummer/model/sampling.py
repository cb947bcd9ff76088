"""Sampling of drum codes: nucleus sampling, guidance, windows over a piece of any length."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm

from jukedrummer.config import GenerateConfig
from jukedrummer.model.conditions import Conditions
from jukedrummer.model.language_model import CodeSteps, LanguageModel


def nucleus(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """Probabilities after nucleus sampling's cut at `top_p` (arXiv 1904.09751).

    Args:
        logits: (B, K).
        temperature: the logits are divided by it.
        top_p: in (0, 1], the total probability of the codes to keep. The likeliest code is always
            kept.

    Returns:
        (B, K), rows sum to 1.
    """
    probabilities, order = (logits.float() / temperature).softmax(-1).sort(dim=-1, descending=True)
    before = probabilities.cumsum(-1) - probabilities
    kept = probabilities.masked_fill(before >= top_p, 0.0)
    kept = kept / kept.sum(-1, keepdim=True)
    return torch.zeros_like(kept).scatter_(-1, order, kept)


def draw(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """Draw one code for each row by inversion: (B, K) and (B,) in [0, 1) to (B,)."""
    reached = probabilities.cumsum(-1) > uniform[:, None] * probabilities.sum(-1, keepdim=True)
    return reached.int().argmax(-1)


@dataclass(frozen=True)
class SamplingWindow:
    """Codes [start, end) of a piece. Earlier windows drew the codes before `known`."""

    start: int
    known: int
    end: int


def sampling_windows(length: int, context: int) -> list[SamplingWindow]:
    """Windows of `context` codes over `length` codes. Each overlaps the last by three quarters."""
    hop = max(1, context // 4)
    windows = [SamplingWindow(0, 0, min(context, length))]
    while windows[-1].end < length:
        start = windows[-1].start + hop
        windows.append(SamplingWindow(start, windows[-1].end, min(start + context, length)))
    return windows


@torch.no_grad()
def sample(
    model: LanguageModel,
    pieces: list[Conditions],
    config: GenerateConfig,
    seeds: list[int],
    progress: bool = False,
) -> list[Tensor]:
    """Draw drum codes for several pieces at once.

    Each piece has its own conditions and its own generator. So its codes do not depend on the
    others, up to rounding.

    Args:
        model: in evaluation mode.
        pieces: conditions of each, B = 1, any L.
        config: temperature, top-p, guidance.
        seeds: one for each piece.
        progress: show a bar with the time left.

    Returns:
        For each piece (L,) codes, int64.
    """
    lengths = [piece.drumless_codes.shape[1] for piece in pieces]
    compiled = model.compiles and 0 < config.compile_from <= max(lengths)
    if compiled and progress:
        tqdm.write("compiling the sampling steps: half a minute the first time, then seconds")
    known = [True] if config.guidance == 1.0 else [True, False]
    prepared = pad_sequence(
        [model.prepare(piece, flag) for flag in known for piece in pieces], batch_first=True
    )
    uniform = _uniform(lengths, seeds).to(prepared.device)
    codes = torch.zeros(uniform.shape, dtype=torch.long, device=uniform.device)
    with tqdm(total=max(lengths), desc="sampling", unit="code", disable=not progress) as bar:
        for window in sampling_windows(max(lengths), model.config.context):
            steps = model.steps(prepared[:, window.start : window.end], compiled)
            _fill(steps, codes, uniform, window, config, bar.update)
    return [row[:length] for row, length in zip(codes, lengths, strict=True)]


def _uniform(lengths: list[int], seeds: list[int]) -> Tensor:
    """The random number of each code of each piece, from the piece's own seed: (B, L)."""
    uniform = torch.zeros(len(lengths), max(lengths))
    for row, seed, length in zip(uniform, seeds, lengths, strict=True):
        row[:length] = torch.rand(length, generator=torch.Generator().manual_seed(seed))
    return uniform


def _fill(
    steps: CodeSteps,
    codes: Tensor,
    uniform: Tensor,
    window: SamplingWindow,
    config: GenerateConfig,
    advance: Callable[[], object],
) -> None:
    """Draw the codes [known, end) of a window in place."""
    batch = len(codes)
    copies = 1 if config.guidance == 1.0 else 2  # with guidance: with the conditions, and without
    known = codes[:, window.start : window.known]
    for at in range(window.known, window.end):
        logits = steps.next(known.repeat(copies, 1))
        if copies == 2:
            logits = logits[batch:] + config.guidance * (logits[:batch] - logits[batch:])
        codes[:, at] = draw(nucleus(logits, config.temperature, config.top_p), uniform[:, at])
        known = codes[:, at : at + 1]
        advance()
