"""Synthetic results of a small bundle: songs, histories and metrics."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from jukedrummer.audio.io import write_audio
from jukedrummer.config import SAMPLE_RATE, Config, EvaluateConfig, MelConfig, plain
from jukedrummer.evaluation.drum_machine import machine_strokes
from jukedrummer.evaluation.judgement import comparisons
from jukedrummer.evaluation.listening import listening
from jukedrummer.evaluation.measure import MeasuredSong, summarise
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.reference import ANNOTATED, TRACKED
from jukedrummer.evaluation.rungs import RUNGS
from jukedrummer.evaluation.statistics import interval_json
from jukedrummer.report.inputs import Clip, DrawnStrokes, Licence, ReportInputs, TrainedModel

RESAMPLES = EvaluateConfig().bootstrap
BUILT_IN = (
    "beat_f1",
    "downbeat_f1",
    "grid_share",
    "grid_chance",
    "grid_skill",
    "tempo_deviation",
    "density",
    "stft_distance",
    "mel_distance",
)
STYLE_NAMES = ("style_distance", "adherence")  # measures of all songs together
TYPICAL = {  # rung to the means of the built-in metrics
    "silence": (0.0, 0.0, np.nan, 0.41, np.nan, np.nan, 0.0, 18.2, 43.0),
    "other_song": (0.29, 0.06, 0.45, 0.41, 0.07, 2.4, 6.1, 21.0, 19.5),
    "click_kit": (0.95, 0.87, 1.00, 0.41, 1.00, 1.2, 4.0, 16.7, 26.8),
    "nearest_tempo": (0.92, 0.80, 0.78, 0.41, 0.62, 3.9, 5.7, 17.7, 21.9),
    "score": (0.94, 0.89, 0.98, 0.41, 0.97, 1.2, 5.0, 15.9, 18.1),
    "score_deaf": (0.94, 0.86, 0.99, 0.41, 0.98, 1.2, 4.6, 16.4, 20.2),
    "generated": (0.92, 0.88, 0.90, 0.41, 0.83, 1.1, 6.4, 16.2, 14.8),
    "click_kit_true": (0.99, 0.98, 1.00, 0.41, 1.00, 1.2, 4.0, 16.5, 26.6),
    "score_true": (0.99, 0.98, 0.98, 0.41, 0.97, 1.2, 5.0, 15.8, 18.0),
    "generated_true": (0.95, 0.93, 0.91, 0.41, 0.84, 1.1, 6.4, 16.1, 14.7),
    "codec": (0.94, 0.90, 0.93, 0.41, 0.88, 1.0, 6.2, 9.1, 6.3),
    "real": (0.96, 0.93, 0.97, 0.41, 0.95, 0.9, 6.3, 0.0, 0.0),
}


def typical(rung: str) -> np.ndarray:
    """The mean of each metric. That of a metric that is not built in is the place of the rung."""
    place = float(list(RUNGS).index(rung))
    means = dict(zip(BUILT_IN, TYPICAL[rung], strict=True))
    return np.array([means.get(metric.name, place) for metric in all_metrics()])


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
    drawn = {
        name: DrawnStrokes(machine_strokes(beats, round(seconds * SAMPLE_RATE)), "transcribed")
        for name in ("generated", "real")
    }
    return Clip(f"song_{number}", f"bossa, {bpm:.0f} BPM", *files, beats, strokes=drawn)


def make_measured(songs: int) -> dict[str, dict[str, dict[str, float]]]:
    """Synthetic values: rung to song to measures."""
    names = [metric.name for metric in all_metrics()]
    spread = np.random.default_rng(0).normal(0, 0.03, (songs, len(names)))
    return {
        rung: {
            f"song_{row}": dict(zip(names, typical(rung) * (1 + spread[row]), strict=True))
            for row in range(songs)
        }
        for rung in RUNGS
    }


def make_rows(songs: int) -> list[tuple[MeasuredSong, dict[str, float]]]:
    """The rows of `write_evaluation`'s table of songs."""
    return [
        (_measured_song(rung, song), values)
        for rung, measured in make_measured(songs).items()
        for song, values in measured.items()
    ]


def _measured_song(rung: str, song: str) -> MeasuredSong:
    known = {"style": "bossa", "bpm": 100.0, "input_beat_f1": 0.9, "input_downbeat_f1": 0.9}
    return MeasuredSong(rung, song, ANNOTATED, "true", **known)


def make_metrics(songs: int, beats: bool) -> dict:
    """The content of `write_evaluation`'s file, with synthetic values."""
    random = np.random.default_rng(0)
    measured = make_measured(songs)
    means = {"true_input": 1.66, "other_drumless": 2.06, "no_drumless": 1.91}
    means |= {"other_beats": 4.76, "no_beats": 2.3} if beats else {}
    bits = {
        name: {f"song_{song}": value + random.normal(0, 0.1) for song in range(songs)}
        for name, value in means.items()
    }
    return {
        "songs": songs,
        "reference": {ANNOTATED: songs, TRACKED: 0},
        "stems": {"true": songs, "separated": 0},
        "transcriber": "0abc",
        "known_strokes": ["click_kit", "click_kit_true"],
        "strokes": {"score": songs, "transcribed": 0},
        "style": {
            rung: {
                name: interval_json(random.uniform(0, 1, songs).tolist(), RESAMPLES)
                for name in STYLE_NAMES
            }
            for rung in RUNGS
        },
        "tolerance_ms": 30.0,
        "rungs": {rung: summarise(values, RESAMPLES) for rung, values in measured.items()},
        "comparisons": comparisons(measured, RESAMPLES),
        "input_beats": {
            name: interval_json([0.9, 0.8, 0.95], RESAMPLES) for name in ("beat_f1", "downbeat_f1")
        },
        "listening": listening(bits, RESAMPLES),
    }


def make_model(folder: Path, title: str, codebook: int | None) -> TrainedModel:
    """A model's history, with empty cells, and the content of its model.json."""
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
    """All inputs of the page, as files in `folder`."""
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
        songs=make_rows(16),
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


def with_away_songs(inputs: ReportInputs) -> ReportInputs:
    """The same with away songs of two sources: their F1 is half, and one of them has a clip."""
    metrics = inputs.metrics
    generated = metrics["rungs"]["generated"]
    half = {name: value / 2 for name, value in generated["beat_f1"].items() if name != "n"}
    rungs = {**metrics["rungs"], "generated": {**generated, "beat_f1": {**half, "n": 7}}}
    away = {**metrics, "songs": 7, "rungs": rungs, "reference": {ANNOTATED: 2, TRACKED: 5}}
    sources = {name: {**away, "songs": songs} for name, songs in (("band", 4), ("folk", 3))}
    clip = replace(inputs.clips[0], song="abroad", split="away")
    return replace(
        inputs,
        metrics={**metrics, "away": away, "away_by_source": sources},
        clips=(*inputs.clips, clip),
    )
