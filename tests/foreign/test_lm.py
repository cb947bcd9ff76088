"""Imported language models compute the original's tensors; other files are rejected."""

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from jukedrummer.errors import UserError
from jukedrummer.evaluation.likelihood import cross_entropy_bits
from jukedrummer.foreign.lm import convert
from jukedrummer.model.build import load_model
from jukedrummer.model.paper.fast.lm import FastPaperLM
from jukedrummer.storage.checkpoints import read_checkpoint
from jukedrummer.storage.weights import save_model
from tests import parity
from tests.foreign.helpers import Trap, conditions_of, expected_tensors, released_lm


@pytest.mark.parametrize("case", parity.cases("lm"))
def test_equals_the_original_after_a_round_trip(case: Path, tmp_path: Path) -> None:
    expected, config = expected_tensors(case), parity.config(case)
    imported, info = convert(read_checkpoint(case / "checkpoint.pkl"), str(case))
    save_model(tmp_path, imported, info)
    model, info = load_model(tmp_path, "lm")
    assert info.config["layers"] == config["decoder_layers"]
    assert info.config["encoder"] == config["encoder"]
    assert isinstance(model, FastPaperLM)
    conditions = conditions_of(config["beat"], expected)
    yes = torch.ones(len(expected["drum_codes"]), dtype=torch.bool)
    logits = model(expected["drum_codes"], conditions, yes, yes)
    torch.testing.assert_close(logits, expected["logits"], rtol=0, atol=1e-4)
    loss = cross_entropy_bits(logits, expected["drum_codes"])
    torch.testing.assert_close(loss, expected["loss_bits"], rtol=0, atol=1e-4)
    if config["encoder"]:
        beats = model.embed_beats(conditions, yes)
        output = model.encode(expected["drumless_codes"], beats, yes)
        torch.testing.assert_close(output, expected["encoder_output"], rtol=0, atol=1e-4)


def test_sizes_come_from_the_file() -> None:
    model, info = convert(released_lm(), "a.pkl")
    assert info.sizes == {"frames_per_code": 4, "drums_codebook": 5, "drumless_codebook": 7}
    config = model.config
    assert (config.layers, config.encoder_layers, config.width, config.context) == (10, 2, 16, 8)
    assert (config.beats, config.encoder, config.heads, config.attention_blocks) == (
        "mid",
        True,
        2,
        4,
    )


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
            r"tensors have mid and high",
        ),
        (lambda m, h: h.update(binfo_type="low"), r"'hps' has beats low, the tensors have mid"),
        (lambda m, h: h.pop("heads"), r"its size\.heads is None"),
        (
            lambda m, h: h.update(blocks=3),
            r"lm\.context is 8, not a multiple of lm\.attention_blocks 3",
        ),
    ],
)
def test_other_checkpoints_are_rejected(spoil: Any, reason: str) -> None:
    values = released_lm()
    spoil(values["model"], values["hps"])
    with pytest.raises(UserError, match=reason):
        convert(values, "a.pkl")


def test_another_kind_of_file_is_rejected() -> None:
    with pytest.raises(UserError, match=r"a\.pth: has no weights 'model'; it holds generator"):
        convert({"generator": {"weight": torch.zeros(1)}}, "a.pth")
    with pytest.raises(UserError, match="has no matrix prior"):
        convert({"model": {"vq.k": torch.zeros(2, 3)}, "hps": {}}, "a.pkl")


def test_broken_and_dangerous_files_are_rejected(tmp_path: Path) -> None:
    file = tmp_path / "exp1.pkl"
    torch.save(released_lm(), file)
    assert convert(read_checkpoint(file), str(file))[1].kind == "lm"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"exp1\.pkl: is cut off"):
        read_checkpoint(file)
    file.write_bytes(pickle.dumps({"model": Trap(tmp_path / "made")}))
    with pytest.raises(UserError, match="code would have to be run"):
        read_checkpoint(file)
    assert not (tmp_path / "made").exists()
