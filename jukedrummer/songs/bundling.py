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
from jukedrummer.beats.trackers.drum_aware import network_folder
from jukedrummer.config import BeatsConfig, EvaluateConfig, GenerateConfig, changed, plain
from jukedrummer.corpus.manifest import AWAY, SPLITS
from jukedrummer.corpus.pairs import Pair, all_pairs, held_out
from jukedrummer.evaluation.judgement import STROKES_FOLDER
from jukedrummer.evaluation.measure import read_measured_songs
from jukedrummer.evaluation.rungs import GENERATED
from jukedrummer.model.drum_score import read_strokes
from jukedrummer.report.inputs import Clip, DrawnStrokes, Licence, ReportInputs, TrainedModel
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
    "score": "Score model",
}


@dataclass(frozen=True)
class BundleSources:
    """The inputs of a bundle.

    Attributes:
        pairs: folders of the shards.
        models: the folder of each model in `songs.bundle.MODELS`, and of the score model if there
            is one, by its name.
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
    if beats.trained:
        models["tracker"] = network_folder(beats)
        beats = changed(beats, weights=None)  # the bundle contains the network
    infos = {part: load_info(source / "model.json") for part, source in models.items()}
    for part, source in models.items():
        shutil.copyfile(source / "weights.safetensors", folder / f"{part}.safetensors")
    shutil.copyfile(sources.evaluation / "metrics.json", folder / "metrics.json")
    metrics = read_metrics(sources.evaluation / "metrics.json")
    clips = _samples(sources, folder / "samples", GENERATED in metrics["known_strokes"])
    licences = _licences(songs, beats)
    description = describe_bundle(folder, infos, beats, generate)
    write_json(folder / "drummer.json", {**description, "licences": [asdict(x) for x in licences]})
    inputs = ReportInputs(
        name=name,
        beats=infos["lm"].config["beats"],
        metrics=metrics,
        songs=read_measured_songs(sources.evaluation / "songs.tsv"),
        models=tuple(
            TrainedModel(MODEL_TITLES[part], source / "history.csv", asdict(infos[part]))
            for part, source in models.items()
        ),
        clips=_on_page(clips, evaluate.samples),
        settings=_settings(infos, beats=beats, generate=generate, evaluate=evaluate),
        data=_data(songs),
        licences=licences,
        commands=(command,),
        mel=infos["lm"].mel_config,
    )
    write_report(folder / "report.html", inputs)
    write_model_card(folder / "README.md", inputs)


def _samples(sources: BundleSources, output: Path, known_strokes: bool) -> list[Clip]:
    """Write the recordings of every held-out song: drumless, generated drums, mix, real drums."""
    clips = []
    for pair, folder in tqdm(held_out(sources.pairs), desc="samples", unit="song"):
        drumless, real = (read_audio(folder / f"{part}.flac") for part in ("drumless", "drums"))
        drums = read_audio(sources.generated / pair.song / "drums.flac")
        mix = drumless + drums
        mix = mix * peak_gain(mix)
        tracks = {"drumless": drumless, "generated": drums, "mix": mix, "real": real}
        files = {name: output / pair.song / f"{name}.flac" for name in tracks}
        for name, audio in tracks.items():
            write_audio(files[name], np.asarray(audio))
        beats = read_beats(sources.generated / pair.song / "beats.tsv")
        strokes = _strokes(pair, sources.evaluation / STROKES_FOLDER, known_strokes)
        clips.append(
            Clip(pair.song, _about(pair), **files, beats=beats, split=pair.split, strokes=strokes)
        )
    return clips


def _strokes(song: Pair, folder: Path, known: bool) -> dict[str, DrawnStrokes]:
    """The strokes of a song's generated and real drums, if they were measured."""
    origins = {
        "generated": "known" if known else "transcribed",
        "real": "drum score" if song.score else "transcribed",
    }
    files = {name: folder / name / f"{song.song}.tsv" for name in origins}
    return {
        name: DrawnStrokes(read_strokes(files[name]), origin)
        for name, origin in origins.items()
        if files[name].is_file()
    }


def _on_page(clips: Sequence[Clip], samples: int) -> tuple[Clip, ...]:
    """The first home songs, and away songs: at most half of the samples."""
    away = [clip for clip in clips if clip.split == AWAY][: samples // 2]
    home = [clip for clip in clips if clip.split != AWAY][: samples - len(away)]
    return (*home, *away)


def _about(song: Pair) -> str:
    tempo = "" if song.bpm is None else f"{song.bpm:.0f} BPM"
    return ", ".join(filter(None, (song.style, tempo)))


def _licences(songs: Sequence[Pair], beats: BeatsConfig) -> tuple[Licence, ...]:
    data = []
    for what, away in (("the training songs", False), ("the away songs", True)):
        own = [song.licence for song in songs if (song.split == AWAY) == away]
        names = sorted(set(filter(None, own))) or ["not stated"] * bool(own)
        data += [Licence(what, name) for name in names]
    tracker = getattr(beats.module, "LICENCE", None)
    return (*data, Licence(*tracker)) if tracker else tuple(data)


def _data(songs: Sequence[Pair]) -> str:
    train, valid, test, away = (sum(song.split == split for song in songs) for split in SPLITS)
    styles = sorted({song.style for song in songs if song.style and song.split != AWAY})
    text = f"{train} songs for training, {valid} for validation, {test} held out."
    text += f" Styles: {', '.join(styles)}." if styles else ""
    if away:
        sources = sorted({song.source for song in songs if song.split == AWAY})
        text += f" Besides, {away} away songs of other composers ({', '.join(sources)})."
    return text


def _settings(
    infos: dict[str, ModelInfo], **sections: BeatsConfig | GenerateConfig | EvaluateConfig
) -> dict[str, Any]:
    """Every setting that the bundle was made with, by section of the config."""
    models = {name: info.config for name, info in infos.items()}
    return models | {name: plain(section) for name, section in sections.items()}
