"""Converts the authors' language model checkpoints, `{"model", "hps"}`, to `PaperLM`."""

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jukedrummer.config import MelConfig, parse
from jukedrummer.errors import UserError
from jukedrummer.foreign.tensors import state_dict
from jukedrummer.foreign.vqvae import CLIP_FRAMES
from jukedrummer.model.paper.lm import PaperLM, PaperLMConfig
from jukedrummer.model.paper.vqvae import SCALES
from jukedrummer.storage.weights import ModelInfo, check_state, describe

# The original does not change the level of a recording, so all levels are allowed.
ANY_LEVEL = (-200.0, 200.0)
# The released module that embeds the beats, by beat representation.
_BEATS = {"low": "binfo_state_proj", "mid": "onset_emb", "high": "beat_emb"}
# Patterns of this package's names, and the released names. They are applied in this order.
_NAMES = (
    (r"^start$", "prior.start_token"),
    (r"^decoder\.", "prior."),
    (r"^encoder\.", "prime_prior."),
    (r"^memory\.0\.", "prime_state_proj."),
    (r"^memory\.1\.", "prime_state_ln."),
    (r"\.embed\.", ".x_emb."),
    (r"\.positions$", ".pos_emb.pos_emb"),
    (r"\.layers\.", ".transformer._attn_mods."),
    (r"\.attention\.project_in\.", ".attn.c_attn."),
    (r"\.attention\.project_out\.", ".attn.c_proj."),
    (r"\.attention\.project_memory\.", ".attn.c_enc_kv."),
    (r"\.norm_attention\.", ".ln_0."),
    (r"\.norm_mlp\.", ".ln_1."),
    (r"\.mlp_in\.", ".mlp.c_fc."),
    (r"\.mlp_out\.", ".mlp.c_proj."),
    # Released linear layers, unlike norms and embeddings, have the names w and b.
    (r"\b(c_\w+|\w+_state_proj)\.(w|b)\w+$", r"\1.\2"),
)


def convert(values: Any, where: str) -> tuple[PaperLM, ModelInfo]:
    """The network of a checkpoint, in evaluation mode, and its description.

    Sizes come from the tensors ("enc_layers" in "hps" is the decoder's depth). The numbers of heads
    and attention blocks come from "hps", because no tensor depends on them. A model without
    cross-attention has an encoder that no layer uses. It is left out.

    Args:
        values: what `read_checkpoint` returned.
        where: the file, for messages.

    Raises:
        UserError: a tensor is missing, extra or has a wrong shape, or "hps" does not fit.
    """
    released = state_dict(values, "model", where)
    config = _config(released, values.get("hps"), where)
    sizes = {
        "frames_per_code": _frames_per_code(config.context),
        "drums_codebook": _matrix(released, "prior.x_emb.weight", where)[0],
        "drumless_codebook": _matrix(released, "prime_prior.x_emb.weight", where)[0],
    }
    model = PaperLM(config, MelConfig().bands, **sizes)
    _load(model, released, where)
    info = describe(
        "lm",
        config,
        MelConfig(),
        sizes=sizes,
        step=0,
        metrics={},
        level_db=ANY_LEVEL,
        data_sha256="imported",
        parameters=sum(value.numel() for value in model.parameters()),
    )
    return model.eval().requires_grad_(False), info


def _config(released: dict[str, Tensor], hps: Any, where: str) -> PaperLMConfig:
    context, width = _matrix(released, "prior.pos_emb.pos_emb", where)
    if not isinstance(hps, dict):
        raise UserError(f"{where}: has no 'hps' with the numbers of heads and blocks")
    encoder = any(".attn.c_enc_kv." in name for name in released)
    sizes = {
        "encoder": encoder,
        "beats": _beats(released, hps.get("binfo_type"), where),
        "layers": _layers(released, "prior"),
        "width": width,
        "heads": hps.get("heads"),
        "attention_blocks": hps.get("blocks"),
        "context": context,
    }
    if encoder:
        sizes["encoder_layers"] = _layers(released, "prime_prior")
    dropped = {"dropout": 0.3, "embed_dropout": 0.2, "drop_drumless": 0.0, "drop_beats": 0.0}
    return parse(PaperLMConfig, sizes | dropped, f"{where}: its size")


def _beats(released: dict[str, Tensor], stated: Any, where: str) -> str:
    """The beat representation, from the modules that embed beats."""
    embedded = [
        beats
        for beats, module in _BEATS.items()
        if any(name.startswith(f"{module}.") for name in released)
    ]
    names = " and ".join(embedded) or None
    if stated != names:
        raise UserError(f"{where}: 'hps' has beats {stated}, the tensors have {names}")
    return embedded[0] if embedded else "none"


def _matrix(released: dict[str, Tensor], name: str, where: str) -> tuple[int, int]:
    """The shape of a matrix."""
    if name not in released or released[name].ndim != 2:
        raise UserError(f"{where}: has no matrix {name}; is this a language model's file?")
    rows, columns = released[name].shape
    return rows, columns


def _layers(released: dict[str, Tensor], stack: str) -> int:
    pattern = re.compile(rf"{stack}\.transformer\._attn_mods\.(\d+)\.ln_0\.weight")
    return sum(bool(pattern.fullmatch(name)) for name in released)


def _frames_per_code(context: int) -> int:
    """Mel frames for each code of a whole clip. For unknown contexts, the paper's value."""
    frames, rest = divmod(CLIP_FRAMES, context)
    return frames if not rest and frames in SCALES else 4


def _load(model: PaperLM, released: dict[str, Tensor], where: str) -> None:
    """Copy the released weights into the network, and check that all are used."""
    config, state = model.config, model.state_dict()
    if not config.encoder:
        released = {
            name: value for name, value in released.items() if not name.startswith("prime_")
        }
    names = {name: _released_name(name, config.beats) for name in state}
    expected = {names[name]: _transposed(names[name], state[name]) for name in names}
    # The output is tied to the embedding, and the encoder's start is not used.
    expected["prior.x_out.weight"] = expected["prior.x_emb.weight"]
    if config.encoder:
        expected["prime_prior.start_token"] = expected["prior.start_token"]
    check_state(Path(where), expected, released)
    if not torch.equal(released["prior.x_out.weight"], released["prior.x_emb.weight"]):
        raise UserError(
            f"{where}: prior.x_out.weight is not prior.x_emb.weight; in the original they are equal"
        )
    model.load_state_dict(
        {
            name: _transposed(names[name], released[names[name]]).reshape(state[name].shape)
            for name in names
        }
    )


def _released_name(name: str, beats: str) -> str:
    """The released name of a tensor of `PaperLM`."""
    name = name.replace("beats.embed.", f"{_BEATS.get(beats)}.")
    for pattern, released in _NAMES:
        name = re.sub(pattern, released, name)
    return name


def _transposed(name: str, value: Tensor) -> Tensor:
    """Convert the layout: released linear layers have inputs first, and the start has B = 1."""
    if name == "prior.start_token":
        return value.reshape(1, -1)
    return value.T if name.endswith(".w") else value
