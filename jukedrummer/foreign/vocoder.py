"""Converts a released HiFi-GAN generator of V1's form to `HiFiGAN` (arXiv 2010.05646)."""

import math
import re
from pathlib import Path
from typing import Any

from torch import Tensor

from jukedrummer.config import MelConfig, parse
from jukedrummer.errors import UserError
from jukedrummer.foreign.tensors import state_dict
from jukedrummer.model.vocoders.hifigan import DILATIONS, HiFiGAN, HiFiGANConfig
from jukedrummer.storage.weights import ModelInfo, check_state, describe


def convert(values: Any, where: str) -> tuple[HiFiGAN, ModelInfo]:
    """The network of `{"generator": state dict}`, whose weights have weight normalisation.

    Sizes come from the shapes: an up-sampling factor is half its kernel. Other settings do not
    affect the shapes. They are those of V1 and of the authors: dilations 1, 3, 5; the mel of 44.1
    kHz, log10, not standardised.

    Args:
        values: what `read_checkpoint` returned.
        where: the file, for messages.

    Raises:
        UserError: there is no generator, it has another form, or a tensor is missing, extra or has
            a wrong shape.
    """
    released = state_dict(values, "generator", where)
    config, mel = _sizes(released, where)
    model = HiFiGAN(config, mel)
    names, state = released_names(config), model.state_dict()
    expected: dict[str, Tensor] = {}
    for own, name in names.items():
        weight = state[f"{own}.weight"]
        expected |= {f"{name}.weight_v": weight, f"{name}.weight_g": weight[:, :1, :1]}
        expected[f"{name}.bias"] = state[f"{own}.bias"]
    check_state(Path(where), expected, released)
    for own, name in names.items():
        direction, length = released[f"{name}.weight_v"], released[f"{name}.weight_g"]
        weight = direction * (length / direction.norm(dim=(1, 2), keepdim=True))
        if not weight.isfinite().all():
            raise UserError(f"{where}: {name} holds NaN or infinite values; did its training fail?")
        state |= {f"{own}.weight": weight, f"{own}.bias": released[f"{name}.bias"]}
    model.load_state_dict(state)
    info = describe("vocoder", config, mel, sizes={}, step=0, metrics={}, data_sha256="")
    return model.eval().requires_grad_(False), info


def _sizes(released: dict[str, Tensor], where: str) -> tuple[HiFiGANConfig, MelConfig]:
    """Channels, factors, kernels, bands and hop of a generator.

    Raises:
        UserError: the shapes are not those of a generator.
    """
    stages, blocks = _counts(released, where)
    width, bands, _ = _shape(released, "conv_pre", where)
    upsample = [_shape(released, f"ups.{stage}", where)[2] // 2 for stage in range(stages)]
    kernels = [
        _shape(released, f"resblocks.{block}.convs1.0", where)[2]
        for block in range(blocks // stages)
    ]
    sizes = {"width": width, "upsample": upsample, "kernels": kernels}
    try:
        mel = parse(MelConfig, {"hop": math.prod(upsample), "bands": bands}, "mel")
        config = parse(HiFiGANConfig, sizes, "vocoder")
        config.check_mel(mel)
    except UserError as error:
        raise UserError(
            f"{where}: its shapes are not those of a generator of V1's form: {error}"
        ) from error
    return config, mel


def _counts(released: dict[str, Tensor], where: str) -> tuple[int, int]:
    """The numbers of up-samplings and of residual blocks."""
    if "resblocks.0.convs.0.weight_v" in released:
        raise UserError(
            f"{where}: has HiFi-GAN V3's form (residual blocks of type 2); only V1 is supported"
        )
    stages = _count(released, r"ups\.(\d+)\.weight_v")
    blocks = _count(released, r"resblocks\.(\d+)\.convs1\.0\.weight_v")
    if not stages or not blocks or blocks % stages:
        raise UserError(
            f"{where}: has {stages} up-samplings and {blocks} residual blocks "
            "under weight normalisation; is it a HiFi-GAN generator of V1's form, as its training "
            "saved it?"
        )
    return stages, blocks


def _count(released: dict[str, Tensor], pattern: str) -> int:
    return len([name for name in released if re.fullmatch(pattern, name)])


def _shape(released: dict[str, Tensor], name: str, where: str) -> tuple[int, int, int]:
    value = released.get(f"{name}.weight_v")
    if value is None or value.ndim != 3:
        problem = "missing" if value is None else f"of shape {tuple(value.shape)}"
        raise UserError(
            f"{where}: tensor {name}.weight_v is {problem}; is it another network's file?"
        )
    outputs, inputs, taps = value.shape
    return outputs, inputs, taps


def released_names(config: HiFiGANConfig) -> dict[str, str]:
    """The released name of each convolution of `HiFiGAN`."""
    names = {"embed": "conv_pre", "head": "conv_post"}
    for stage in range(len(config.upsample)):
        names[f"stages.{stage}.upsample"] = f"ups.{stage}"
        for kernel in range(len(config.kernels)):
            own = f"stages.{stage}.blocks.{kernel}"
            block = f"resblocks.{stage * len(config.kernels) + kernel}"
            for depth in range(len(DILATIONS)):
                names[f"{own}.dilated.{depth}"] = f"{block}.convs1.{depth}"
                names[f"{own}.plain.{depth}"] = f"{block}.convs2.{depth}"
    return names
