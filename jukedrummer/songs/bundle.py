"""The format of a bundle: `drummer.json` and one safetensors file for each of its models."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from jukedrummer.audio.mel import check_same_mel
from jukedrummer.config import (
    BEATS,
    PARTS,
    BeatsConfig,
    GenerateConfig,
    ModelKind,
    from_stored,
    kind_from_stored,
    plain,
)
from jukedrummer.errors import UserError
from jukedrummer.storage.files import read_json, sha256
from jukedrummer.storage.weights import ModelInfo, info_from

FORMAT_VERSION = 1
# Models of every bundle: name, which is also the file's -> kind of network.
MODELS: dict[str, ModelKind] = {
    "drums": "vqvae",
    "drumless": "vqvae",
    "lm": "lm",
    "vocoder": "vocoder",
}

# Models of some bundles.
OPTIONAL_MODELS: dict[str, ModelKind] = {"score": "score"}


@dataclass(frozen=True)
class Bundle:
    """A bundle, as `drummer.json` describes it.

    Attributes:
        infos: the description of each model, by its name.
        files: the file of each model, by its name.
        beats: settings of the beat tracker.
        generate: default settings of the sampling.
    """

    infos: dict[str, ModelInfo]
    files: dict[str, Path]
    beats: BeatsConfig
    generate: GenerateConfig


def models_with(beats: BeatsConfig) -> dict[str, ModelKind]:
    """The models of a bundle with this tracker: `MODELS`, and the tracker if it is trained."""
    return MODELS | {"tracker": "tracker"} if beats.trained else MODELS


def describe_bundle(
    folder: Path, infos: dict[str, ModelInfo], beats: BeatsConfig, generate: GenerateConfig
) -> dict[str, Any]:
    """The content of `drummer.json`, which `read_bundle` reads.

    Args:
        folder: the bundle, which contains the weights of each model as `{name}.safetensors`.
        infos: the description of each model, by its name.
        beats: settings of the beat tracker.
        generate: default settings of the sampling.
    """
    return {
        "format_version": FORMAT_VERSION,
        # The metrics are in metrics.json and on the page. The networks can be built without them.
        "models": {name: asdict(replace(info, metrics={})) for name, info in infos.items()},
        "files": {f"{name}.safetensors": sha256(folder / f"{name}.safetensors") for name in infos},
        "beats": plain(beats),
        "generate": plain(generate),
    }


def read_bundle(folder: Path) -> Bundle:
    """Read the description of a bundle of this or an older version, and check its files.

    Raises:
        UserError: there is no such folder, or a file is missing, broken or not the bundle's own.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such folder, or a file; "
            "a bundle is a folder with drummer.json and the weights of its models (make demo makes "
            "results/lm_beat_high)"
        )
    description = _read_description(folder / "drummer.json")
    beats = kind_from_stored(BEATS, description["beats"], f"{folder}: beats")
    infos, files = {}, {}
    optional = [name for name in OPTIONAL_MODELS if name in description["models"]]
    for name in (*models_with(beats), *optional):
        file = folder / f"{name}.safetensors"
        if name not in description["models"] or file.name not in description["files"]:
            raise UserError(
                f"{folder / 'drummer.json'}: does not describe the model {name!r}; was it edited?"
            )
        infos[name] = info_from(description["models"][name], str(folder))
        _check_file(file, description["files"][file.name])
        files[name] = file
    generate = from_stored(GenerateConfig, description["generate"], f"{folder}: generate")
    return Bundle(infos, files, beats, generate)


def check_match(infos: dict[str, ModelInfo]) -> None:
    """Check that the models of a bundle fit together.

    Raises:
        UserError: they have different mels, or a VQ-VAE does not have the number of codes or of mel
            frames for each code that the language model expects.
    """
    lm = infos["lm"]
    for name in MODELS:
        check_same_mel(lm.mel_config, infos[name].mel, f"the model {name}")
    for part in PARTS:
        vqvae = infos[part]
        codes, expected = vqvae.config["codebook_size"], lm.sizes[f"{part}_codebook"]
        if codes != expected:
            raise UserError(
                f"the {part} VQ-VAE has {codes} codes, the language model expects {expected}"
            )
        frames, expected = vqvae.sizes["frames_per_code"], lm.sizes["frames_per_code"]
        if frames != expected:
            raise UserError(
                f"the {part} VQ-VAE has {frames} mel frames for each code, the language model "
                f"expects {expected}; train both with the same clip.frames_per_code"
            )


def _read_description(path: Path) -> dict[str, Any]:
    description = read_json(path)
    if not isinstance(description, dict) or description.get("format_version") != FORMAT_VERSION:
        raise UserError(f"{path}: is not the description of a bundle of format {FORMAT_VERSION}")
    for key in ("models", "files", "beats", "generate"):
        if not isinstance(description.get(key), dict):
            raise UserError(f"{path}: has no {key!r}; was it edited or cut off?")
    return description


def _check_file(file: Path, digest: str) -> None:
    """Raise UserError if a file of weights is missing or has another SHA-256."""
    if not file.is_file():
        raise UserError(f"{file}: is missing; copy the whole bundle")
    if sha256(file) != digest:
        raise UserError(
            f"{file}: is not the file that drummer.json lists; copy the whole bundle again"
        )
