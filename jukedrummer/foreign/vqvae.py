"""The authors' VQ-VAE checkpoints, `{"model", "mean", "std", "hps"}`, to our `PaperVQVAE`."""

import re
from typing import Any

import torch
from torch import Tensor

from jukedrummer.config import MelConfig, VQVAEConfig, parse
from jukedrummer.errors import UserError
from jukedrummer.foreign import state_dict
from jukedrummer.model.paper.vqvae import SCALES, PaperVQVAE
from jukedrummer.model.quantizer import VectorQuantizer
from jukedrummer.storage.weights import ModelInfo, check_state, describe

CLIP_FRAMES = 4_096  # what the original always sees at once
BATCH = 32  # clips, in the original's training
_CODEBOOK, _GROUPED = "vq.k", "encoder.block0.block.3.conv.weight"
# Our names to theirs, in this order.
_NAMES = (
    (r"\.first_block\.", ".block0.block."),
    (r"\.first_head\.", ".head0."),
    (r"\.blocks\.(\d+)\.", r".blocks.\1.block."),
    (r"\.convolution\.", ".conv."),
    (r"\.norm\.", ".gn."),
)


def convert(values: Any, where: str) -> tuple[PaperVQVAE, ModelInfo]:
    """Our network with the weights of a checkpoint, in evaluation mode, and its description.

    Sizes are those of the tensors; the scales of time, of which no tensor tells, are those of "hps". The part
    is told by the codebook: the authors' have 32 or 64 codes for drums and 1,024 for the drumless input.

    Args:
        values: what `read_checkpoint` gave.
        where: the file, for messages.

    Raises:
        UserError: a tensor is missing, extra or misshapen, the statistics are, or "hps" does not fit.
    """
    theirs = state_dict(values, "model", where)
    config, frames_per_code = _config(theirs, where), _frames_per_code(values.get("hps"), where)
    model = PaperVQVAE(config, MelConfig.bands, frames_per_code)
    ours = model.state_dict()
    names = {name: _their_name(name) for name in ours if name.startswith(("encoder", "decoder"))}
    names["quantizer.codebook"] = _CODEBOOK
    check_state(where, {name: ours[own] for own, name in names.items()}, theirs)
    model.load_state_dict({own: theirs[name] for own, name in names.items()}, strict=False)
    model.standardise.set(*(_statistics(values, name, where) for name in ("mean", "std")))
    _start_averages(model.quantizer, BATCH * CLIP_FRAMES // frames_per_code)
    info = describe(
        "vqvae",
        config,
        MelConfig(),
        part="drumless" if config.codebook > 64 else "drums",
        sizes={"frames_per_code": frames_per_code},
        step=0,
        metrics={},
        data_sha256="imported",
        parameters=sum(value.numel() for value in model.parameters()),
    )
    return model.eval().requires_grad_(False), info


def _start_averages(quantizer: VectorQuantizer, steps: int) -> None:
    """Averages of this codebook with all codes used alike in a batch of `steps`: a training can go on."""
    quantizer.count.fill_(steps / len(quantizer.count))
    quantizer.total.copy_(quantizer.codebook * quantizer.count[:, None])
    quantizer.started.fill_(True)


def _config(theirs: dict[str, Tensor], where: str) -> VQVAEConfig:
    """The sizes, from the shapes of the codebook and of the first residual convolution."""
    shapes = [tuple(theirs[name].shape) if name in theirs else () for name in (_CODEBOOK, _GROUPED)]
    if [len(shape) for shape in shapes] != [2, 3] or 0 in shapes[1]:
        raise UserError(
            f"{where}: has no codebook {_CODEBOOK} and convolution {_GROUPED}: another kind of file?"
        )
    (codebook, code_dim), (width, in_group, _) = shapes
    sizes = {
        "width": width,
        "groups": width // in_group,
        "codebook": codebook,
        "code_dim": code_dim,
    }
    original = {"family": "paper", "decay": 0.99, "restart_below": 1.0, "crop_frames": CLIP_FRAMES}
    return parse(VQVAEConfig, original | sizes, f"{where}: its size")


def _their_name(ours: str) -> str:
    for pattern, theirs in _NAMES:
        ours = re.sub(pattern, theirs, ours)
    return ours


def _frames_per_code(hps: Any, where: str) -> int:
    found = [
        hps.get(f"{way}sample_ratios") if isinstance(hps, dict) else None for way in ("down", "up")
    ]
    for frames_per_code, scales in SCALES.items():
        if found == [list(scale) for scale in scales]:
            return frames_per_code
    known = ", ".join(f"{list(down)} with {list(up)}" for down, up in SCALES.values())
    raise UserError(
        f"{where}: 'hps' has the sample ratios {found[0]} with {found[1]}; known are {known}"
    )


def _statistics(values: dict[str, Any], name: str, where: str) -> Tensor:
    """`mean` or `std` of each band, (F,)."""
    try:
        found = torch.as_tensor(values.get(name), dtype=torch.float32).flatten()
    except (TypeError, ValueError, RuntimeError):
        found = torch.zeros(0)
    if len(found) != MelConfig.bands or not found.isfinite().all():
        raise UserError(
            f"{where}: {name!r} is not one number for each of {MelConfig.bands} mel bands"
        )
    return found
