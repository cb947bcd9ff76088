"""Judges an experiment: its drums for the held-out songs beside the ladder, and whether it listens."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.tracker import make_judge
from jukedrummer.config import BeatsConfig, EvaluateConfig
from jukedrummer.errors import UserError
from jukedrummer.evaluation.measure import (
    Measures,
    Reference,
    describe_reference,
    interval_json,
    measure_rung,
    read_songs,
    references,
    summarise,
    write_songs,
)
from jukedrummer.evaluation.metrics import beat_f1, downbeats
from jukedrummer.storage.files import atomic_folder, read_json, write_json

RUNGS = ("silence", "other_song", "click_kit", "nearest_tempo", "generated", "codec", "real")
TRUE_INPUT = "true_input"
# What the model is told instead of the truth; each part of the input has a false and an empty version.
CONDITIONS = {
    "drumless": ("other_drumless", "no_drumless"),
    "beats": ("other_beats", "no_beats"),
}
Language = Mapping[str, Mapping[str, float]]


def evaluate(
    *,
    manifest: Path,
    pairs: Sequence[Path],
    generated: Path,
    baselines: Path,
    language: Language,
    accuracy: Mapping[str, float],
    output: Path,
    evaluate: EvaluateConfig,
    beats: BeatsConfig,
) -> None:
    """Measure the generated drums of each held-out song and put them on the ladder.

    Args:
        manifest: the corpus.
        pairs: folders of the shards.
        generated: folder with `{song}/drums.flac` and `{song}/beats.tsv` (what the generator was told).
        baselines: folder that the function `baselines` wrote.
        language: see `listening`.
        accuracy: song to the share of its codes that the model held the likeliest, with the true input.
        output: folder for `metrics.json` and `songs.tsv`; whole or not at all.
        evaluate: tolerance and resamples; the tolerance must be the one of the baselines.
        beats: the settings of madmom, which listens to the drums whatever tracker the model had.

    Raises:
        UserError: a missing file, or baselines of other songs or another tolerance.
    """
    tracker = make_judge(beats)
    found = references(manifest, pairs, tracker)
    ladder = _ladder(baselines, found, evaluate)
    files = {reference.song: generated / reference.song / "drums.flac" for reference in found}
    measured = {"generated": measure_rung(files, found, tracker, evaluate.tolerance_ms), **ladder}
    measured = {rung: measured[rung] for rung in RUNGS}
    with atomic_folder(output) as folder:
        write_songs(folder / "songs.tsv", measured, found)
        write_json(
            folder / "metrics.json",
            {
                "songs": len(found),
                "reference": describe_reference(found),
                "tolerance_ms": evaluate.tolerance_ms,
                "rungs": {rung: summarise(songs, evaluate) for rung, songs in measured.items()},
                "comparisons": comparisons(measured, evaluate),
                "input_beats": input_beats(generated, found, evaluate),
                "accuracy": interval_json(list(accuracy.values()), evaluate),
                "listening": listening(language, evaluate),
            },
        )


def _ladder(
    folder: Path, found: Sequence[Reference], config: EvaluateConfig
) -> dict[str, dict[str, Measures]]:
    ladder = read_songs(folder / "songs.tsv")
    theirs = read_json(folder / "metrics.json").get("tolerance_ms")
    if theirs != config.tolerance_ms:
        raise UserError(
            f"{folder}: measured with evaluate.tolerance_ms {theirs}, here it is {config.tolerance_ms}; "
            "make the baselines again"
        )
    songs = {reference.song for reference in found}
    for rung in RUNGS:
        if rung != "generated" and set(ladder.get(rung, {})) != songs:
            raise UserError(
                f"{folder}: rung {rung} has {len(ladder.get(rung, {}))} songs, and not the {len(songs)} "
                "that are held out now; make the baselines again"
            )
    return ladder


def comparisons(
    measured: Mapping[str, Mapping[str, Measures]], config: EvaluateConfig
) -> dict[str, Any]:
    """The generated drums against the rungs, song by song.

    Returns:
        `beat_f1_minus_other_song`: interval of the difference; `beat_f1_of_codec`: ratio of the means, None
        where the divisor is 0; `grid_share_of_chance` and, as its ceiling, `grid_share_of_chance_real`:
        intervals of the songs' ratios.
    """
    generated, other = measured["generated"], measured["other_song"]
    differences = [generated[song].beat_f1 - other[song].beat_f1 for song in generated]
    return {
        "beat_f1_minus_other_song": interval_json(differences, config),
        "beat_f1_of_codec": _ratio(
            _column(generated, "beat_f1"), _column(measured["codec"], "beat_f1")
        ),
        "grid_share_of_chance": interval_json(_of_chance(generated), config),
        "grid_share_of_chance_real": interval_json(_of_chance(measured["real"]), config),
    }


def _of_chance(songs: Mapping[str, Measures]) -> list[float]:
    """Each song's grid share over its chance, which differs by tempo; a track without onsets counts as 0."""
    return [float(np.nan_to_num(song.grid_share)) / song.grid_chance for song in songs.values()]


def _column(songs: Mapping[str, Measures], name: str) -> np.ndarray:
    return np.array([getattr(values, name) for values in songs.values()])


def _ratio(values: np.ndarray, divisors: np.ndarray) -> float | None:
    return float(values.sum() / divisors.sum()) if divisors.sum() > 0 else None


def input_beats(
    generated: Path, found: Sequence[Reference], config: EvaluateConfig
) -> dict[str, Any]:
    """How good the beats were that the generator was told: what it could not have done better.

    Raises:
        UserError: a song's `beats.tsv` is missing or damaged.
    """
    told = {
        reference.song: read_beats(generated / reference.song / "beats.tsv") for reference in found
    }
    beats = [beat_f1(song.beats[:, 0], told[song.song][:, 0]) for song in found]
    bars = [beat_f1(downbeats(song.beats), downbeats(told[song.song])) for song in found]
    return {"beat_f1": interval_json(beats, config), "downbeat_f1": interval_json(bars, config)}


def listening(language: Language, config: EvaluateConfig) -> dict[str, Any]:
    """The listening gate: does the model lose when it is told something else, or nothing?

    A part of the input is listened to when both another song's and none of it cost bits, each with a 95 %
    interval over songs, paired, that lies above 0.

    Args:
        language: condition to song to cross-entropy in bits a code. Conditions: `true_input`,
            for models that hear the recording `other_drumless` (another song's) and `no_drumless`, for models
            that see beats `other_beats` and `no_beats`. All conditions hold the same songs.
        config: resamples.

    Returns:
        `bits`: condition to interval; `costs`: condition to interval of the loss against `true_input`;
        `listens_to_drumless`, `listens_to_beats`: true or false, None where the model is, by design, not
            told that part.

    Raises:
        UserError: a condition is missing, or holds other songs.
    """
    conditions = [name for names in CONDITIONS.values() for name in names if name in language]
    _check_language(language, conditions)
    true = language[TRUE_INPUT]
    costs = {
        name: interval_json([language[name][song] - true[song] for song in true], config)
        for name in conditions
    }
    return {
        "bits": {
            name: interval_json(list(language[name].values()), config)
            for name in (TRUE_INPUT, *conditions)
        },
        "costs": costs,
        **{
            f"listens_to_{part}": _listens(costs, names) if names[0] in costs else None
            for part, names in CONDITIONS.items()
        },
    }


def _check_language(language: Language, conditions: Sequence[str]) -> None:
    told = [names for names in CONDITIONS.values() if set(conditions) & set(names)]
    needed = {TRUE_INPUT}.union(*told)
    for name in sorted(needed):
        if name not in language:
            raise UserError(
                f"language: condition {name} is missing; there are {', '.join(language)}"
            )
        if set(language[name]) != set(language[TRUE_INPUT]):
            raise UserError(
                f"language: {name} holds other songs than {TRUE_INPUT}; compute both again"
            )


def _listens(costs: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> bool:
    return all(costs[name]["low"] is not None and costs[name]["low"] > 0 for name in names)
