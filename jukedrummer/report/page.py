"""`report.html`: a self-contained page about a bundle. It needs no network."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from jukedrummer.audio.io import read_audio
from jukedrummer.audio.mel import filterbank
from jukedrummer.config import SAMPLE_RATE, MelConfig
from jukedrummer.corpus.manifest import AWAY
from jukedrummer.evaluation.home_away import AWAY_RESULTS
from jukedrummer.evaluation.rungs import GENERATED, RUNGS
from jukedrummer.evaluation.statistics import perplexity
from jukedrummer.model.pieces import PIECE_TITLES
from jukedrummer.report import figures
from jukedrummer.report.inputs import Clip, ReportInputs, TrainedModel
from jukedrummer.report.media import mel_picture, mp3
from jukedrummer.report.piano_roll import piano_roll
from jukedrummer.report.rendering import html_environment
from jukedrummer.report.rhythm_parts import share_table
from jukedrummer.report.style_table import ABOUT_STYLE
from jukedrummer.report.summary import ladder_table, report_contents
from jukedrummer.report.table_view import view
from jukedrummer.storage.files import write_text

EXCERPT_SECONDS = 30.0  # of a long song on the page; the bundle's samples/ has the whole song
PIXELS_A_SECOND = 72  # of a mel picture: a 16th at 120 beats a minute is 9 pixels wide
CHARTS = ("beat_f1", "downbeat_f1", "grid_share", "mel_distance")
PITCHES = {"100 Hz": 100, "1 kHz": 1_000, "5 kHz": 5_000, "10 kHz": 10_000}


def write_report(path: Path, inputs: ReportInputs) -> None:
    """Write the page atomically.

    Raises:
        UserError: audio or a history cannot be read, or the page cannot be written.
    """
    write_text(path, render(inputs))


def render(inputs: ReportInputs) -> str:
    """The page's HTML."""
    template = html_environment().get_template("report.html.j2")
    return template.render(
        **report_contents(inputs),
        clips=[_clip(clip, inputs.mel) for clip in inputs.clips],
        charts=_charts(inputs.metrics),
        away_charts=_charts(inputs.metrics[AWAY_RESULTS]) if AWAY_RESULTS in inputs.metrics else [],
        models=[_model(model) for model in inputs.models],
        settings={name: _yaml(value) for name, value in inputs.settings.items()},
        pitches=_pitches(inputs.mel),
        pieces=PIECE_TITLES.values(),
        share=view(share_table({RUNGS[GENERATED].title: inputs.songs})),
        about_style=ABOUT_STYLE,
        pixels_a_second=PIXELS_A_SECOND,
        excerpt_seconds=EXCERPT_SECONDS,
    )


def _charts(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    return [metric_chart(name, metrics) for name in CHARTS]


def metric_chart(name: str, metrics: Mapping[str, Any]) -> dict[str, str]:
    """Title, explanation and chart of one metric for all rungs."""
    ladder = ladder_table(metrics)
    (column,) = (column for column in ladder.columns if column.name == name)
    chance = metrics["rungs"]["real"]["grid_chance"]["mean"] if name == "grid_share" else None
    less = "; less is better" if column.better == "lower" else ""
    return {
        "title": column.quantity,
        "about": f"{column.about}{less}",
        "svg": figures.ladder_chart(ladder, name, math.nan if chance is None else chance),
    }


def _yaml(value: Any) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text.replace("\n...\n", "\n")


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
        "away": clip.split == AWAY,
        "seconds": seconds,
        "sounds": {name: mp3(audio) for name, audio in sounds.items()},
        "mels": {name: mel_picture(sounds[name], mel) for name in ("generated", "real")},
        "rolls": _rolls(clip, seconds),
        "beats": [
            {"place": 100 * time / seconds, "bar": int(bar) if position == 1 else None}
            for (time, position), bar in zip(clip.beats, bars, strict=True)
            if time < seconds
        ],
    }


def _rolls(clip: Clip, seconds: float) -> list[dict[str, Any]]:
    """The piano rolls of the generated and of the real drums, if their strokes are known."""
    return [
        {
            "name": name,
            "title": f"{name.capitalize()} strokes ({drawn.source})",
            "svg": piano_roll(drawn.strokes, seconds, f"Strokes of {clip.song}, {name} drums"),
        }
        for name, drawn in clip.strokes.items()
    ]


def _pitches(mel: MelConfig) -> list[tuple[str, float]]:
    # Label of a few frequencies, and their height in percent: that of the nearest mel filter.
    centres = filterbank(mel).argmax(dim=0).numpy() * SAMPLE_RATE / mel.n_fft
    return [
        (label, round(100 * (int(np.abs(centres - hertz).argmin()) + 0.5) / mel.bands, 1))
        for label, hertz in PITCHES.items()
    ]


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
        "perplexity": f"{perplexity(usage):.1f}" if usage else None,
    }
