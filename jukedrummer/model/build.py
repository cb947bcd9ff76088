"""Networks from their descriptions: untrained, and with the weights of a folder."""

from pathlib import Path
from types import ModuleType
from typing import cast

from torch import nn

from jukedrummer.config import (
    LANGUAGE_MODELS,
    VOCODERS,
    VQVAES,
    LMConfig,
    MelConfig,
    ModelKind,
    Section,
    VocoderConfig,
    VQVAEConfig,
)
from jukedrummer.errors import UserError
from jukedrummer.model.beat_convolutions import BeatConvolutions
from jukedrummer.model.drum_aware import make_tracker_network
from jukedrummer.model.language_model import LanguageModel
from jukedrummer.model.score import ScoreNetwork
from jukedrummer.model.transcriber import TranscriberNetwork
from jukedrummer.model.vocoders import Vocoder
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.registry import Registry
from jukedrummer.storage.weights import ModelInfo, check_state, load_info, read_state


def make_vqvae(config: VQVAEConfig, bands: int, frames_per_code: int) -> Autoencoder:
    """The untrained VQ-VAE of the config's family.

    Args:
        config: of a family.
        bands: F.
        frames_per_code: mel frames for each code.
    """
    model: Autoencoder = _module(VQVAES, config).build(config, bands, frames_per_code)
    return model


def make_lm(
    config: LMConfig, bands: int, frames_per_code: int, drums_codebook: int, drumless_codebook: int
) -> LanguageModel:
    """The untrained language model of the config's family.

    Args:
        config: of a family.
        bands: F.
        frames_per_code: mel frames for each code.
        drums_codebook: K of the drums.
        drumless_codebook: K of the drumless recording.
    """
    family = _module(LANGUAGE_MODELS, config)
    sizes = (frames_per_code, drums_codebook, drumless_codebook)
    model: LanguageModel = family.build(config, bands, *sizes)
    return model


def make_vocoder(config: VocoderConfig, mel: MelConfig) -> Vocoder:
    """The untrained vocoder of the config's kind."""
    model: Vocoder = _module(VOCODERS, config).build(config, mel)
    return model


def _module(registry: Registry, config: Section) -> ModuleType:
    """The module of the registry that has the class of `config`."""
    return next(module for module in registry if module.Config is type(config))


def build(info: ModelInfo) -> nn.Module:
    """The untrained network that `info` describes."""
    if info.kind == "vqvae":
        return make_vqvae(info.section, info.mel_config.bands, info.sizes["frames_per_code"])
    if info.kind == "vocoder":
        return make_vocoder(info.section, info.mel_config)
    if info.kind == "tracker":
        convolutional = info.section.kind == "convolutional"
        return (BeatConvolutions if convolutional else make_tracker_network)(info.section)
    if info.kind == "transcriber":
        return TranscriberNetwork(info.section)
    if info.kind == "score":
        return ScoreNetwork(info.section)
    return cast(nn.Module, make_lm(info.section, info.mel_config.bands, **info.sizes))


def load_weights(path: Path, info: ModelInfo) -> nn.Module:
    """The trained network, in evaluation mode, on the CPU.

    Raises:
        UserError: the file is missing, cut off, or its tensors are not those of the network.
    """
    model, state = build(info), read_state(path)
    check_state(path, model.state_dict(), state)
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def load_model(folder: Path | str, kind: ModelKind) -> tuple[nn.Module, ModelInfo]:
    """The network of `folder`, in evaluation mode, and its description.

    Raises:
        UserError: a file is missing, broken or foreign, or the model is of another kind.
    """
    folder = Path(folder)
    info = load_info(folder / "model.json")
    if info.kind != kind:
        raise UserError(f"{folder}: holds a {info.kind}, expected a {kind}")
    return load_weights(folder / "weights.safetensors", info), info


def load_vqvae(folder: Path | str) -> tuple[Autoencoder, ModelInfo]:
    """As `load_model`, for a VQ-VAE."""
    model, info = load_model(folder, "vqvae")
    return cast(Autoencoder, model), info


def load_vocoder(folder: Path | str) -> tuple[Vocoder, ModelInfo]:
    """As `load_model`, for a vocoder."""
    model, info = load_model(folder, "vocoder")
    return cast(Vocoder, model), info
