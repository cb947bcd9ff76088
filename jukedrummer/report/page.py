"""`report.html`: one self-contained page to hear, see and judge a bundle by; it needs no network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import yaml

from jukedrummer.audio.io import SAMPLE_RATE, read_audio
from jukedrummer.audio.mel import filterbank
from jukedrummer.config import MelConfig
from jukedrummer.evaluation.measure import ANNOTATED, METRICS, TRACKED, Metric
from jukedrummer.report import figures
from jukedrummer.storage.files import write_text

EXCERPT_SECONDS = 30.0  # of a long song in the page; the bundle's samples/ holds it whole
PIXELS_A_SECOND = 72  # of a mel picture: a 16th at 120 beats a minute is 9 pixels wide
RUNG_TITLES = {
    "silence": "Silence",
    "other_song": "Another song's drums",
    "click_kit": "Drum machine on the beats",
    "nearest_tempo": "Training song nearest in tempo",
    "generated": "This model",
    "codec": "Real, through codec",
    "real": "Real drums",
}
# Rungs that do not know the song's real drums: these compete.
BLIND = tuple(rung for rung in RUNG_TITLES if rung not in ("codec", "real"))
LADDER = ("beat_f1", "downbeat_f1", "grid_share", "mel_distance")
INPUT_TITLES = {
    "true_input": "the song itself",
    "other_drumless": "another song's recording",
    "no_drumless": "no recording",
    "other_beats": "another song's beats",
    "no_beats": "no beats",
}
BEAT_INPUTS = {
    "none": "no beat information",
    "low": "the beat tracker's 50-dimensional embedding",
    "mid": "the peaks of the beat tracker's activation",
    "high": "tracked beats and downbeats",
}


@dataclass(frozen=True)
class Clip:
    """A held-out song to listen to. The four files are of one length and start together.

    Attributes:
        song: its id.
        about: a few words (style, tempo), or empty.
        drumless: file of the recording without drums, what the model heard.
        generated: file of the drums that the model played.
        mix: file of both together.
        real: file of the song's real drums.
        beats: (n, 2) seconds, bar position, as tracked on the recording: the grid that is drawn.
    """

    song: str
    about: str
    drumless: Path
    generated: Path
    mix: Path
    real: Path
    beats: np.ndarray


@dataclass(frozen=True)
class TrainedModel:
    """A model of the bundle: what it is called, its `history.csv` and the content of its `model.json`."""

    title: str
    history: Path
    info: Mapping[str, Any]


@dataclass(frozen=True)
class Licence:
    """What something that the bundle holds, or was made with, is licensed under."""

    what: str
    licence: str
    note: str = ""


@dataclass(frozen=True)
class ReportInputs:
    """All that the page and the model card show.

    Attributes:
        name: of the bundle, such as lm_beat_high.
        beats: the beat information that the language model sees: none, low, mid or high.
        metrics: what `evaluate` wrote to metrics.json.
        models: both VQ-VAEs, language model, vocoder.
        clips: held-out songs to listen to.
        settings: the config, as plain nested mappings.
        data: a sentence or two on the training data.
        licences: of data, models and sounds.
        commands: shell commands that make the bundle again, one a line.
        mel: of all models.
    """

    name: str
    beats: str
    metrics: Mapping[str, Any]
    models: tuple[TrainedModel, ...]
    clips: tuple[Clip, ...]
    settings: Mapping[str, Any]
    data: str
    licences: tuple[Licence, ...]
    commands: tuple[str, ...]
    mel: MelConfig


def environment() -> jinja2.Environment:
    """Templates of this package; undefined names are errors, text is escaped in HTML."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("jukedrummer.report"),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def write_report(path: Path, inputs: ReportInputs) -> None:
    """Write the page, whole or not at all.

    Raises:
        UserError: audio or a history cannot be read, or the place cannot be written.
    """
    write_text(path, render(inputs))


def render(inputs: ReportInputs) -> str:
    """The page's HTML."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            **shared(inputs),
            clips=[_clip(clip, inputs.mel) for clip in inputs.clips],
            ladder=[
                _ladder_chart(metric, inputs.metrics) for metric in METRICS if metric.name in LADDER
            ],
            models=[_model(model) for model in inputs.models],
            settings={
                name: yaml.safe_dump(value, sort_keys=False, allow_unicode=True).replace(
                    "\n...\n", "\n"
                )
                for name, value in inputs.settings.items()
            },
            pitches=_pitches(inputs.mel),
            pixels_a_second=PIXELS_A_SECOND,
            excerpt_seconds=EXCERPT_SECONDS,
        )
    )


def shared(inputs: ReportInputs) -> dict[str, Any]:
    """What the page and the model card both show."""
    return {
        "inputs": inputs,
        "told": told(inputs),
        "headlines": headlines(inputs.metrics),
        "rungs": [RUNG_TITLES[rung] for rung in inputs.metrics["rungs"]],
        "table": table(inputs.metrics),
        "listening": listening_rows(inputs.metrics["listening"]),
        "judged_by": judged_by(inputs.metrics),
    }


def told(inputs: ReportInputs) -> str:
    """What the language model knows of a recording, in words."""
    hears = inputs.metrics["listening"]["listens_to_drumless"] is not None
    recording = "the recording" if hears else "nothing of the recording itself, by design,"
    return f"{recording} and {BEAT_INPUTS[inputs.beats]}"


def headlines(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """The few numbers that come first: value, what it is, what to hold it against."""
    rungs = metrics["rungs"]
    mean = {
        rung: {name: value["mean"] for name, value in songs.items()}
        for rung, songs in rungs.items()
    }
    own, machine, codec = mean["generated"], mean["click_kit"], mean["codec"]
    rows = (
        (
            own["beat_f1"],
            "beat F1",
            f"a drum machine on the tracked beats {number(machine['beat_f1'], 2)}, "
            f"real drums through the codec {number(codec['beat_f1'], 2)}",
        ),
        (
            own["downbeat_f1"],
            "downbeat F1",
            f"a drum machine on the tracked beats {number(machine['downbeat_f1'], 2)}, "
            f"real drums through the codec {number(codec['downbeat_f1'], 2)}",
        ),
        (
            own["grid_share"],
            "of its onsets on the grid",
            f"by chance {number(own['grid_chance'], 2)}, "
            f"the real drums {number(mean['real']['grid_share'], 2)}",
        ),
        (
            metrics["listening"]["bits"]["true_input"]["mean"],
            "bits a code",
            "cross-entropy of the real drums' codes on held-out songs",
        ),
    )
    return [
        {"value": number(value, 2), "title": title, "beside": beside}
        for value, title, beside in rows
    ]


def number(value: float | None, digits: int) -> str:
    """A number with a fixed number of digits; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def interval(value: Mapping[str, Any], digits: int) -> str:
    """`low to high`, or nothing where there is no interval."""
    if value["low"] is None:
        return ""
    return f"{number(value['low'], digits)} to {number(value['high'], digits)}"


def table(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the metric table: metric, and for each rung mean, interval, n, and whether it is the best.

    Best is meant among the rungs that do not know the song's real drums; rungs that share it all count.
    """
    return [
        {
            "metric": metric,
            "cells": [
                {
                    "mean": number(songs[metric.name]["mean"], metric.digits),
                    "interval": interval(songs[metric.name], metric.digits),
                    "n": songs[metric.name]["n"],
                    "best": rung in _best(metric, metrics["rungs"]),
                }
                for rung, songs in metrics["rungs"].items()
            ],
        }
        for metric in METRICS
    ]


def _best(metric: Metric, rungs: Mapping[str, Any]) -> list[str]:
    known = {rung: rungs[rung][metric.name]["mean"] for rung in BLIND}
    known = {rung: mean for rung, mean in known.items() if mean is not None}
    if metric.better is None or not known:
        return []
    best = (max if metric.better == "higher" else min)(known.values())
    return [rung for rung, mean in known.items() if mean == best]


def listening_rows(listening: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows of the listening gate: what the model was told, bits a code, and what that cost."""
    rows = []
    for name, bits in listening["bits"].items():
        cost = listening["costs"].get(name)
        signed = "" if cost is None else f"{cost['mean']:+.2f}"
        rows.append(
            {
                "told": INPUT_TITLES[name],
                "bits": number(bits["mean"], 2),
                "cost": signed,
                "interval": "" if cost is None else interval(cost, 2),
            }
        )
    return rows


def judged_by(metrics: Mapping[str, Any]) -> str:
    """A sentence on what the numbers were measured against."""
    annotated, tracked = metrics["reference"][ANNOTATED], metrics["reference"][TRACKED]
    text = f"{metrics['songs']} held-out songs that no model was trained on. "
    if not tracked:
        return text + "Beats are judged against the songs' annotations."
    return text + (
        f"Beats are judged against annotations for {annotated} songs, and for {tracked} against what the "
        "beat tracker hears in the full mix: where it errs, so do these numbers."
    )


def _clip(clip: Clip, mel: MelConfig) -> dict[str, Any]:
    sounds = {}
    for name in ("mix", "generated", "drumless", "real"):
        audio = read_audio(getattr(clip, name))
        sounds[name] = audio[: round(EXCERPT_SECONDS * SAMPLE_RATE)]
    seconds = len(sounds["generated"]) / SAMPLE_RATE
    bars = np.cumsum(clip.beats[:, 1] == 1)
    return {
        "song": clip.song,
        "about": clip.about,
        "seconds": seconds,
        "sounds": {name: figures.mp3(audio) for name, audio in sounds.items()},
        "mels": {name: figures.mel_picture(sounds[name], mel) for name in ("generated", "real")},
        "beats": [
            {"place": 100 * time / seconds, "bar": int(bar) if position == 1 else None}
            for (time, position), bar in zip(clip.beats, bars, strict=True)
            if time < seconds
        ],
    }


def _pitches(mel: MelConfig) -> list[tuple[str, float]]:
    # Label and height in percent of a few frequencies: the filter whose peak is nearest.
    centres = filterbank(mel).argmax(dim=0).numpy() * mel.sample_rate / mel.n_fft
    return [
        (label, round(100 * (int(np.abs(centres - hertz).argmin()) + 0.5) / mel.bands, 1))
        for label, hertz in (
            ("100 Hz", 100),
            ("1 kHz", 1_000),
            ("5 kHz", 5_000),
            ("10 kHz", 10_000),
        )
        if hertz < mel.sample_rate / 2
    ]


def _ladder_chart(metric: Metric, metrics: Mapping[str, Any]) -> dict[str, str]:
    rungs = {RUNG_TITLES[rung]: songs[metric.name] for rung, songs in metrics["rungs"].items()}
    chance = (
        metrics["rungs"]["real"]["grid_chance"]["mean"] if metric.name == "grid_share" else None
    )
    title = f"{metric.title} ({metric.unit})" if metric.unit else metric.title
    drawing = figures.ladder_chart(
        title, rungs, highlight=RUNG_TITLES["generated"], share=not metric.unit, chance=chance
    )
    about = f"{metric.about}; less is better" if metric.better == "lower" else metric.about
    return {"title": title, "about": about, "svg": drawing}


def _model(model: TrainedModel) -> dict[str, Any]:
    usage = model.info["metrics"].get("usage")
    return {
        "title": model.title,
        "parameters": f"{model.info['parameters']:,}",
        "step": f"{model.info['step']:,}",
        "curves": figures.learning_curves(model.title, figures.read_history(model.history)),
        "usage": figures.usage_chart(model.title, usage) if usage else None,
        "used": sum(count > 0 for count in usage) if usage else None,
        "codebook": len(usage) if usage else None,
        "perplexity": f"{figures.perplexity(usage):.1f}" if usage else None,
    }
