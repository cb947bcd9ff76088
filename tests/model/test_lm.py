"""The language model: causal by its gradients, and the same whether it reads at once or step by step."""

import dataclasses

import pytest
import torch

from jukedrummer.config import LMConfig
from jukedrummer.model.lm import Conditions, DrumLM, harmonics

L, F, FRAMES = 24, 10, 4
CONFIG = LMConfig(layers=2, width=32, heads=2, condition_width=16, context=L, listen_blocks=1)


def make(beats: str = "high", encoder: bool = True) -> DrumLM:
    torch.manual_seed(0)
    model = DrumLM(
        dataclasses.replace(CONFIG, beats=beats, encoder=encoder), F, FRAMES, 8, 12
    ).eval()
    for layer in model.layers:  # as after training: the modulation starts at zero
        torch.nn.init.normal_(layer.modulate.weight, std=0.3)
    return model


def conditions(batch: int = 1, length: int = L) -> Conditions:
    torch.manual_seed(1)
    angle = torch.rand(batch, length, 2) * 2 * torch.pi
    phase = torch.stack([angle.sin(), angle.cos()], -1).flatten(2)
    return Conditions(
        torch.randn(batch, F, length * FRAMES),
        torch.randint(12, (batch, length)),
        torch.randn(batch, length, 50),
        torch.randint(2, (batch, length)),
        torch.randint(3, (batch, length)),
        phase,
    )


YES = torch.ones(1, dtype=torch.bool)


@pytest.mark.parametrize("beats", ["none", "low", "mid", "high"])
def test_is_causal(beats: str) -> None:
    """The logits at step t depend on the codes before t and on no other: by gradients to the embeddings."""
    model = make(beats)
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


def test_every_layer_hears_the_present() -> None:
    """What plays at step t moves the logits of step t, not only later ones (in the original it was late)."""
    model = make()
    mel = conditions().drumless_mel.requires_grad_()
    phase = conditions().phase.requires_grad_()
    given = conditions()._replace(drumless_mel=mel, phase=phase)
    model(torch.randint(8, (1, L)), given, YES, YES)[0, 5].sum().backward()
    assert phase.grad[0, 5].abs().sum() > 0
    assert mel.grad[0, :, 5 * FRAMES : 6 * FRAMES].abs().sum() > 0
    assert phase.grad[0, 6:].abs().sum() == 0  # beats have no look-ahead but their phase
    ahead = mel.grad[0].abs().sum(0).view(L, FRAMES).sum(1) > 0
    assert ahead[5 + model.condition.reach]
    assert not ahead[5 + model.condition.reach + 1 :].any()


@pytest.mark.parametrize("known", ["hears", "counts"])
def test_what_is_dropped_has_no_influence(known: str) -> None:
    model = make()
    codes = torch.randint(8, (1, L))
    flags = {"hears": YES, "counts": YES, known: ~YES}
    first = conditions()
    if known == "hears":
        second = first._replace(
            drumless_mel=first.drumless_mel + 1, drumless_codes=(first.drumless_codes + 1) % 12
        )
    else:
        second = first._replace(high=(first.high + 1) % 3, phase=-first.phase)
    same = (
        model(codes, first, flags["hears"], flags["counts"]),
        model(codes, second, flags["hears"], flags["counts"]),
    )
    other = model(codes, second, YES, YES)
    torch.testing.assert_close(*same)
    assert (same[1] - other).abs().max() > 1e-3


def test_step_by_step_gives_the_logits_of_all_at_once() -> None:
    model = make()
    codes, given = torch.randint(8, (2, L)), conditions(2)
    yes = torch.ones(2, dtype=torch.bool)
    expected = model(codes, given, yes, yes)
    pieces = [Conditions(*(value[row : row + 1] for value in given)) for row in range(2)]
    for known in (0, 5):
        steps = model.steps(torch.stack([model.prepare(piece, True) for piece in pieces]))
        found = [steps.next(codes[:, :known])]
        found += [steps.next(codes[:, at : at + 1]) for at in range(known, L - 1)]
        torch.testing.assert_close(torch.stack(found, 1), expected[:, known:], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("beats", ["none", "high"])
def test_without_the_encoder_nothing_is_heard(beats: str) -> None:
    model, codes = make(beats, encoder=False), torch.randint(8, (1, L))
    heard = [
        name for name in model.state_dict() if "mel" in name or "code" in name or "listen" in name
    ]
    assert not heard
    told = conditions()
    other = told._replace(drumless_mel=-told.drumless_mel, drumless_codes=11 - told.drumless_codes)
    assert torch.equal(model(codes, told, YES, YES), model(codes, other, YES, YES))
    off_beat = told._replace(high=(told.high + 1) % 3)
    moved = (model(codes, told, YES, YES) - model(codes, off_beat, YES, YES)).abs().max() > 1e-4
    assert moved == (beats == "high")
    model(codes, told, ~YES, ~YES).sum().backward()
    assert all(value.grad is not None for value in model.parameters())


def test_dropout_of_the_embedding() -> None:
    model = DrumLM(dataclasses.replace(CONFIG, embed_dropout=0.9, dropout=0.0), F, FRAMES, 8, 12)
    codes, told = torch.randint(8, (1, L)), conditions()
    assert not torch.equal(*(model(codes, told, YES, YES) for _ in range(2)))
    model.eval()
    assert torch.equal(*(model(codes, told, YES, YES) for _ in range(2)))


def test_harmonics_are_multiples_of_the_phase() -> None:
    angle = torch.tensor([0.3, 2.0])
    phase = torch.stack([angle.sin(), angle.cos()], -1).flatten()[None, None]
    found = harmonics(phase)[0, 0]
    for pair, value in enumerate(angle):
        for multiple in range(1, 5):
            assert found[8 * pair + multiple - 1].item() == pytest.approx(
                (multiple * value).sin().item(), abs=1e-5
            )
            assert found[8 * pair + 3 + multiple].item() == pytest.approx(
                (multiple * value).cos().item(), abs=1e-5
            )
    assert harmonics(torch.zeros(1, 3, 4)).abs().sum() == 0
