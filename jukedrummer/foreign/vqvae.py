"""Converts the authors' VQ-VAE checkpoints, `{"model", "mean", "std", "hps"}`, to `PaperVQVAE`."""

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jukedrummer.config import MelConfig, parse
from jukedrummer.errors import UserError
from jukedrummer.foreign.tensors import state_dict
from jukedrummer.model.paper.vqvae import SCALES, PaperVQVAE, PaperVQVAEConfig
from jukedrummer.storage.weights import ModelInfo, check_state, describe

CLIP_FRAMES = 4_096  # mel frames of a clip in the original
CLIPS_IN_BATCH = 32  # of the original training
MOST_DRUM_CODES = 64  # the authors' codebooks have 32 or 64 codes for drums, 1,024 for drumless
_CODEBOOK, _GROUPED = "vq.k", "encoder.block0.block.3.conv.weight"
# Patterns of this package's names, and the released names. They are applied in this order.
_NAMES = (
    (r"\.first_block\.", ".block0.block."),
    (r"\.first_head\.", ".head0."),
    (r"\.blocks\.(\d+)\.", r".blocks.\1.block."),
    (r"\.convolution\.", ".conv."),
    (r"\.norm\.", ".gn."),
)


def convert(values: Any, where: str) -> tuple[PaperVQVAE, ModelInfo]:
    """The network of a checkpoint, in evaluation mode, and its description.

    Sizes come from the tensors. The scales of time come from "hps", because no tensor depends on
    them. The size of the codebook determines the part.

    Args:
        values: what `read_checkpoint` returned.
        where: the file, for messages.

    Raises:
        UserError: a tensor or a statistic is missing, extra or has a wrong shape, or "hps" does not
            fit.
    """
    released = state_dict(values, "model", where)
    config, frames_per_code = _config(released, where), _frames_per_code(values.get("hps"), where)
    model = PaperVQVAE(config, MelConfig().bands, frames_per_code)
    state = model.state_dict()
    names = {name: _released_name(name) for name in state if name.startswith(("enc", "dec"))}
    names["quantizer.codebook"] = _CODEBOOK
    check_state(Path(where), {names[name]: state[name] for name in names}, released)
    model.load_state_dict({name: released[names[name]] for name in names}, strict=False)
    model.standardise.set(*(_statistics(values, name, where) for name in ("mean", "std")))
    model.quantizer.start_averages(CLIPS_IN_BATCH * CLIP_FRAMES // frames_per_code)
    info = describe(
        "vqvae",
        config,
        MelConfig(),
        part="drumless" if config.codebook_size > MOST_DRUM_CODES else "drums",
        sizes={"frames_per_code": frames_per_code},
        step=0,
        metrics={},
        data_sha256="imported",
        parameters=sum(value.numel() for value in model.parameters()),
    )
    return model.eval().requires_grad_(False), info


def _config(released: dict[str, Tensor], where: str) -> PaperVQVAEConfig:
    """The sizes, from the shapes of the codebook and of the first residual convolution."""
    shapes = [
        tuple(released[name].shape) if name in released else () for name in (_CODEBOOK, _GROUPED)
    ]
    if [len(shape) for shape in shapes] != [2, 3] or 0 in shapes[1]:
        raise UserError(
            f"{where}: has no codebook {_CODEBOOK} and convolution {_GROUPED}; "
            "is it another kind of file?"
        )
    (codebook_size, code_dim), (width, in_group, _) = shapes
    sizes = {
        "width": width,
        "groups": width // in_group,
        "codebook_size": codebook_size,
        "code_dim": code_dim,
    }
    training = {"decay": 0.99, "dead_code_threshold": 1.0, "crop_frames": CLIP_FRAMES}
    return parse(PaperVQVAEConfig, training | sizes, f"{where}: its size")


def _released_name(name: str) -> str:
    """The released name of a tensor of `PaperVQVAE`."""
    for pattern, released in _NAMES:
        name = re.sub(pattern, released, name)
    return name


def _frames_per_code(hps: Any, where: str) -> int:
    ratios = [
        hps.get(f"{way}sample_ratios") if isinstance(hps, dict) else None for way in ("down", "up")
    ]
    for frames_per_code, scales in SCALES.items():
        if ratios == [list(scale) for scale in scales]:
            return frames_per_code
    known = ", ".join(f"{list(down)} with {list(up)}" for down, up in SCALES.values())
    raise UserError(
        f"{where}: 'hps' has the sample ratios {ratios[0]} with {ratios[1]}; known are {known}"
    )


def _statistics(values: dict[str, Any], name: str, where: str) -> Tensor:
    """`mean` or `std` of each band, (F,)."""
    bands = MelConfig().bands
    try:
        statistics = torch.as_tensor(values.get(name), dtype=torch.float32).flatten()
    except (TypeError, ValueError, RuntimeError):
        statistics = torch.zeros(0)
    if len(statistics) != bands or not statistics.isfinite().all():
        raise UserError(f"{where}: {name!r} is not one number for each of {bands} mel bands")
    return statistics
