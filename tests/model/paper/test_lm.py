"""The authors' language model: size, causality by gradients, masks, and steps."""

import pytest
import torch

from jukedrummer.config import changed
from jukedrummer.errors import UserError
from jukedrummer.model.paper.lm import PaperLM
from tests.model.helpers import (
    DRUMLESS,
    DRUMS,
    FRAMES,
    PAPER,
    F,
    L,
    conditions,
    make_paper,
    pieces_of,
    with_beats,
)

YES = torch.ones(2, dtype=torch.bool)


def make(**changes: object) -> PaperLM:
    """The readable form."""
    return make_paper(family=PaperLM, **changes)


def test_the_papers_size() -> None:
    config = changed(
        PAPER, layers=20, width=512, encoder_layers=9, attention_blocks=16, context=1_024
    )
    with torch.device("meta"):
        model = PaperLM(config, 80, 4, 32, 1_024)
    parts = {"decoder": model.decoder, "encoder": model.encoder, "all": model}
    millions = {
        name: sum(value.numel() for value in part.parameters()) / 1e6
        for name, part in parts.items()
    }
    assert millions == pytest.approx({"decoder": 16.3, "encoder": 8.2, "all": 24.8}, rel=0.01)


@pytest.mark.parametrize("encoder", [True, False])
@pytest.mark.parametrize("beats", ["none", "low", "mid", "high"])
def test_is_causal(beats: str, encoder: bool) -> None:
    """By gradients to the embeddings: the logits of step t depend on the codes before t alone."""
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
    low = conditions().beats["low"].requires_grad_()
    given = with_beats(conditions(), low=low)
    model(torch.randint(8, (1, L)), given, YES[:1], YES[:1])[0, 9].sum().backward()
    assert low.grad[0, 8].abs().sum() > 0
    assert low.grad[0, 9:].abs().sum() == 0
    model, codes, first = make(), torch.randint(8, (1, L)), conditions()
    drumless = first.drumless_codes
    second = first._replace(drumless_codes=torch.cat([drumless[:, :-1], drumless[:, -1:] - 1], 1))
    logits = [model(codes, each, YES[:1], YES[:1])[0, 0] for each in (first, second)]
    assert (logits[0] - logits[1]).abs().max() > 1e-6


def test_masked_conditions_have_no_influence() -> None:
    model, codes = make(), torch.randint(8, (2, L))
    first = conditions(2)
    second = with_beats(
        first._replace(drumless_codes=(first.drumless_codes + 1) % 12), low=-first.beats["low"]
    )
    no = ~YES
    assert torch.equal(model(codes, first, no, no), model(codes, second, no, no))
    for audio_mask, beat_mask in ((YES, no), (no, YES)):
        assert not torch.allclose(
            model(codes, first, audio_mask, beat_mask), model(codes, second, audio_mask, beat_mask)
        )


@pytest.mark.parametrize("layers", [2, 10])
@pytest.mark.parametrize("encoder", [True, False])
@pytest.mark.parametrize("beats", ["none", "high"])
def test_all_weights_take_part(beats: str, encoder: bool, layers: int) -> None:
    """This is needed even with all conditions masked, because DDP waits for every gradient."""
    config = changed(PAPER, beats=beats, encoder=encoder, layers=layers)
    model = PaperLM(config, F, FRAMES, DRUMS, DRUMLESS)
    model(torch.randint(8, (2, L)), conditions(2), ~YES, ~YES).sum().backward()
    assert all(value.grad is not None for value in model.parameters())


def test_it_starts_as_a_language_model_without_the_recording() -> None:
    torch.manual_seed(0)
    model = PaperLM(PAPER, F, FRAMES, DRUMS, DRUMLESS).eval()
    codes = torch.randint(8, (2, L))
    torch.testing.assert_close(
        model(codes, conditions(2), YES, YES), model(codes, conditions(2), ~YES, YES)
    )


@pytest.mark.parametrize("length", [1, 5, 6, 17, L])
@pytest.mark.parametrize("known", [0, 1, 13])
@pytest.mark.parametrize("encoder", [True, False])
def test_steps_give_the_logits_of_all_at_once(length: int, known: int, encoder: bool) -> None:
    model, codes = make(encoder=encoder), torch.randint(8, (2, length))
    given = conditions(2, length)
    expected = model(codes, given, YES, YES)
    steps = model.steps(torch.stack([model.prepare(piece, True) for piece in pieces_of(given)]))
    known = min(known, length - 1)
    logits = [
        steps.next(codes[:, :known]),
        *(steps.next(codes[:, at : at + 1]) for at in range(known, length - 1)),
    ]
    torch.testing.assert_close(torch.stack(logits, 1), expected[:, known:], rtol=1e-4, atol=1e-4)


def test_sizes_that_do_not_divide_are_rejected() -> None:
    with pytest.raises(UserError, match=r"lm\.width is 32: lm\.heads 16 must divide"):
        changed(PAPER, heads=16)
    with pytest.raises(
        UserError, match=r"lm\.context is 24, not a multiple of lm\.attention_blocks 5"
    ):
        changed(PAPER, attention_blocks=5)
