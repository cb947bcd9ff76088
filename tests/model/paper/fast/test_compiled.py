"""Compiled steps compared with plain steps: all patterns, first codes, a missing compiler."""

import shutil

import pytest
import torch

from jukedrummer.config import GenerateConfig, changed
from jukedrummer.model.paper.attention import Pattern
from jukedrummer.model.paper.fast import compiled
from jukedrummer.model.paper.fast.compiled import ROWS, CompiledLayers, run_layers
from jukedrummer.model.paper.lm import PaperLM
from jukedrummer.model.sampling import sample
from tests.model.helpers import L, conditions, make_paper, pieces_of

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, ("c++", "g++", "clang++"))), reason="there is no C++ compiler"
)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function to compile, without compiling."""
    monkeypatch.setattr(compiled, "compiled_layers", lambda: run_layers)


def logits(model: PaperLM, codes: torch.Tensor, known: int, **options: bool) -> torch.Tensor:
    """Logits of all codes after the known codes, step by step: (B, L - known, K)."""
    pieces = pieces_of(conditions(len(codes), codes.shape[1]))
    steps = model.steps(torch.stack([model.prepare(piece, True) for piece in pieces]), **options)
    rest = [codes[:, at : at + 1] for at in range(known, codes.shape[1] - 1)]
    return torch.stack([steps.next(given) for given in (codes[:, :known], *rest)], 1)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("clips", [1, 3, ROWS + 1])
@pytest.mark.parametrize(("encoder", "layers"), [(True, 12), (False, 4)])
@pytest.mark.parametrize("known", [0, 13])
def test_the_function_that_is_compiled_gives_the_logits_of_the_plain_steps(
    clips: int, encoder: bool, layers: int, known: int
) -> None:
    model, codes = make_paper(encoder=encoder, layers=layers), torch.randint(8, (clips, L))
    torch.testing.assert_close(
        logits(model, codes, known, compiled=True),
        logits(model, codes, known),
        rtol=1e-4,
        atol=1e-5,
    )


@needs_compiler
def test_compiled_logits_are_those_of_the_plain_steps() -> None:
    model, codes = make_paper(layers=4), torch.randint(8, (2, L))
    assert {layer.attention.pattern for layer in model.decoder.layers} == set(Pattern)
    for known in (0, 13):
        values = logits(model, codes, known, compiled=True)
        torch.testing.assert_close(values, logits(model, codes, known), rtol=1e-4, atol=1e-5)
    assert not CompiledLayers.broken


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("No working C++ compiler found\nand much more"),
        OSError("No working C++ compiler found"),
    ],
)
def test_without_a_compiler_it_continues_and_reports_it_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, error: Exception
) -> None:
    model, codes = make_paper(layers=10), torch.randint(8, (2, L))
    expected, calls = logits(model, codes, 0), []

    def fail(*_: object) -> None:
        calls.append(1)
        raise error

    monkeypatch.setattr(compiled, "compiled_layers", lambda: fail)
    monkeypatch.setattr(CompiledLayers, "broken", False)
    for _ in range(2):
        assert torch.equal(logits(model, codes, 0, compiled=True), expected)
    assert len(calls) == 1
    said = capsys.readouterr().out
    assert said.count("sampling is not compiled") == 1
    assert said.strip().endswith("No working C++ compiler found")


@pytest.mark.usefixtures("plain")
def test_long_pieces_are_compiled_and_short_ones_not(monkeypatch: pytest.MonkeyPatch) -> None:
    model, piece, calls = make_paper(), conditions(1, L + 3), []
    call = CompiledLayers.__call__
    monkeypatch.setattr(
        CompiledLayers, "__call__", lambda *values: calls.append(1) or call(*values)
    )
    settings, drawn = GenerateConfig(), []
    for compile_from, used in ((0, False), (L + 4, False), (L + 3, True), (1, True)):
        calls.clear()
        changed_settings = changed(settings, compile_from=compile_from)
        drawn.append(sample(model, [piece], changed_settings, [0])[0])
        assert bool(calls) == used
    assert all(torch.equal(codes, drawn[0]) for codes in drawn)
