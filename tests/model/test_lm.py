"""The language model: causality by gradients, and steps that equal the whole."""

import pytest
import torch

from jukedrummer.config import changed
from jukedrummer.model.conditions import harmonics
from jukedrummer.model.lm import DrumLM
from tests.model.helpers import (
    DRUMLESS,
    DRUMS,
    FRAMES,
    LISTENING,
    F,
    L,
    conditions,
    make_listening,
    pieces_of,
    with_beats,
)

YES = torch.ones(1, dtype=torch.bool)


@pytest.mark.parametrize("beats", ["none", "low", "mid", "high"])
def test_is_causal(beats: str) -> None:
    """By gradients to the embeddings: the logits of step t depend on the codes before t alone."""
    model = make_listening(beats)
    codes = torch.randint(8, (1, L))
    embedded: list[torch.Tensor] = []
    handle = model.embed.register_forward_hook(
        lambda *args: embedded.append(args[2]) or args[2].retain_grad()
    )
    for step in (0, 7, L - 1):
        model(codes, conditions(), YES, YES)[0, step].sum().backward()
        # Position i of the embedded input holds code i - 1.
        reached = embedded.pop().grad[0].abs().sum(-1) > 0
        assert reached[: step + 1].all()
        assert not reached[step + 1 :].any()
    handle.remove()


def test_every_layer_receives_the_present() -> None:
    """The conditions of step t change the logits of step t. In the original they are late."""
    model = make_listening()
    mel = conditions().drumless_mel.requires_grad_()
    phase = conditions().beats["phase"].requires_grad_()
    given = with_beats(conditions()._replace(drumless_mel=mel), phase=phase)
    model(torch.randint(8, (1, L)), given, YES, YES)[0, 5].sum().backward()
    assert phase.grad[0, 5].abs().sum() > 0
    assert mel.grad[0, :, 5 * FRAMES : 6 * FRAMES].abs().sum() > 0
    assert phase.grad[0, 6:].abs().sum() == 0  # beats have no look-ahead, except in their phase
    ahead = mel.grad[0].abs().sum(0).view(L, FRAMES).sum(1) > 0
    assert ahead[5 + model.condition.reach]
    assert not ahead[5 + model.condition.reach + 1 :].any()


@pytest.mark.parametrize("masked", ["audio", "beats"])
def test_masked_conditions_have_no_influence(masked: str) -> None:
    model = make_listening()
    codes = torch.randint(8, (1, L))
    masks = {"audio": YES, "beats": YES, masked: ~YES}
    first = conditions()
    if masked == "audio":
        second = first._replace(
            drumless_mel=first.drumless_mel + 1, drumless_codes=(first.drumless_codes + 1) % 12
        )
    else:
        high, phase = first.beats["high"], first.beats["phase"]
        second = with_beats(first, high=(high + 1) % 3, phase=-phase)
    same = [model(codes, given, masks["audio"], masks["beats"]) for given in (first, second)]
    other = model(codes, second, YES, YES)
    torch.testing.assert_close(*same)
    assert (same[1] - other).abs().max() > 1e-3


def test_step_by_step_gives_the_logits_of_all_at_once() -> None:
    model = make_listening()
    codes, given = torch.randint(8, (2, L)), conditions(2)
    yes = torch.ones(2, dtype=torch.bool)
    expected = model(codes, given, yes, yes)
    prepared = torch.stack([model.prepare(piece, True) for piece in pieces_of(given)])
    for known in (0, 5):
        steps = model.steps(prepared)
        logits = [steps.next(codes[:, :known])]
        logits += [steps.next(codes[:, at : at + 1]) for at in range(known, L - 1)]
        torch.testing.assert_close(
            torch.stack(logits, 1), expected[:, known:], rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("beats", ["none", "high"])
def test_without_the_encoder_the_recording_has_no_influence(beats: str) -> None:
    model, codes = make_listening(beats, encoder=False), torch.randint(8, (1, L))
    of_recording = [
        name for name in model.state_dict() if "mel" in name or "code" in name or "listen" in name
    ]
    assert not of_recording
    first = conditions()
    other = first._replace(
        drumless_mel=-first.drumless_mel, drumless_codes=11 - first.drumless_codes
    )
    assert torch.equal(model(codes, first, YES, YES), model(codes, other, YES, YES))
    off_beat = with_beats(first, high=(first.beats["high"] + 1) % 3)
    moved = (model(codes, first, YES, YES) - model(codes, off_beat, YES, YES)).abs().max() > 1e-4
    assert moved == (beats == "high")
    model(codes, first, ~YES, ~YES).sum().backward()
    assert all(value.grad is not None for value in model.parameters())


def test_dropout_of_the_embedding() -> None:
    config = changed(LISTENING, embed_dropout=0.9, dropout=0.0)
    model = DrumLM(config, F, FRAMES, DRUMS, DRUMLESS)
    codes, given = torch.randint(8, (1, L)), conditions()
    assert not torch.equal(*(model(codes, given, YES, YES) for _ in range(2)))
    model.eval()
    assert torch.equal(*(model(codes, given, YES, YES) for _ in range(2)))


@pytest.mark.parametrize("encoder", [True, False])
def test_the_input_is_standardised_where_it_is_used(encoder: bool) -> None:
    model = make_listening(encoder=encoder)
    model.standardise_input(torch.arange(F).float(), torch.full((F,), 2.0))
    if encoder:
        mel = torch.arange(F).float()[None, :, None] + 2.0
        torch.testing.assert_close(model.condition.standardise(mel), torch.ones(1, F, 1))


def test_harmonics_are_multiples_of_the_phase() -> None:
    angle = torch.tensor([0.3, 2.0])
    phase = torch.stack([angle.sin(), angle.cos()], -1).flatten()[None, None]
    values = harmonics(phase)[0, 0]
    for pair, value in enumerate(angle):
        for multiple in range(1, 5):
            assert values[8 * pair + multiple - 1].item() == pytest.approx(
                (multiple * value).sin().item(), abs=1e-5
            )
            assert values[8 * pair + 3 + multiple].item() == pytest.approx(
                (multiple * value).cos().item(), abs=1e-5
            )
    assert harmonics(torch.zeros(1, 3, 4)).abs().sum() == 0
