"""Converts state dicts of the authors' drum-aware tracker (`RNNBeatProc.pth`) and single BLSTM."""

import re
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from jukedrummer.config import TrackerConfig, parse, plain
from jukedrummer.errors import UserError
from jukedrummer.foreign.tensors import state_dict
from jukedrummer.model.drum_aware import make_tracker_network
from jukedrummer.storage.weights import ModelInfo, check_state

# The columns of the logits. They are not in the file. In the authors' published evaluation, the
# second column is the downbeat and the third is the beat.
RELEASED_CLASSES = {"none": 0, "downbeat": 1, "beat": 2}

# Names of the networks and of their parts: this package's names, and the released names.
_NETWORKS = {
    "unmix_drumless": "BeatOU",
    "unmix_drums": "DrumOU",
    "mix": "mixBeat",
    "drumless": "nodrumBeat",
    "drums": "drumBeat",
    "fuser": "fuserBeat",
}
_BEAT_NETWORK = {"blstm": "lstm", "second_stage": "feature_fc", "classes": "fc1"}
_UNMIX = {
    "blstm": "lstm",
    "input_shift": "input_mean",
    "input_scale": "input_scale",
    "mask_shift": "output_mean",
    "mask_scale": "output_scale",
    "encode": "fc1",
    "encode_norm": "bn1",
    "decode": "fc2",
    "decode_norm": "bn2",
    "mask": "fc3",
    "mask_norm": "bn3",
}


def convert(values: Any, where: str) -> tuple[nn.Module, ModelInfo]:
    """The network of a released file, in evaluation mode, and its description.

    Args:
        values: what `read_checkpoint` returned.
        where: the file, for messages.

    Raises:
        UserError: the file has another network, or a tensor is missing, extra or has a wrong shape.
    """
    released = state_dict(values, None, where)
    config = _config(released, where)
    model = make_tracker_network(config)
    state = model.state_dict()
    names = {name: _released_name(name) for name in state}
    check_state(Path(where), {names[name]: value for name, value in state.items()}, released)
    model.load_state_dict({name: released[names[name]] for name in names})
    info = ModelInfo(
        kind="tracker",
        config=plain(config),
        mel={},
        sizes=RELEASED_CLASSES,
        step=0,
        metrics={},
        data_sha256="",
        parameters=sum(value.numel() for value in model.parameters()),
    )
    return model.eval().requires_grad_(False), info


def _config(released: dict[str, Tensor], where: str) -> TrackerConfig:
    """The sizes, from the shapes of the tensors."""
    whole = "nodrumBeat.fc1.weight" in released
    branch = "nodrumBeat." if whole else ""
    second_stage = f"{branch}feature_fc.weight"
    sizes = {
        "kind": "drum_aware" if whole else "blstm",
        "hidden": _rows(released, f"{branch}lstm.weight_hh_l0", where) // 4,
        "layers": _layers(released, f"{branch}lstm"),
        "second_stage": _rows(released, second_stage, where) if second_stage in released else 0,
    }
    if whole:
        sizes["unmix_hidden"] = _rows(released, "BeatOU.fc1.weight", where)
        sizes["unmix_layers"] = _layers(released, "BeatOU.lstm")
    return parse(TrackerConfig, sizes, f"{where}: its size")


def _rows(released: dict[str, Tensor], name: str, where: str) -> int:
    if name not in released or not released[name].ndim:
        raise UserError(f"{where}: has no matrix {name}; is this a beat tracker's file?")
    return len(released[name])


def _layers(released: dict[str, Tensor], blstm: str) -> int:
    pattern = re.compile(rf"{re.escape(blstm)}\.weight_ih_l\d+")
    return sum(bool(pattern.fullmatch(name)) for name in released)


def _released_name(name: str) -> str:
    """The released name of a tensor, e.g. `drumBeat.fc1.bias` for `drums.classes.bias`."""
    first, _, rest = name.partition(".")
    if first not in _NETWORKS:  # the single BLSTM
        return f"{_BEAT_NETWORK[first]}.{rest}"
    part, dot, tensor = rest.partition(".")
    parts = _UNMIX if first.startswith("unmix") else _BEAT_NETWORK
    return f"{_NETWORKS[first]}.{parts[part]}{dot}{tensor}"
