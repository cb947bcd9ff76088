"""The bundle: all that is needed to play, and to judge it, in one folder that can be copied anywhere."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import peak_gain, read_audio, write_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.tracker import network_folder
from jukedrummer.config import BeatsConfig, EvaluateConfig, GenerateConfig, plain
from jukedrummer.corpus.manifest import Song, read_manifest
from jukedrummer.report.model_card import write_model_card
from jukedrummer.report.page import Clip, Licence, ReportInputs, TrainedModel, write_report
from jukedrummer.songs.drummer import FORMAT_VERSION
from jukedrummer.stages.generate import held_out
from jukedrummer.storage.files import atomic_folder, read_json, sha256, write_json
from jukedrummer.storage.weights import ModelInfo, load_info

TITLES = {
    "drums": "VQ-VAE of the drums",
    "drumless": "VQ-VAE of the drumless input",
    "lm": "Language model",
    "vocoder": "Vocoder",
    "tracker": "Beat tracker",
}
TRACKER_LICENCE = Licence(
    "madmom's beat tracking networks (used, not contained)",
    "CC BY-NC-SA 4.0",
    "not for commercial use; madmom's code is BSD",
)


def bundle(
    *,
    manifest: Path,
    pairs: list[Path],
    models: dict[str, Path],
    generated: Path,
    evaluation: Path,
    output: Path,
    evaluate: EvaluateConfig,
    beats: BeatsConfig,
    generate: GenerateConfig,
    command: str,
) -> None:
    """Write the folder `output`, e.g. `results/lm_beat_high`, whole or not at all.

    Args:
        manifest: the corpus.
        pairs: folders of the shards.
        models: folders of the trained parts named in `drummer.MODELS`.
        generated: folder with the held-out songs' drums, from the stage generate.
        evaluation: folder with their `metrics.json`, from the stage evaluate.
        output: the folder to write.
        evaluate: how many songs the page shows.
        beats: the beat tracker's settings, stored; with the network where it is drum_aware.
        generate: the sampling's default settings, stored.
        command: the shell command that makes results, up to its targets.
    """
    songs = {song.song: song for song in read_manifest(manifest)}
    if beats.tracker == "drum_aware":
        models = {**models, "tracker": network_folder(beats)}
        beats = replace(beats, weights=None)  # the bundle has its own
    infos = {name: load_info(folder / "model.json") for name, folder in models.items()}
    with atomic_folder(output) as folder:
        for name, source in models.items():
            shutil.copyfile(source / "weights.safetensors", folder / f"{name}.safetensors")
        shutil.copyfile(evaluation / "metrics.json", folder / "metrics.json")
        clips = _samples(held_out(pairs), songs, generated, folder / "samples")
        licences = _licences(list(songs.values()), beats)
        description = describe_bundle(folder, infos, beats, generate)
        description["licences"] = [asdict(licence) for licence in licences]
        write_json(folder / "drummer.json", description)
        inputs = ReportInputs(
            name=output.name,
            beats=infos["lm"].config["beats"],
            metrics=read_json(folder / "metrics.json"),
            models=tuple(
                TrainedModel(TITLES[name], source / "history.csv", asdict(infos[name]))
                for name, source in models.items()
            ),
            clips=tuple(clips[: evaluate.samples]),
            settings=_settings(infos, beats, generate, evaluate),
            data=_data(list(songs.values())),
            licences=licences,
            commands=(f"{command} {output}",),
            mel=infos["lm"].mel_config,
        )
        write_report(folder / "report.html", inputs)
        write_model_card(folder / "README.md", inputs)


def describe_bundle(
    folder: Path, infos: dict[str, ModelInfo], beats: BeatsConfig, generate: GenerateConfig
) -> dict[str, Any]:
    """The content of `drummer.json`: what `Drummer.load` needs."""
    return {
        "format_version": FORMAT_VERSION,
        # The metrics lie in metrics.json and on the page; here only what builds the networks.
        "models": {name: asdict(replace(info, metrics={})) for name, info in infos.items()},
        "files": {f"{name}.safetensors": sha256(folder / f"{name}.safetensors") for name in infos},
        "beats": plain(beats),
        "generate": plain(generate),
    }


def _samples(
    songs: list[Path], about: dict[str, Song], generated: Path, output: Path
) -> list[Clip]:
    """Write what there is to hear of every held-out song: drumless, generated, mix, real."""
    clips = []
    for pair in tqdm(songs, desc="samples", unit="song"):
        drumless, real = (read_audio(pair / f"{part}.flac") for part in ("drumless", "drums"))
        drums = read_audio(generated / pair.name / "drums.flac")
        mix = drumless + drums
        folder = output / pair.name
        tracks = {
            "drumless": drumless,
            "generated": drums,
            "mix": mix * peak_gain(mix),
            "real": real,
        }
        for name, audio in tracks.items():
            write_audio(folder / f"{name}.flac", np.asarray(audio))
        beats = read_beats(generated / pair.name / "beats.tsv")
        files = {name: folder / f"{name}.flac" for name in tracks}
        clips.append(Clip(song=pair.name, about=_about(about[pair.name]), beats=beats, **files))
    return clips


def _about(song: Song) -> str:
    return ", ".join([song.style] * bool(song.style) + [f"{song.bpm:.0f} BPM"] * bool(song.bpm))


def _licences(songs: list[Song], beats: BeatsConfig) -> tuple[Licence, ...]:
    data = sorted({song.licence for song in songs if song.licence}) or [
        "not stated in the manifest"
    ]
    found = tuple(Licence("the songs that it learned from", licence) for licence in data)
    return (*found, TRACKER_LICENCE) if beats.tracker == "madmom" else found


def _data(songs: list[Song]) -> str:
    counts = {
        split: sum(song.split == split for song in songs) for split in ("train", "valid", "test")
    }
    styles = sorted({song.style for song in songs if song.style})
    text = f"{counts['train']} songs for training, {counts['valid']} for validation, {counts['test']} held out."
    return text + (f" Styles: {', '.join(styles)}." if styles else "")


def _settings(
    infos: dict[str, ModelInfo],
    beats: BeatsConfig,
    generate: GenerateConfig,
    evaluate: EvaluateConfig,
) -> dict[str, Any]:
    """Every setting that made the bundle, by section of the config."""
    models = {name: info.config for name, info in infos.items()}
    return {
        **models,
        "beats": plain(beats),
        "generate": plain(generate),
        "evaluate": plain(evaluate),
    }
