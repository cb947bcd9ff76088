"""Bundles of several kinds, ways to spoil one, and sounds."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.beats.trackers.drum_aware import DrumAwareConfig
from jukedrummer.config import BeatsConfig, GenerateConfig, Section, TrackerConfig, plain
from jukedrummer.model.build import build
from jukedrummer.songs.bundle import describe_bundle
from jukedrummer.storage.files import write_json
from jukedrummer.storage.weights import ModelInfo, save_weights
from tests import tiny

DRUM_AWARE = DrumAwareConfig()
TRACKER = ModelInfo(
    kind="tracker",
    config=plain(TrackerConfig(hidden=4, layers=1, second_stage=4, unmix_hidden=8, unmix_layers=1)),
    mel={},
    sizes={"none": 0, "beat": 1, "downbeat": 2},
    step=3,
    metrics={},
    data_sha256="none",
)
# Names of keys before they were renamed, by section.
OLD_NAMES = {
    "vqvae": {"codebook_size": "codebook", "dead_code_threshold": "restart_below"},
    "lm": {"attention_blocks": "blocks", "lookahead_blocks": "listen_blocks"},
    "vocoder": {},
    "optim": {"batch_size": "batch", "max_grad_norm": "clip_norm"},
}
# Keys of other kinds. In older versions, all kinds had them.
OTHER_KEYS: dict[str, dict[str, Any]] = {
    "vqvae": {"groups": 4},
    "lm": {"encoder_layers": 9, "blocks": 16},
    "vocoder": {
        "upsample": [8, 8, 2, 2],
        "kernels": [3, 7, 11],
        "discriminator_width": 1_024,
        "iterations": 60,
    },
    "beats": {"weights": None},
}


def write_tracker_bundle(folder: Path, beats: BeatsConfig = DRUM_AWARE) -> Path:
    """A bundle of tiny models with a trained tracker."""
    tiny.write_bundle(folder)
    save_weights(folder / "tracker.safetensors", build(TRACKER))
    infos = tiny.infos() | {"tracker": TRACKER}
    write_json(folder / "drummer.json", describe_bundle(folder, infos, beats, GenerateConfig()))
    return folder


def write_old_bundle(folder: Path) -> Path:
    """The bundle of `tiny`, with the description of older versions: old names of keys."""
    tiny.write_bundle(folder)
    description = json.loads((folder / "drummer.json").read_text())
    for info in description["models"].values():
        config = renamed(info["config"], OLD_NAMES[info["kind"]])
        config["optim"] = renamed(config["optim"], OLD_NAMES["optim"])
        info["config"] = config | OTHER_KEYS[info["kind"]]
        info["mel"]["sample_rate"] = 44_100
    description["beats"] |= OTHER_KEYS["beats"]
    write_json(folder / "drummer.json", description)
    return folder


def renamed(values: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A mapping with other names for some keys."""
    return {names.get(name, name): value for name, value in values.items()}


def edit(folder: Path, *keys: str, value: object) -> None:
    """Change a value in a bundle's `drummer.json`."""
    description = json.loads((folder / "drummer.json").read_text())
    inner = description
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    (folder / "drummer.json").write_text(json.dumps(description))


def remove_weights(folder: Path) -> None:
    (folder / "lm.safetensors").unlink()


def exchange_weights(folder: Path) -> None:
    shutil.copyfile(folder / "drums.safetensors", folder / "drumless.safetensors")


def truncate_weights(folder: Path) -> None:
    data = (folder / "vocoder.safetensors").read_bytes()
    (folder / "vocoder.safetensors").write_bytes(data[: len(data) // 2])


def noise(seconds: float = 2.0, rate: int = 44_100) -> np.ndarray:
    """White noise: (N,) float32."""
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * rate)).astype(np.float32)


def spectrum_peak(audio: np.ndarray, rate: int) -> float:
    """The frequency with the largest magnitude, hertz."""
    magnitude = np.abs(np.fft.rfft(audio, 1 << 14))
    return float(magnitude.argmax() * rate / (1 << 14))


def bounds(section: type[Section], key: str) -> tuple[float, float]:
    """The inclusive limits of a key of the config."""
    limits = section.model_fields[key].metadata
    low = next(item.ge for item in limits if hasattr(item, "ge"))
    high = next(item.le for item in limits if hasattr(item, "le"))
    return low, high
