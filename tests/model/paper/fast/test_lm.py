"""The fast form of the language model against the readable one, and its steps."""

import pytest
import torch
from torch import nn

from jukedrummer.config import changed
from jukedrummer.model.paper.fast.dropout import FastDropout
from jukedrummer.model.paper.fast.lm import FastPaperLM
from jukedrummer.model.paper.lm import PaperLM
from tests.model.helpers import PAPER, L, conditions, make_paper, pieces_of

YES = torch.ones(2, dtype=torch.bool)


@pytest.mark.parametrize("encoder", [True, False])
def test_it_is_the_readable_network_with_the_same_weights(encoder: bool) -> None:
    fast, readable = (
        make_paper(family=family, encoder=encoder) for family in (FastPaperLM, PaperLM)
    )
    assert list(fast.state_dict()) == list(readable.state_dict())
    torch.testing.assert_close(fast.state_dict(), readable.state_dict(), rtol=0, atol=0)
    codes, given = torch.randint(8, (2, L)), conditions(2)
    assert torch.equal(fast(codes, given, YES, YES), readable(codes, given, YES, YES))


def test_every_dropout_is_the_fast_one() -> None:
    model = make_paper(dropout=0.3)
    dropouts = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    assert len(dropouts) == 10 + 3 + 2
    assert {type(module) for module in dropouts} == {FastDropout}
    assert {module.p for module in dropouts} == {0.3, 0.0}


@pytest.mark.parametrize("length", [1, 5, 6, 17, L])
@pytest.mark.parametrize("known", [0, 1, 13])
@pytest.mark.parametrize("encoder", [True, False])
def test_steps_give_the_logits_of_all_at_once(length: int, known: int, encoder: bool) -> None:
    model, codes = make_paper(encoder=encoder), torch.randint(8, (2, length))
    given = conditions(2, length)
    expected = model(codes, given, YES, YES)
    steps = model.steps(torch.stack([model.prepare(piece, True) for piece in pieces_of(given)]))
    known = min(known, length - 1)
    logits = [
        steps.next(codes[:, :known]),
        *(steps.next(codes[:, at : at + 1]) for at in range(known, length - 1)),
    ]
    torch.testing.assert_close(torch.stack(logits, 1), expected[:, known:], rtol=1e-4, atol=1e-4)


def test_steps_of_the_papers_size() -> None:
    full = changed(
        PAPER, layers=10, width=512, encoder_layers=3, attention_blocks=16, context=1_024
    )
    model = make_paper(full)
    codes, given = torch.randint(8, (1, 1_024)), conditions(1, 1_024)
    for value in model.parameters():
        value.data.mul_(0.1)
    with torch.no_grad():
        expected = model(codes, given, YES[:1], YES[:1])
        steps = model.steps(model.prepare(given, True)[None])
        logits = [
            steps.next(codes[:, :1_000]),
            *(steps.next(codes[:, at : at + 1]) for at in range(1_000, 1_023)),
        ]
    torch.testing.assert_close(torch.stack(logits, 1), expected[:, 1_000:], rtol=1e-4, atol=1e-4)
