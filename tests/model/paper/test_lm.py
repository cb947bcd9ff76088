"""The authors' language model: its size, causal by its gradients, what it is told, and step by step."""

from dataclasses import replace

import pytest
import torch

from jukedrummer.config import LMConfig
from jukedrummer.errors import UserError
from jukedrummer.model.paper.lm import PaperLM
from tests.model.test_lm import conditions

L = 24
CONFIG = LMConfig(
    family="paper",
    beats="low",
    layers=10,
    width=32,
    heads=2,
    encoder_layers=3,
    blocks=4,
    context=L,
    dropout=0.0,
)
FULL = replace(CONFIG, layers=20, width=512, encoder_layers=9, blocks=16, context=1_024)
YES = torch.ones(2, dtype=torch.bool)


def make(config: LMConfig = CONFIG, **changes: object) -> PaperLM:
    """With weights as large as after training: zero, the cross-attention's would hide what it does."""
    torch.manual_seed(0)
    model = PaperLM(replace(config, **changes), 10, 4, 8, 12).eval()
    for value in model.parameters():
        torch.nn.init.normal_(value, std=0.2)
    return model


def test_the_papers_size() -> None:
    with torch.device("meta"):
        model = PaperLM(FULL, 80, 4, 32, 1_024)
    parts = {"decoder": model.decoder, "encoder": model.encoder, "all": model}
    millions = {
        name: sum(value.numel() for value in part.parameters()) / 1e6
        for name, part in parts.items()
    }
    assert millions == pytest.approx({"decoder": 16.3, "encoder": 8.2, "all": 24.8}, rel=0.01)


@pytest.mark.parametrize("encoder", [True, False])
@pytest.mark.parametrize("beats", ["none", "low", "mid", "high"])
def test_is_causal(beats: str, encoder: bool) -> None:
    """The logits at step t depend on the codes before t and on no other: by gradients to the embeddings."""
    model = make(beats=beats, encoder=encoder)
    embedded: list[torch.Tensor] = []
    model.decoder.embed.register_forward_hook(
        lambda *args: embedded.append(args[2]) or args[2].retain_grad()
    )
    for step in (0, 7, L - 1):
        model(torch.randint(8, (1, L)), conditions(), YES[:1], YES[:1])[0, step].sum().backward()
        reached = embedded.pop().grad[0].abs().sum(-1) > 0
        # The factored patterns of ten layers together reach every earlier code.
        assert reached[:step].all()
        assert not reached[step:].any()


def test_the_beat_comes_one_step_late_and_the_recording_as_a_whole() -> None:
    model = make(encoder=False)
    low = conditions().low.requires_grad_()
    model(torch.randint(8, (1, L)), conditions()._replace(low=low), YES[:1], YES[:1])[
        0, 9
    ].sum().backward()
    assert low.grad[0, 8].abs().sum() > 0
    assert low.grad[0, 9:].abs().sum() == 0
    model, codes, told = make(), torch.randint(8, (1, L)), conditions()
    other = told._replace(
        drumless_codes=torch.cat([told.drumless_codes[:, :-1], told.drumless_codes[:, -1:] - 1], 1)
    )
    first, second = (model(codes, each, YES[:1], YES[:1])[0, 0] for each in (told, other))
    assert (first - second).abs().max() > 1e-6


def test_who_is_not_told_does_not_know() -> None:
    model, codes = make(), torch.randint(8, (2, L))
    told, other = conditions(2), conditions(2)
    other = other._replace(drumless_codes=(told.drumless_codes + 1) % 12, low=-told.low)
    no = ~YES
    assert torch.equal(model(codes, told, no, no), model(codes, other, no, no))
    for hears, counts in ((YES, no), (no, YES)):
        assert not torch.allclose(
            model(codes, told, hears, counts), model(codes, other, hears, counts)
        )


@pytest.mark.parametrize("layers", [2, 10])
@pytest.mark.parametrize("encoder", [True, False])
@pytest.mark.parametrize("beats", ["none", "high"])
def test_all_weights_take_part(beats: str, encoder: bool, layers: int) -> None:
    """Even where no example is told anything: processes that train together wait for every gradient."""
    model = PaperLM(replace(CONFIG, beats=beats, encoder=encoder, layers=layers), 10, 4, 8, 12)
    model(torch.randint(8, (2, L)), conditions(2), ~YES, ~YES).sum().backward()
    assert all(value.grad is not None for value in model.parameters())


def test_it_starts_as_a_language_model_that_does_not_listen_yet() -> None:
    torch.manual_seed(0)
    model, codes = PaperLM(CONFIG, 10, 4, 8, 12).eval(), torch.randint(8, (2, L))
    torch.testing.assert_close(
        model(codes, conditions(2), YES, YES), model(codes, conditions(2), ~YES, YES)
    )


@pytest.mark.parametrize("length", [1, 5, 6, 17, L])
@pytest.mark.parametrize("known", [0, 1, 13])
@pytest.mark.parametrize("encoder", [True, False])
def test_steps_give_the_logits_of_all_at_once(length: int, known: int, encoder: bool) -> None:
    model, codes, told = make(encoder=encoder), torch.randint(8, (2, length)), conditions(2, length)
    expected = model(codes, told, YES, YES)
    pieces = [type(told)(*(value[row : row + 1] for value in told)) for row in range(2)]
    steps = model.steps(torch.stack([model.prepare(piece, True) for piece in pieces]))
    known = min(known, length - 1)
    found = [
        steps.next(codes[:, :known]),
        *(steps.next(codes[:, at : at + 1]) for at in range(known, length - 1)),
    ]
    torch.testing.assert_close(torch.stack(found, 1), expected[:, known:], rtol=1e-4, atol=1e-4)


def test_steps_of_the_papers_size() -> None:
    model = make(FULL, layers=10, encoder_layers=3)
    codes, told = torch.randint(8, (1, 1_024)), conditions(1, 1_024)
    for value in model.parameters():
        value.data.mul_(0.1)
    with torch.no_grad():
        expected = model(codes, told, YES[:1], YES[:1])
        steps = model.steps(model.prepare(told, True)[None])
        found = [
            steps.next(codes[:, :1_000]),
            *(steps.next(codes[:, at : at + 1]) for at in range(1_000, 1_023)),
        ]
    torch.testing.assert_close(torch.stack(found, 1), expected[:, 1_000:], rtol=1e-4, atol=1e-4)


def test_sizes_that_do_not_divide_are_refused() -> None:
    with pytest.raises(UserError, match=r"lm\.width is 32: lm\.heads 16 must divide"):
        replace(CONFIG, heads=16)
    with pytest.raises(UserError, match=r"lm\.context is 24, not a multiple of lm\.blocks 5"):
        replace(CONFIG, blocks=5)
