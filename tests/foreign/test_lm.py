"""Imported language models give the original's tensors; what is no such checkpoint is named and refused."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from jukedrummer.errors import UserError
from jukedrummer.foreign import read_checkpoint
from jukedrummer.foreign.lm import convert
from jukedrummer.model.lm import Conditions
from jukedrummer.storage.weights import load_model, save_model
from jukedrummer.training.lm import cross_entropy_bits
from tests import parity


def told(beat: str | None, expected: dict[str, Tensor]) -> Conditions:
    """The original's inputs on the grid of the codes."""
    codes = expected["drumless_codes"]
    nothing = torch.zeros(codes.shape)
    fields = {"low": nothing[..., None].repeat(1, 1, 50), "mid": nothing, "high": nothing}
    if beat == "low":  # 100 frames a second
        fields["low"] = interpolate(expected["beat_info"].mT, size=codes.shape[1]).mT
    elif beat:  # positions in the bar beyond the first are "another beat"
        fields[beat] = expected["beat_info"].clamp(max=2)
    return Conditions(
        torch.zeros(len(codes), 80, 4 * codes.shape[1]), codes, **fields, phase=nothing
    )


@pytest.mark.parametrize("case", parity.cases("lm"))
def test_equals_the_original_after_a_round_trip(case: Path, tmp_path: Path) -> None:
    expected = {name: torch.from_numpy(value) for name, value in parity.tensors(case).items()}
    config = parity.config(case)
    imported, info = convert(read_checkpoint(case / "checkpoint.pkl"), str(case))
    save_model(tmp_path, imported, info)
    model, info = load_model(tmp_path, "lm")
    assert info.config["layers"] == config["decoder_layers"]
    assert info.config["encoder"] == config["encoder"]
    conditions, yes = (
        told(config["beat"], expected),
        torch.ones(len(expected["drum_codes"]), dtype=torch.bool),
    )
    logits = model(expected["drum_codes"], conditions, yes, yes)
    torch.testing.assert_close(logits, expected["logits"], rtol=0, atol=1e-4)
    loss = cross_entropy_bits(logits, expected["drum_codes"])
    torch.testing.assert_close(loss, expected["loss_bits"], rtol=0, atol=1e-4)
    if config["encoder"]:
        beats = model.embed_beats(conditions, yes)
        output = model.encode(expected["drumless_codes"], beats, yes)
        torch.testing.assert_close(output, expected["encoder_output"], rtol=0, atol=1e-4)


def stack(name: str, codebook: int, layers: int, cross: int | None = None) -> dict[str, Tensor]:
    """The tensors of their decoder or encoder: width 16, attention 4, context 8."""
    shapes = {"start_token": (1, 16), "x_emb.weight": (codebook, 16), "pos_emb.pos_emb": (8, 16)}
    for layer in range(layers):
        inner = {
            "attn.c_attn": (16, 12),
            "attn.c_proj": (4, 16),
            "mlp.c_fc": (16, 16),
            "mlp.c_proj": (16, 16),
        }
        if layer == cross:
            inner |= {"attn.c_attn": (16, 4), "attn.c_enc_kv": (16, 8)}
        where = f"transformer._attn_mods.{layer}"
        for module, shape in inner.items():
            shapes |= {f"{where}.{module}.w": shape, f"{where}.{module}.b": shape[1:]}
        for norm in ("ln_0", "ln_1"):
            shapes |= {f"{where}.{norm}.weight": (16,), f"{where}.{norm}.bias": (16,)}
    return {f"{name}.{key}": torch.randn(shape) for key, shape in shapes.items()}


def checkpoint() -> dict[str, Any]:
    """A file of theirs, small, with weights of our own."""
    torch.manual_seed(0)
    model = stack("prior", 5, 10, cross=9) | stack("prime_prior", 7, 2)
    model["prior.x_out.weight"] = model["prior.x_emb.weight"].clone()
    model |= {"prime_state_proj.w": torch.randn(16, 16), "prime_state_proj.b": torch.randn(16)}
    model |= {"prime_state_ln.weight": torch.randn(16), "prime_state_ln.bias": torch.randn(16)}
    model["onset_emb.weight"] = torch.randn(2, 16)
    hps = {"enc_layers": 10, "dec_layers": 9, "heads": 2, "blocks": 4, "binfo_type": "mid"}
    return {"model": model, "hps": hps}


def test_sizes_are_told_by_the_file() -> None:
    model, info = convert(checkpoint(), "a.pkl")
    assert info.sizes == {"frames_per_code": 4, "drums_codebook": 5, "drumless_codebook": 7}
    config = model.config
    assert (config.layers, config.encoder_layers, config.width, config.context) == (10, 2, 16, 8)
    assert (config.beats, config.encoder, config.heads, config.blocks) == ("mid", True, 2, 4)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda m, h: m.pop("prior.start_token"), r"tensor prior\.start_token is missing"),
        (
            lambda m, h: m.pop("prior.transformer._attn_mods.3.mlp.c_fc.w"),
            r"tensor prior\.transformer\._attn_mods\.3\.mlp\.c_fc\.w is missing",
        ),
        (
            lambda m, h: m.pop("prime_prior.x_emb.weight"),
            r"has no matrix prime_prior\.x_emb\.weight",
        ),
        (lambda m, h: m.pop("prior.pos_emb.pos_emb"), r"has no matrix prior\.pos_emb\.pos_emb"),
        (lambda m, h: m.update(extra=torch.zeros(1)), r"has a foreign tensor extra"),
        (
            lambda m, h: m.update({"prime_state_proj.w": torch.zeros(16, 15)}),
            r"tensor prime_state_proj\.w is \(16, 15\), expected \(16, 16\)",
        ),
        (
            lambda m, h: m["prior.x_out.weight"].zero_(),
            r"x_out\.weight is not prior\.x_emb\.weight",
        ),
        (
            lambda m, h: m.update({"beat_emb.weight": torch.zeros(3, 16)}),
            r"tensors say mid and high",
        ),
        (lambda m, h: h.update(binfo_type="low"), r"'hps' says beats low, the tensors say mid"),
        (lambda m, h: h.pop("heads"), r"its size\.heads is None"),
        (lambda m, h: h.update(blocks=3), r"lm\.context is 8, not a multiple of lm\.blocks 3"),
    ],
)
def test_what_is_not_such_a_checkpoint_is_refused(spoil: Any, reason: str) -> None:
    values = checkpoint()
    spoil(values["model"], values["hps"])
    with pytest.raises(UserError, match=reason):
        convert(values, "a.pkl")


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(UserError, match=r"a\.pth: has no weights 'model'; it holds generator"):
        convert({"generator": {"weight": torch.zeros(1)}}, "a.pth")
    with pytest.raises(UserError, match="has no matrix prior"):
        convert({"model": {"vq.k": torch.zeros(2, 3)}, "hps": {}}, "a.pkl")


class Trap:
    """Unpickled, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (os.mkdir, (str(self.path),))


def test_broken_and_dangerous_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "exp1.pkl"
    torch.save(checkpoint(), file)
    assert convert(read_checkpoint(file), str(file))[1].kind == "lm"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"exp1\.pkl: is cut off"):
        read_checkpoint(file)
    file.write_bytes(pickle.dumps({"model": Trap(tmp_path / "made")}))
    with pytest.raises(UserError, match="refused"):
        read_checkpoint(file)
    assert not (tmp_path / "made").exists()
