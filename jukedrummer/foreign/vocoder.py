"""A released HiFi-GAN generator of V1's form to ours (arXiv 2010.05646)."""

import math
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from jukedrummer.config import MelConfig, VocoderConfig, parse
from jukedrummer.errors import UserError
from jukedrummer.foreign import state_dict
from jukedrummer.model.hifigan import DILATIONS, HiFiGAN
from jukedrummer.storage.weights import ModelInfo, check_state, describe


def convert(values: Any, where: str) -> tuple[nn.Module, ModelInfo]:
    """Our network from `{"generator": state dict}`, whose weights are under weight normalisation.

    The sizes come from the shapes: an up-sampling factor is half its kernel. What shapes do not tell is taken
    as V1 and the authors have it: dilations 1, 3, 5; the mel of 44.1 kHz, log10, which they feed it as it is.

    Args:
        values: what `read_checkpoint` gave.
        where: names the file in errors.

    Raises:
        UserError: no generator, one of another form, or a tensor that is missing, misshapen or too many.
    """
    theirs = state_dict(values, "generator", where)
    config, mel = _sizes(theirs, where)
    model = HiFiGAN(config, mel)
    names, ours = _names(config), model.state_dict()
    expected = {}
    for name, own in names.items():
        weight = ours[f"{own}.weight"]
        expected |= {f"{name}.weight_v": weight, f"{name}.weight_g": weight[:, :1, :1]}
        expected[f"{name}.bias"] = ours[f"{own}.bias"]
    check_state(Path(where), expected, theirs)
    for name, own in names.items():
        direction, length = theirs[f"{name}.weight_v"], theirs[f"{name}.weight_g"]
        ours[f"{own}.weight"] = direction * (length / direction.norm(dim=(1, 2), keepdim=True))
        ours[f"{own}.bias"] = theirs[f"{name}.bias"]
        for value in (ours[f"{own}.weight"], ours[f"{own}.bias"]):
            if not torch.isfinite(value).all():
                raise UserError(
                    f"{where}: {name} holds NaN or infinite values; did its training fail?"
                )
    model.load_state_dict(ours)
    info = describe("vocoder", config, mel, sizes={}, step=0, metrics={}, data_sha256="")
    return model.eval().requires_grad_(False), info


def _sizes(theirs: dict[str, Tensor], where: str) -> tuple[VocoderConfig, MelConfig]:
    """Channels, factors, kernels, bands and hop of a generator.

    Raises:
        UserError: these are not such sizes.
    """
    if "resblocks.0.convs.0.weight_v" in theirs:
        raise UserError(
            f"{where}: is of HiFi-GAN V3's form (residual blocks of type 2); only V1's is known"
        )
    stages = _count(theirs, r"ups\.(\d+)\.weight_v")
    blocks = _count(theirs, r"resblocks\.(\d+)\.convs1\.0\.weight_v")
    if not stages or not blocks or blocks % stages:
        raise UserError(
            f"{where}: has {stages} up-samplings and {blocks} residual blocks under weight normalisation; "
            "is it a HiFi-GAN generator of V1's form, as its training saved it?"
        )
    width, bands, _ = _shape(theirs, "conv_pre", where)
    upsample = [_shape(theirs, f"ups.{stage}", where)[2] // 2 for stage in range(stages)]
    kernels = [
        _shape(theirs, f"resblocks.{block}.convs1.0", where)[2] for block in range(blocks // stages)
    ]
    sizes = {"kind": "hifigan", "width": width, "upsample": upsample, "kernels": kernels}
    try:
        mel = parse(MelConfig, {"hop": math.prod(upsample), "bands": bands}, "mel")
        config = parse(VocoderConfig, sizes, "vocoder")
        config.check_fits(mel)
    except UserError as error:
        raise UserError(
            f"{where}: its shapes are not those of a generator of V1's form: {error}"
        ) from error
    return config, mel


def _count(theirs: dict[str, Tensor], pattern: str) -> int:
    return len([name for name in theirs if re.fullmatch(pattern, name)])


def _shape(theirs: dict[str, Tensor], name: str, where: str) -> tuple[int, int, int]:
    value = theirs.get(f"{name}.weight_v")
    if value is None or value.ndim != 3:
        found = "missing" if value is None else f"of shape {tuple(value.shape)}"
        raise UserError(
            f"{where}: tensor {name}.weight_v is {found}; is it another network's file?"
        )
    return tuple(value.shape)


def _names(config: VocoderConfig) -> dict[str, str]:
    """Their name of each convolution: ours."""
    names = {"conv_pre": "embed", "conv_post": "head"}
    for stage in range(len(config.upsample)):
        names[f"ups.{stage}"] = f"stages.{stage}.upsample"
        for kernel in range(len(config.kernels)):
            block = f"resblocks.{stage * len(config.kernels) + kernel}"
            own = f"stages.{stage}.blocks.{kernel}"
            for depth in range(len(DILATIONS)):
                names[f"{block}.convs1.{depth}"] = f"{own}.dilated.{depth}"
                names[f"{block}.convs2.{depth}"] = f"{own}.plain.{depth}"
    return names
