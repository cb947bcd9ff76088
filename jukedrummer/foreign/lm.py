"""The authors' language model checkpoints, `{"model", "hps"}`, to our `PaperLM`."""

import re
from typing import Any

import torch
from torch import Tensor

from jukedrummer.config import LMConfig, MelConfig, parse
from jukedrummer.errors import UserError
from jukedrummer.foreign import state_dict
from jukedrummer.model.paper.lm import PaperLM
from jukedrummer.model.paper.vqvae import SCALES
from jukedrummer.storage.weights import ModelInfo, check_state, describe

CLIP_FRAMES = 4_096  # what the original always plays
# The original takes recordings at any level as they are.
ANY_LEVEL = (-200.0, 200.0)
# The module that embeds the beats, by their level.
_BEATS = {"low": "binfo_state_proj", "mid": "onset_emb", "high": "beat_emb"}
# Our names to theirs, in this order.
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
    # Their linear layers, unlike norms and embeddings, shorten weight and bias.
    (r"\b(c_\w+|\w+_state_proj)\.(w|b)\w+$", r"\1.\2"),
)


def convert(values: Any, where: str) -> tuple[PaperLM, ModelInfo]:
    """Our network with the weights of a checkpoint, in evaluation mode, and its description.

    Sizes are those of the tensors ("enc_layers" in "hps" is the decoder's depth); heads and blocks, of which
    no tensor tells, are those of "hps". A model without cross-attention holds an encoder that nothing looks
    at: it is left out.

    Args:
        values: what `read_checkpoint` gave.
        where: the file, for messages.

    Raises:
        UserError: a tensor is missing, extra or misshapen, or "hps" does not fit.
    """
    theirs = state_dict(values, "model", where)
    config = _config(theirs, values.get("hps"), where)
    sizes = {
        "frames_per_code": _frames_per_code(config.context),
        "drums_codebook": _matrix(theirs, "prior.x_emb.weight", where)[0],
        "drumless_codebook": _matrix(theirs, "prime_prior.x_emb.weight", where)[0],
    }
    if not config.encoder:
        theirs = {name: value for name, value in theirs.items() if not name.startswith("prime_")}
    model = PaperLM(config, MelConfig.bands, **sizes)
    ours = model.state_dict()
    names = {name: _their_name(name, config.beats) for name in ours}
    expected = {name: _turn(name, ours[own]) for own, name in names.items()}
    check_state(where, expected | _unread(expected, config), theirs)
    if not torch.equal(theirs["prior.x_out.weight"], theirs["prior.x_emb.weight"]):
        raise UserError(
            f"{where}: prior.x_out.weight is not prior.x_emb.weight, which it shares in the original"
        )
    model.load_state_dict(
        {own: _turn(name, theirs[name]).reshape(ours[own].shape) for own, name in names.items()}
    )
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


def _config(theirs: dict[str, Tensor], hps: Any, where: str) -> LMConfig:
    context, width = _matrix(theirs, "prior.pos_emb.pos_emb", where)
    if not isinstance(hps, dict):
        raise UserError(f"{where}: has no 'hps', which tells the number of heads and blocks")
    beats = [
        level for level, name in _BEATS.items() if any(key.startswith(f"{name}.") for key in theirs)
    ]
    if [hps.get("binfo_type")] != (beats or [None]):
        raise UserError(
            f"{where}: 'hps' says beats {hps.get('binfo_type')}, "
            f"the tensors say {' and '.join(beats) or None}"
        )
    encoder = any(".attn.c_enc_kv." in name for name in theirs)
    sizes = {
        "encoder": encoder,
        "beats": beats[0] if beats else "none",
        "layers": _layers(theirs, "prior"),
        "width": width,
        "heads": hps.get("heads"),
        "blocks": hps.get("blocks"),
        "context": context,
    }
    if encoder:
        sizes["encoder_layers"] = _layers(theirs, "prime_prior")
    dropped = {"dropout": 0.3, "embed_dropout": 0.2, "drop_drumless": 0.0, "drop_beats": 0.0}
    return parse(LMConfig, {"family": "paper", **sizes, **dropped}, f"{where}: its size")


def _matrix(theirs: dict[str, Tensor], name: str, where: str) -> tuple[int, int]:
    """Its shape."""
    if name not in theirs or theirs[name].ndim != 2:
        raise UserError(f"{where}: has no matrix {name}; is this a language model's file?")
    return tuple(theirs[name].shape)


def _layers(theirs: dict[str, Tensor], stack: str) -> int:
    pattern = re.compile(rf"{stack}\.transformer\._attn_mods\.(\d+)\.ln_0\.weight")
    return sum(bool(pattern.fullmatch(name)) for name in theirs)


def _frames_per_code(context: int) -> int:
    """Of a whole clip's codes; models of other lengths, which only tests have, count as the paper's."""
    frames, rest = divmod(CLIP_FRAMES, context)
    return frames if not rest and frames in SCALES else 4


def _their_name(ours: str, beats: str) -> str:
    ours = ours.replace("beats.embed.", f"{_BEATS.get(beats)}.")
    for pattern, theirs in _NAMES:
        ours = re.sub(pattern, theirs, ours)
    return ours


def _turn(name: str, value: Tensor) -> Tensor:
    """Between our layout and theirs: linear layers hold inputs first, the start has a batch of one."""
    if name == "prior.start_token":
        return value.reshape(1, -1)
    return value.T if name.endswith(".w") else value


def _unread(expected: dict[str, Tensor], config: LMConfig) -> dict[str, Tensor]:
    """Tensors of theirs that our network does without: the tied output, and the start of the encoder."""
    unread = {"prior.x_out.weight": expected["prior.x_emb.weight"]}
    if config.encoder:
        unread["prime_prior.start_token"] = expected["prior.start_token"]
    return unread
