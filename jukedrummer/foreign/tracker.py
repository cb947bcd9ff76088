"""The authors' drum-aware beat tracker (`RNNBeatProc.pth`) and their single BLSTM: plain state dicts."""

import re
from typing import Any

from torch import Tensor, nn

from jukedrummer.config import TrackerConfig, parse, plain
from jukedrummer.errors import UserError
from jukedrummer.foreign import state_dict
from jukedrummer.model.drum_aware import make_tracker_network
from jukedrummer.storage.weights import ModelInfo, check_state

# The order of the classes in the authors' networks: what they published to evaluate them reads the downbeat
# from the second column and the beat from the third. The file itself does not say.
CLASSES = {"none": 0, "downbeat": 1, "beat": 2}

# Our names of the networks and of what is in them, and theirs.
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
    """The network of a file of theirs, in evaluation mode, and its description.

    Args:
        values: what `read_checkpoint` gives.
        where: the file, for messages.

    Raises:
        UserError: another network, or tensors that are missing, extra or misshapen.
    """
    theirs = state_dict(values, None, where)
    config = _config(theirs, where)
    model = make_tracker_network(config)
    names = {ours: _their_name(ours) for ours in model.state_dict()}
    check_state(where, {names[ours]: value for ours, value in model.state_dict().items()}, theirs)
    model.load_state_dict({ours: theirs[name] for ours, name in names.items()})
    info = ModelInfo(
        kind="tracker",
        config=plain(config),
        mel={},
        sizes=CLASSES,
        step=0,
        metrics={},
        data_sha256="",
        parameters=sum(value.numel() for value in model.parameters()),
    )
    return model.eval().requires_grad_(False), info


def _config(theirs: dict[str, Tensor], where: str) -> TrackerConfig:
    """The sizes, from the shapes of the tensors."""
    whole = "nodrumBeat.fc1.weight" in theirs
    branch = "nodrumBeat." if whole else ""
    second_stage = f"{branch}feature_fc.weight"
    sizes = {
        "kind": "drum_aware" if whole else "blstm",
        "hidden": _rows(theirs, f"{branch}lstm.weight_hh_l0", where) // 4,
        "layers": _layers(theirs, f"{branch}lstm"),
        "second_stage": _rows(theirs, second_stage, where) if second_stage in theirs else 0,
    }
    if whole:
        sizes["unmix_hidden"] = _rows(theirs, "BeatOU.fc1.weight", where)
        sizes["unmix_layers"] = _layers(theirs, "BeatOU.lstm")
    return parse(TrackerConfig, sizes, f"{where}: its size")


def _rows(theirs: dict[str, Tensor], name: str, where: str) -> int:
    if name not in theirs or not theirs[name].ndim:
        raise UserError(f"{where}: has no matrix {name}; is this a beat tracker's file?")
    return len(theirs[name])


def _layers(theirs: dict[str, Tensor], blstm: str) -> int:
    return sum(bool(re.fullmatch(rf"{re.escape(blstm)}\.weight_ih_l\d+", name)) for name in theirs)


def _their_name(ours: str) -> str:
    """Their name of one of our tensors, e.g. `drums.classes.bias` to `drumBeat.fc1.bias`."""
    first, _, rest = ours.partition(".")
    if first not in _NETWORKS:  # the single BLSTM
        return f"{_BEAT_NETWORK[first]}.{rest}"
    part, dot, tensor = rest.partition(".")
    parts = _UNMIX if first.startswith("unmix") else _BEAT_NETWORK
    return f"{_NETWORKS[first]}.{parts[part]}{dot}{tensor}"
