"""Models on disk: `weights.safetensors` beside `model.json`. Nothing is ever unpickled."""

import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from jukedrummer import __version__
from jukedrummer.config import (
    LMConfig,
    MelConfig,
    TrackerConfig,
    VocoderConfig,
    VQVAEConfig,
    parse,
    plain,
)
from jukedrummer.errors import UserError
from jukedrummer.model.drum_aware import make_tracker_network
from jukedrummer.model.families import make_lm, make_vqvae
from jukedrummer.model.vocoder import make_vocoder
from jukedrummer.storage.files import atomic_path, read_json, write_json

CONFIGS = {"vqvae": VQVAEConfig, "vocoder": VocoderConfig, "lm": LMConfig, "tracker": TrackerConfig}


@dataclass(frozen=True)
class ModelInfo:
    """What `model.json` holds: enough to build the network and to know where it came from."""

    kind: str  # vqvae, vocoder, lm, tracker
    config: dict[str, Any]  # of the kind's dataclass
    mel: dict[str, Any]  # of MelConfig; tracker: empty, it has features of its own
    sizes: dict[
        str, int
    ]  # what the data fixed: frames_per_code, codebooks; tracker: index of each class
    step: int
    metrics: dict[str, Any]
    data_sha256: str
    part: str | None = None
    level_db: tuple[float, float] | None = None  # lm: how loud the drumless training clips are
    parameters: int = 0
    version: str = __version__
    commit: str | None = None

    @property
    def mel_config(self) -> MelConfig:
        """The mel that the model was trained on."""
        return parse(MelConfig, self.mel, "mel")


def build(info: ModelInfo) -> nn.Module:
    """The untrained network that `info` describes."""
    config = parse(CONFIGS[info.kind], info.config, info.kind)
    if info.kind == "vqvae":
        return make_vqvae(config, info.mel_config.bands, info.sizes["frames_per_code"])
    if info.kind == "vocoder":
        return make_vocoder(config, info.mel_config)
    if info.kind == "tracker":
        return make_tracker_network(config)
    return make_lm(config, info.mel_config.bands, **info.sizes)


def describe(kind: str, config: Any, mel: MelConfig, **others: Any) -> ModelInfo:
    """A `ModelInfo` from the dataclasses of the config."""
    return ModelInfo(
        kind=kind, config=plain(config), mel=asdict(mel), commit=git_commit(), **others
    )


def git_commit() -> str | None:
    """The commit of the checkout that the package runs from, None elsewhere."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def save_weights(path: Path, model: nn.Module) -> None:
    """Write a network's weights and buffers as safetensors, whole or not at all."""
    with atomic_path(path) as temporary:
        state = {
            name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()
        }
        # Their own save_file makes files that only their owner can read.
        temporary.write_bytes(safetensors.torch.save(state))


def save_model(folder: Path, model: nn.Module, info: ModelInfo) -> None:
    """Write both files of a model to `folder`."""
    save_weights(folder / "weights.safetensors", model)
    write_json(folder / "model.json", asdict(info))


def load_info(path: Path) -> ModelInfo:
    """Read and check a `model.json`.

    Raises:
        UserError: missing, not JSON, or not of a model.
    """
    return info_from(read_json(path), str(path))


def info_from(values: Any, where: str) -> ModelInfo:
    """A `ModelInfo` from JSON values.

    Raises:
        UserError: keys are missing or unknown, or the kind is.
    """
    try:
        info = ModelInfo(**values)
    except TypeError as error:
        raise UserError(f"{where}: does not describe a model ({error})") from error
    if info.kind not in CONFIGS:
        raise UserError(f"{where}: describes a {info.kind!r}; known are {', '.join(CONFIGS)}")
    return info


def load_weights(path: Path, info: ModelInfo) -> nn.Module:
    """The trained network, in evaluation mode, on the CPU.

    Raises:
        UserError: the file is missing, cut off, or its tensors are not those of the network.
    """
    model = build(info)
    try:
        state = safetensors.torch.load_file(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; is the model's folder complete?") from error
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(
            f"{path}: is not a whole safetensors file ({error}); copy or train it again"
        ) from error
    check_state(path, model.state_dict(), state)
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def check_state(
    path: Path, expected: dict[str, torch.Tensor], found: dict[str, torch.Tensor]
) -> None:
    """Compare names and shapes.

    Raises:
        UserError: naming the first tensor that is missing, extra or misshapen.
    """
    for name, value in expected.items():
        if name not in found:
            raise UserError(f"{path}: tensor {name} is missing; is this another network's file?")
        if found[name].shape != value.shape:
            shapes = f"{tuple(found[name].shape)}, expected {tuple(value.shape)}"
            raise UserError(f"{path}: tensor {name} is {shapes}; was it made with other sizes?")
    for name in found:
        if name not in expected:
            raise UserError(f"{path}: has a foreign tensor {name}; is this another network's file?")


def load_model(folder: Path | str, kind: str) -> tuple[nn.Module, ModelInfo]:
    """The network of `folder`, in evaluation mode, and its description.

    Raises:
        UserError: a missing, broken or foreign file, or a model of another kind.
    """
    folder = Path(folder)
    info = load_info(folder / "model.json")
    if info.kind != kind:
        raise UserError(f"{folder}: holds a {info.kind}, expected a {kind}")
    return load_weights(folder / "weights.safetensors", info), info


def default_device() -> str:
    """cuda where there is a GPU, else cpu."""
    return "cuda" if torch.cuda.is_available() else "cpu"
