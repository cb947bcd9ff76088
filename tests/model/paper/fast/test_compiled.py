"""Compiled steps against plain ones: every pattern, beginnings, and what happens without a compiler."""

import shutil
from dataclasses import replace

import pytest
import torch

from jukedrummer.config import GenerateConfig
from jukedrummer.model.lm import Conditions
from jukedrummer.model.paper.attention import Pattern, attend_masked, place
from jukedrummer.model.paper.fast import compiled
from jukedrummer.model.paper.fast.compiled import ROWS, CompiledLayers
from jukedrummer.model.paper.lm import PaperLM
from jukedrummer.model.sampling import sample
from tests.model.paper.test_lm import L, conditions, make

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, ("c++", "g++", "clang++"))), reason="there is no C++ compiler"
)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function that would be compiled, as it is."""
    monkeypatch.setattr(compiled, "_compiled", lambda: compiled._layers)


def logits(model: PaperLM, codes: torch.Tensor, known: int, **options: bool) -> torch.Tensor:
    """Of all codes after the known ones, step by step: (B, L - known, K)."""
    told = conditions(len(codes), codes.shape[1])
    pieces = [Conditions(*(value[row : row + 1] for value in told)) for row in range(len(codes))]
    steps = model.steps(torch.stack([model.prepare(piece, True) for piece in pieces]), **options)
    rest = [codes[:, at : at + 1] for at in range(known, codes.shape[1] - 1)]
    return torch.stack([steps.next(given) for given in (codes[:, :known], *rest)], 1)


@pytest.mark.parametrize("pattern", list(Pattern))
def test_masked_attention_is_that_of_what_is_there(pattern: Pattern) -> None:
    torch.manual_seed(0)
    layer = next(
        layer for layer in make(layers=10).decoder.layers if layer.attention.pattern == pattern
    ).attention
    block, like = 4, torch.empty(3, 0)
    caches = [layer.new_cache(12, like) for _ in range(2)]
    if pattern == Pattern.CROSS:
        key, value = torch.randn(2, 3, layer.heads, 12, layer.inner // layer.heads)
        for cache in caches:
            cache.fill(key, value)
    for position in range(12):
        projected = torch.randn(3, layer.project_in.out_features)
        at = place(pattern, torch.tensor([position]), block, 12)
        members = {Pattern.COLUMN: 3, Pattern.CROSS: 12}.get(pattern, block)
        found = attend_masked(caches[0].stored, members, projected, at)
        expected = caches[1].attend(projected, place(pattern, position, block, 12))
        torch.testing.assert_close(found, torch.zeros_like(found) if expected is None else expected)
    torch.testing.assert_close(caches[0].stored, caches[1].stored)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("clips", [1, 3, ROWS + 1])
@pytest.mark.parametrize(("encoder", "layers"), [(True, 12), (False, 4)])
@pytest.mark.parametrize("known", [0, 13])
def test_what_is_compiled_gives_the_logits_of_the_plain_steps(
    clips: int, encoder: bool, layers: int, known: int
) -> None:
    model, codes = make(encoder=encoder, layers=layers), torch.randint(8, (clips, L))
    torch.testing.assert_close(
        logits(model, codes, known, compiled=True),
        logits(model, codes, known),
        rtol=1e-4,
        atol=1e-5,
    )


@needs_compiler
def test_compiled_logits_are_those_of_the_plain_steps() -> None:
    model, codes = make(layers=4), torch.randint(8, (2, L))
    assert {layer.attention.pattern for layer in model.decoder.layers} == set(Pattern)
    for known in (0, 13):
        found = logits(model, codes, known, compiled=True)
        torch.testing.assert_close(found, logits(model, codes, known), rtol=1e-4, atol=1e-5)
    assert not CompiledLayers.broken


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("No working C++ compiler found\nand much more"),
        OSError("No working C++ compiler found"),
    ],
)
def test_without_a_compiler_it_goes_on_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, error: Exception
) -> None:
    model, codes = make(layers=10), torch.randint(8, (2, L))
    expected, calls = logits(model, codes, 0), []

    def fail(*_: object) -> None:
        calls.append(1)
        raise error

    monkeypatch.setattr(compiled, "_compiled", lambda: fail)
    monkeypatch.setattr(CompiledLayers, "broken", False)
    for _ in range(2):
        assert torch.equal(logits(model, codes, 0, compiled=True), expected)
    assert len(calls) == 1
    said = capsys.readouterr().out
    assert said.count("sampling is not compiled") == 1
    assert said.strip().endswith("No working C++ compiler found")


@pytest.mark.usefixtures("plain")
def test_long_pieces_are_compiled_and_short_ones_not(monkeypatch: pytest.MonkeyPatch) -> None:
    model, piece, seen = make(), conditions(1, L + 3), []
    call = CompiledLayers.__call__
    monkeypatch.setattr(CompiledLayers, "__call__", lambda *values: seen.append(1) or call(*values))
    settings, found = GenerateConfig(), []
    for compile_from, used in ((0, False), (L + 4, False), (L + 3, True), (1, True)):
        seen.clear()
        found.append(sample(model, [piece], replace(settings, compile_from=compile_from), [0])[0])
        assert bool(seen) == used
    assert all(torch.equal(codes, found[0]) for codes in found)
