"""Models on disk: `weights.safetensors` and `model.json`. Nothing is unpickled."""

import subprocess
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from jukedrummer import __version__
from jukedrummer.config import (
    LM,
    SAMPLE_RATE,
    VOCODER,
    VQVAE,
    MelConfig,
    OneOf,
    ScoreConfig,
    Section,
    TrackerConfig,
    TranscriberConfig,
    from_stored,
    kind_from_stored,
    plain,
)
from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_path, read_json, write_json

# The section of the config with a model's settings.
SECTIONS: dict[str, OneOf | type[Section]] = {
    "vqvae": VQVAE,
    "lm": LM,
    "vocoder": VOCODER,
    "tracker": TrackerConfig,
    "transcriber": TranscriberConfig,
    "score": ScoreConfig,
}


@dataclass(frozen=True)
class ModelInfo:
    """The content of `model.json`: all that is needed to build the network, and its origin."""

    kind: str  # vqvae, vocoder, lm, tracker, transcriber, score
    config: dict[str, Any]  # of the kind's dataclass
    mel: dict[str, Any]  # of MelConfig; tracker: empty (it has its own features)
    sizes: dict[str, int]  # frames_per_code, codebooks; tracker: index of each class
    step: int
    metrics: dict[str, Any]
    data_sha256: str
    part: str | None = None
    level_db: tuple[float, float] | None = None  # lm: range of the drumless clips' levels
    parameters: int = 0
    version: str = __version__
    commit: str | None = None

    @property
    def section(self) -> Any:
        """The model's settings, parsed. They may be of an older version."""
        kind = SECTIONS[self.kind]
        if isinstance(kind, OneOf):
            return kind_from_stored(kind, self.config, self.kind)
        return from_stored(kind, self.config, self.kind)

    @property
    def mel_config(self) -> MelConfig:
        """The mel that the model was trained on."""
        rate = self.mel.get("sample_rate", SAMPLE_RATE)
        if rate != SAMPLE_RATE:
            raise UserError(
                f"the model works at {rate} samples a second; only {SAMPLE_RATE} is supported"
            )
        return from_stored(MelConfig, self.mel, "mel")


def describe(kind: str, config: Any, mel: MelConfig, **others: Any) -> ModelInfo:
    """A `ModelInfo` from the dataclasses of the config."""
    return ModelInfo(kind=kind, config=plain(config), mel=plain(mel), commit=git_commit(), **others)


def git_commit() -> str | None:
    """The commit of the package's git checkout; None if it is not in one."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def save_weights(path: Path, model: nn.Module) -> None:
    """Write a network's weights and buffers as safetensors, atomically."""
    with atomic_path(path) as temporary:
        state = {
            name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()
        }
        # safetensors' save_file makes files that only their owner can read.
        temporary.write_bytes(safetensors.torch.save(state))


def save_model(folder: Path, model: nn.Module, info: ModelInfo) -> None:
    """Write both files of a model to `folder`."""
    save_weights(folder / "weights.safetensors", model)
    write_json(folder / "model.json", asdict(info))


def load_info(path: Path) -> ModelInfo:
    """Read and check a `model.json`.

    Raises:
        UserError: the file is missing, is not JSON, or does not describe a model.
    """
    return info_from(read_json(path), str(path))


def info_from(values: Any, where: str) -> ModelInfo:
    """A `ModelInfo` from JSON values.

    Raises:
        UserError: a key is missing or unknown, or the kind is unknown.
    """
    try:
        info = ModelInfo(**values)
    except TypeError as error:
        raise UserError(f"{where}: does not describe a model ({error})") from error
    if info.kind not in SECTIONS:
        raise UserError(f"{where}: describes a {info.kind!r}; known are {', '.join(SECTIONS)}")
    return replace(info, config=plain(info.section))


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, by name.

    Raises:
        UserError: the file is missing or cut off.
    """
    try:
        return safetensors.torch.load_file(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; is the model's folder complete?") from error
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(
            f"{path}: is not a whole safetensors file ({error}); copy or train it again"
        ) from error


def check_state(
    path: Path, expected: dict[str, torch.Tensor], found: dict[str, torch.Tensor]
) -> None:
    """Compare names and shapes.

    Raises:
        UserError: a tensor is missing, extra or has a wrong shape; the message names the first.
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


def default_device() -> str:
    """cuda if there is a GPU, else cpu."""
    return "cuda" if torch.cuda.is_available() else "cpu"
