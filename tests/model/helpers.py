"""Small language models with random weights, and conditions for them."""

from typing import Any

import torch
from torch import Tensor

from jukedrummer.config import changed
from jukedrummer.model.conditions import Conditions
from jukedrummer.model.lm import DrumLM, ListeningLMConfig
from jukedrummer.model.paper.fast.lm import FastPaperLM
from jukedrummer.model.paper.lm import PaperLM, PaperLMConfig

L, F, FRAMES = 24, 10, 4  # codes in a context, mel bands, mel frames for each code
DRUMS, DRUMLESS = 8, 12  # codes
LISTENING = ListeningLMConfig(
    layers=2, width=32, heads=2, condition_width=16, context=L, lookahead_blocks=1
)
PAPER = PaperLMConfig(
    beats="low",
    layers=10,
    width=32,
    heads=2,
    encoder_layers=3,
    attention_blocks=4,
    context=L,
    dropout=0.0,
)


def make_listening(beats: str = "high", encoder: bool = True) -> DrumLM:
    """A language model of the listening family whose modulation is not zero, as after training."""
    torch.manual_seed(0)
    config = changed(LISTENING, beats=beats, encoder=encoder)
    model = DrumLM(config, F, FRAMES, DRUMS, DRUMLESS).eval()
    for layer in model.layers:
        torch.nn.init.normal_(layer.modulate.weight, std=0.3)
    return model


def make_paper(
    config: PaperLMConfig = PAPER, family: type[PaperLM] = FastPaperLM, **changes: Any
) -> PaperLM:
    """A language model of the paper's family with weights as large as after training.

    Initially, the weights of the cross-attention are zero, which would hide its effect.
    """
    torch.manual_seed(0)
    model = family(changed(config, **changes), F, FRAMES, DRUMS, DRUMLESS).eval()
    for value in model.parameters():
        torch.nn.init.normal_(value, std=0.2)
    return model


def conditions(batch: int = 1, length: int = L) -> Conditions:
    """Random conditions, with the arrays of all beat representations."""
    torch.manual_seed(1)
    angle = torch.rand(batch, length, 2) * 2 * torch.pi
    phase = torch.stack([angle.sin(), angle.cos()], -1).flatten(2)
    return Conditions(
        torch.randn(batch, F, length * FRAMES),
        torch.randint(DRUMLESS, (batch, length)),
        {
            "low": torch.randn(batch, length, 50),
            "mid": torch.randint(2, (batch, length)),
            "high": torch.randint(3, (batch, length)),
            "phase": phase,
        },
    )


def pieces_of(batch: Conditions) -> list[Conditions]:
    """The examples of a batch, each with B = 1."""
    return [
        Conditions(
            batch.drumless_mel[row : row + 1],
            batch.drumless_codes[row : row + 1],
            {name: value[row : row + 1] for name, value in batch.beats.items()},
        )
        for row in range(len(batch.drumless_codes))
    ]


def with_beats(given: Conditions, **arrays: Tensor) -> Conditions:
    """The conditions with other arrays of beats."""
    return given._replace(beats=given.beats | arrays)
