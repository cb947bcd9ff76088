"""Training of the vocoder on drum recordings. A vocoder that is not trained is only measured."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from jukedrummer.audio.mel import check_same_mel
from jukedrummer.config import MelConfig, TrainedVocoderConfig, VocoderConfig, plain
from jukedrummer.config.checks import check
from jukedrummer.errors import UserError
from jukedrummer.model.build import load_model, load_vqvae, make_vocoder
from jukedrummer.model.layers import Standardise
from jukedrummer.model.vocoders.hifigan import HiFiGANConfig
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.storage.tables import HistoryRow, write_table
from jukedrummer.storage.weights import ModelInfo, describe, save_model
from jukedrummer.training.hifigan import HiFiGANTask
from jukedrummer.training.loop import train
from jukedrummer.training.recordings import Recording, data_hash, recordings, track_statistics
from jukedrummer.training.vocoder_task import VocoderMeasure, VocoderTask


def load_drums(folder: Path | None, vocoder: VocoderConfig, mel: MelConfig) -> Autoencoder | None:
    """The VQ-VAE that encodes and decodes the mels first; None if `vocoder.through_vqvae` is false.

    Raises:
        UserError: the VQ-VAE is missing, not needed, not that of the drums, or has another mel.
    """
    if vocoder.through_vqvae and folder is None:
        raise UserError(
            "vocoder.through_vqvae is true; name the folder of the drums' VQ-VAE with --drums"
        )
    if folder is None:
        return None
    if not vocoder.through_vqvae:
        raise UserError(
            f"--drums is {folder}, but vocoder.through_vqvae is false: it would not be used"
        )
    model, info = load_vqvae(folder)
    if info.part != "drums":
        raise UserError(f"{folder}: is the VQ-VAE of the part {info.part}, expected drums")
    check_same_mel(mel, info.mel, str(folder))
    return model


def initial_vocoder(
    vocoder: TrainedVocoderConfig, mel: MelConfig, tracks: list[Recording]
) -> nn.Module:
    """The initial network of the training: with random weights, or that of `warm_start`.

    If it has a layer `standardise`, the statistics of the recordings are set in it.

    Raises:
        UserError: the network of `warm_start` has another kind, other sizes or another mel.
    """
    model = make_vocoder(vocoder, mel)
    if vocoder.warm_start is None:
        standardise = getattr(model, "standardise", None)
        if isinstance(standardise, Standardise):
            standardise.set(*track_statistics(tracks, mel))
        return model
    trained, info = load_model(vocoder.warm_start, "vocoder")
    for name in ("kind", *vocoder.sizes):
        here, there = plain(vocoder)[name], info.config[name]
        if here != there:
            raise UserError(
                f"vocoder.warm_start {vocoder.warm_start}: its {name} is {there}, "
                f"vocoder.{name} is {here}"
            )
    check_same_mel(mel, info.mel, str(vocoder.warm_start))
    model.load_state_dict(trained.state_dict())
    return model


def make_task(
    vocoder: TrainedVocoderConfig,
    mel: MelConfig,
    tracks: list[Recording],
    valid: list[Recording],
    drums: Autoencoder | None = None,
) -> VocoderTask:
    """The task for the vocoder: `HiFiGAN` has its own, all other vocoders share one."""
    model = initial_vocoder(vocoder, mel, tracks)
    if isinstance(vocoder, HiFiGANConfig):
        return HiFiGANTask(model, vocoder, mel, tracks, valid, drums)
    return VocoderTask(model, vocoder, mel, tracks, valid, drums)


def fit_vocoder(
    pairs: list[Path],
    output: Path,
    *,
    mel: MelConfig,
    vocoder: VocoderConfig,
    drums: Path | None = None,
    devices: int = 1,
) -> ModelInfo:
    """Train the vocoder on the drums of the training songs, and compare it with Griffin-Lim.

    Args:
        pairs: folders of the shards.
        output: folder of the model.
        mel: settings of the vocoder's mel.
        vocoder: settings of the vocoder.
        drums: folder of the drums' VQ-VAE, for `vocoder.through_vqvae`.
        devices: processes that share the training.

    Raises:
        UserError: there are no songs, a VQ-VAE or a `warm_start` does not fit, or HiFi-GAN is to be
            trained on several devices.
    """
    check({"vocoder": vocoder, "mel": mel})
    vocoder.check_machine("vocoder")
    if isinstance(vocoder, HiFiGANConfig) and devices > 1:
        raise UserError(f"--devices is {devices}; HiFi-GAN, two networks, is trained on one device")
    tracks, valid = recordings(pairs, "train"), recordings(pairs, "valid")
    if isinstance(vocoder, TrainedVocoderConfig):
        torch.manual_seed(vocoder.optim.seed)
    codec = load_drums(drums, vocoder, mel)
    models = [Path(folder) for folder in (drums, getattr(vocoder, "warm_start", None)) if folder]
    data = data_hash(pairs, tracks, models)
    info = describe("vocoder", vocoder, mel, sizes={}, step=0, metrics={}, data_sha256=data)
    if isinstance(vocoder, TrainedVocoderConfig):
        task = make_task(vocoder, mel, tracks, valid, codec)
        return train(task, output, info, vocoder.optim, devices)
    model = make_vocoder(vocoder, mel)
    return _save_measured(VocoderMeasure(model, vocoder, mel, valid, codec), output, info)


def _save_measured(measure: VocoderMeasure, output: Path, info: ModelInfo) -> ModelInfo:
    info = replace(info, metrics=measure.validate())
    save_model(output, measure.model, info)
    write_table(output / "history.csv", HistoryRow, [])
    return info
