"""A small bundle's worth of made-up results: synthesised songs, histories and metrics that look real."""

import csv
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.audio.io import SAMPLE_RATE, write_audio
from jukedrummer.config import Config, EvaluateConfig, MelConfig, plain
from jukedrummer.evaluation.evaluate import RUNGS, comparisons, listening
from jukedrummer.evaluation.measure import (
    ANNOTATED,
    METRICS,
    TRACKED,
    Measures,
    interval_json,
    summarise,
)
from jukedrummer.report.page import Clip, Licence, ReportInputs, TrainedModel

TYPICAL = {
    "silence": (0.0, 0.0, np.nan, 0.41, np.nan, np.nan, 0.0, 18.2, 43.0),
    "other_song": (0.29, 0.06, 0.45, 0.41, 0.07, 2.4, 6.1, 21.0, 19.5),
    "click_kit": (0.95, 0.87, 1.00, 0.41, 1.00, 1.2, 4.0, 16.7, 26.8),
    "nearest_tempo": (0.92, 0.80, 0.78, 0.41, 0.62, 3.9, 5.7, 17.7, 21.9),
    "generated": (0.92, 0.88, 0.90, 0.41, 0.83, 1.1, 6.4, 16.2, 14.8),
    "codec": (0.94, 0.90, 0.93, 0.41, 0.88, 1.0, 6.2, 9.1, 6.3),
    "real": (0.96, 0.93, 0.97, 0.41, 0.95, 0.9, 6.3, 0.0, 0.0),
}


def song_beats(seconds: float, bpm: float) -> np.ndarray:
    """(n, 2) a steady grid in 4/4 with a pick-up of one beat."""
    times = np.arange(0.3, seconds, 60 / bpm)
    return np.stack([times, (np.arange(len(times)) + 3) % 4 + 1], axis=1)


def drum_track(seconds: float, beats: np.ndarray, seed: int) -> np.ndarray:
    """Kick on 1 and 3, snare on 2 and 4, hi-hat on eighths."""
    random = np.random.default_rng(seed)
    t = np.arange(round(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
    noise = random.standard_normal(len(t))
    kick = np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.09)
    snare = (0.25 * noise + 0.4 * np.sin(2 * np.pi * 190 * t)) * np.exp(-t / 0.06)
    hat = 0.2 * np.diff(noise, prepend=0) * np.exp(-t / 0.02)
    audio = np.zeros(round((seconds + 1) * SAMPLE_RATE))
    for time, position in beats:
        for offset, sound in ((0, kick if position in (1, 3) else snare), (0, hat), (0.25, hat)):
            start = round((time + offset) * SAMPLE_RATE)
            audio[start : start + len(t)] += 0.6 * sound[: len(audio) - start]
    return (0.7 * audio[: round(seconds * SAMPLE_RATE)]).astype(np.float32)


def make_clip(folder: Path, number: int, seconds: float) -> Clip:
    """One held-out song as files in `folder`."""
    bpm = 92.0 + 17 * number
    beats = song_beats(seconds, bpm)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (110, 220, 277.2, 329.6)) / 16
    generated, real = (drum_track(seconds, beats, seed) for seed in (number, 50 + number))
    for name, audio in (
        ("drumless", chord),
        ("drums", generated),
        ("mix", chord + generated),
        ("real", real),
    ):
        write_audio(
            folder / f"song_{number}" / f"{name}.flac", np.clip(audio, -1, 1).astype(np.float32)
        )
    files = [
        folder / f"song_{number}" / f"{name}.flac" for name in ("drumless", "drums", "mix", "real")
    ]
    return Clip(f"song_{number}", f"bossa, {bpm:.0f} BPM", *files, beats)


def make_metrics(songs: int, beats: bool) -> dict:
    """What `evaluate` writes, of made-up values."""
    random = np.random.default_rng(0)
    config = EvaluateConfig()
    spread = random.normal(0, 0.03, (songs, len(METRICS)))
    measured = {
        rung: {
            f"song_{row}": Measures(*(np.array(TYPICAL[rung]) * (1 + spread[row])))
            for row in range(songs)
        }
        for rung in RUNGS
    }
    told = {"true_input": 1.66, "other_drumless": 2.06, "no_drumless": 1.91}
    told |= {"other_beats": 4.76, "no_beats": 2.3} if beats else {}
    language = {
        name: {f"song_{song}": value + random.normal(0, 0.1) for song in range(songs)}
        for name, value in told.items()
    }
    return {
        "songs": songs,
        "reference": {ANNOTATED: songs, TRACKED: 0},
        "tolerance_ms": 30.0,
        "rungs": {rung: summarise(values, config) for rung, values in measured.items()},
        "comparisons": comparisons(measured, config),
        "input_beats": {
            name: interval_json([0.9, 0.8, 0.95], config) for name in ("beat_f1", "downbeat_f1")
        },
        "listening": listening(language, config),
    }


def make_model(folder: Path, title: str, codebook: int | None) -> TrainedModel:
    """A model's history, with empty cells, and what its model.json holds."""
    random = np.random.default_rng(len(title))
    steps = np.arange(20, 420, 20)
    loss = 0.3 + 3 * np.exp(-steps / 80) + random.normal(0, 0.02, len(steps))
    path = folder / f"{title.replace(' ', '_')}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "seconds", "train_loss", "valid_loss", "valid_perplexity"])
        for row, (step, value) in enumerate(zip(steps, loss, strict=True)):
            validated = [value + 0.1, 20 + row / 2] if row % 2 else ["", ""]
            writer.writerow([step, step / 3, value, *validated])
    metrics = {"loss": 0.4}
    if codebook:
        metrics["usage"] = random.geometric(0.002, codebook).tolist()
    return TrainedModel(title, path, {"parameters": 1_934_720, "step": 400, "metrics": metrics})


def make_inputs(folder: Path, clips: int, seconds: float, beats: str = "high") -> ReportInputs:
    """All that the page needs, as files in `folder`."""
    titles = (
        ("Drums VQ-VAE", 32),
        ("Drumless VQ-VAE", 256),
        ("Language model", None),
        ("Vocoder", None),
    )
    return ReportInputs(
        name=f"lm_beat_{beats}",
        beats=beats,
        metrics=make_metrics(16, beats != "none"),
        models=tuple(make_model(folder, title, codebook) for title, codebook in titles),
        clips=tuple(make_clip(folder, number, seconds) for number in range(clips)),
        settings=plain(Config()),
        data="Trained on 118 composed and rendered songs of the demo corpus, held out 16.",
        licences=(
            Licence("Beat tracking models (madmom)", "CC BY-NC-SA 4.0", "not for commercial use"),
            Licence("TimGM6mb.sf2 (rendered the demo corpus)", "GPL-2.0"),
            Licence("Code & weights", "MIT"),
        ),
        commands=(
            "git checkout 0123abc",
            "make demo",
            f"snakemake --cores all results/lm_beat_{beats}",
        ),
        mel=MelConfig(),
    )


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> ReportInputs:
    """A short one: one clip of three seconds."""
    return make_inputs(tmp_path_factory.mktemp("report"), clips=1, seconds=3.0)
