"""Filling a bundle: weights, samples of the held-out songs, the page and the model card."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import peak_gain, read_audio, write_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.trackers.drum_aware import DrumAwareConfig, network_folder
from jukedrummer.config import BeatsConfig, EvaluateConfig, GenerateConfig, changed, plain
from jukedrummer.corpus.manifest import SPLITS
from jukedrummer.corpus.pairs import Pair, all_pairs, held_out
from jukedrummer.report.inputs import Clip, Licence, ReportInputs, TrainedModel
from jukedrummer.report.model_card import write_model_card
from jukedrummer.report.page import write_report
from jukedrummer.report.summary import read_metrics
from jukedrummer.songs.bundle import describe_bundle
from jukedrummer.storage.files import write_json
from jukedrummer.storage.weights import ModelInfo, load_info

MODEL_TITLES = {
    "drums": "VQ-VAE of the drums",
    "drumless": "VQ-VAE of the drumless recordings",
    "lm": "Language model",
    "vocoder": "Vocoder",
    "tracker": "Beat tracker",
}


@dataclass(frozen=True)
class BundleSources:
    """The inputs of a bundle.

    Attributes:
        pairs: folders of the shards.
        models: the folder of each model in `songs.bundle.MODELS`, by its name.
        generated: folder with the held-out songs' drums, from the stage generate.
        evaluation: folder with their `metrics.json`, from the stage evaluate.
    """

    pairs: Sequence[Path]
    models: dict[str, Path]
    generated: Path
    evaluation: Path


def fill_bundle(
    folder: Path,
    name: str,
    sources: BundleSources,
    beats: BeatsConfig,
    generate: GenerateConfig,
    evaluate: EvaluateConfig,
    command: str,
) -> None:
    """Write all files of a bundle.

    Args:
        folder: an empty folder.
        name: name of the bundle, e.g. lm_beat_high.
        sources: its inputs.
        beats: settings of the beat tracker. They are stored, with the network if it was trained.
        generate: default settings of the sampling. They are stored.
        evaluate: the number of songs on the page.
        command: the shell command that makes the bundle.

    Raises:
        UserError: a file is missing or damaged.
    """
    songs = [pair for pair, _ in all_pairs(sources.pairs)]
    models = dict(sources.models)
    if isinstance(beats, DrumAwareConfig):
        models["tracker"] = network_folder(beats)
        beats = changed(beats, weights=None)  # the bundle contains the network
    infos = {part: load_info(source / "model.json") for part, source in models.items()}
    for part, source in models.items():
        shutil.copyfile(source / "weights.safetensors", folder / f"{part}.safetensors")
    shutil.copyfile(sources.evaluation / "metrics.json", folder / "metrics.json")
    clips = _samples(held_out(sources.pairs), sources.generated, folder / "samples")
    licences = _licences(songs, beats)
    description = describe_bundle(folder, infos, beats, generate)
    write_json(folder / "drummer.json", {**description, "licences": [asdict(x) for x in licences]})
    inputs = ReportInputs(
        name=name,
        beats=infos["lm"].config["beats"],
        metrics=read_metrics(sources.evaluation / "metrics.json"),
        models=tuple(
            TrainedModel(MODEL_TITLES[part], source / "history.csv", asdict(infos[part]))
            for part, source in models.items()
        ),
        clips=tuple(clips[: evaluate.samples]),
        settings=_settings(infos, beats=beats, generate=generate, evaluate=evaluate),
        data=_data(songs),
        licences=licences,
        commands=(command,),
        mel=infos["lm"].mel_config,
    )
    write_report(folder / "report.html", inputs)
    write_model_card(folder / "README.md", inputs)


def _samples(songs: Sequence[tuple[Pair, Path]], generated: Path, output: Path) -> list[Clip]:
    """Write the recordings of every held-out song: drumless, generated drums, mix, real drums."""
    clips = []
    for pair, folder in tqdm(songs, desc="samples", unit="song"):
        drumless, real = (read_audio(folder / f"{part}.flac") for part in ("drumless", "drums"))
        drums = read_audio(generated / pair.song / "drums.flac")
        mix = drumless + drums
        mix = mix * peak_gain(mix)
        tracks = {"drumless": drumless, "generated": drums, "mix": mix, "real": real}
        files = {name: output / pair.song / f"{name}.flac" for name in tracks}
        for name, audio in tracks.items():
            write_audio(files[name], np.asarray(audio))
        beats = read_beats(generated / pair.song / "beats.tsv")
        clips.append(Clip(song=pair.song, about=_about(pair), beats=beats, **files))
    return clips


def _about(song: Pair) -> str:
    tempo = "" if song.bpm is None else f"{song.bpm:.0f} BPM"
    return ", ".join(filter(None, (song.style, tempo)))


def _licences(songs: Sequence[Pair], beats: BeatsConfig) -> tuple[Licence, ...]:
    names = sorted({song.licence for song in songs if song.licence})
    data = [Licence("the training songs", name) for name in names or ["not stated"]]
    tracker = getattr(beats.module, "LICENCE", None)
    return (*data, Licence(*tracker)) if tracker else tuple(data)


def _data(songs: Sequence[Pair]) -> str:
    train, valid, test = (sum(song.split == split for song in songs) for split in SPLITS)
    styles = sorted({song.style for song in songs if song.style})
    text = f"{train} songs for training, {valid} for validation, {test} held out."
    return text + (f" Styles: {', '.join(styles)}." if styles else "")


def _settings(
    infos: dict[str, ModelInfo], **sections: BeatsConfig | GenerateConfig | EvaluateConfig
) -> dict[str, Any]:
    """Every setting that the bundle was made with, by section of the config."""
    models = {name: info.config for name, info in infos.items()}
    return models | {name: plain(section) for name, section in sections.items()}
